/* The operator's command "ddb". */

#include <sys/console.h>
#include <sys/debugger.h>
#include <sys/systm.h>

#include <ddb/ddb.h>

static int
cmd_ddb(int argc, char **argv __unused)
{
	if (argc != 1)
		return EINVAL;
	Debugger();
	return 0;
}
CONSOLE_COMMAND(ddb, cmd_ddb, "", "enter the debugger");
