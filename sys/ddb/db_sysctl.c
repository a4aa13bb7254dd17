/* What of the debugger can be set beforehand: the sysctl nodes ddb.*. */

#include <sys/param.h>
#include <sys/debugger.h>
#include <sys/sysctl.h>
#include <sys/systm.h>

#include <ddb/ddb.h>

#define RW	CTLFLAG_READWRITE

int db_onpanic = 1;
int db_fromconsole = 1;
char db_commandonenter[DB_LINE];

SYSCTL_NODE(db_onpanic, "ddb.onpanic", CTLTYPE_INT, RW,
    "on panic: 1, 2 enter the debugger; 0, -1 do not, -1 without traceback",
    .sn_data = &db_onpanic, .sn_min = -1, .sn_max = 2);
SYSCTL_NODE(db_fromconsole, "ddb.fromconsole", CTLTYPE_INT, RW,
    "a BREAK on the console enters the debugger",
    .sn_data = &db_fromconsole, .sn_max = 1);
SYSCTL_NODE(db_commandonenter, "ddb.commandonenter", CTLTYPE_STRING, RW,
    "commands to run on each entry, separated by ;",
    .sn_data = db_commandonenter, .sn_size = sizeof(db_commandonenter));
SYSCTL_NODE(db_lines, "ddb.lines", CTLTYPE_INT, RW,
    "lines of a page, 0 for no paging",
    .sn_data = &db_max_line, .sn_max = 1000);
SYSCTL_NODE(db_radix, "ddb.radix", CTLTYPE_INT, RW,
    "of numbers without a prefix",
    .sn_data = &db_radix, .sn_min = 8, .sn_max = 16);
