/*
 * The operator's shell: from a line of text to a command, and what it says
 * about lines that are none; the sysctl command on top of it.
 */

#include <sys/console.h>
#include <sys/kmem.h>
#include <sys/sysctl.h>
#include <console/shell.h>
#include "unit.h"

/* Of the host. */
void *malloc(size_t);
void free(void *);

static int calls, last_argc, interrupt_after;
static bool no_memory;
static int an_int = 3;

bool
console_interrupted(void)
{
	return interrupt_after > 0 && --interrupt_after == 0;
}

void
console_print_text(char *text)
{
	printf("%s", text);
}

void
printf_nolog(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void *
kmem_alloc(size_t size, km_flag_t flags __unused)
{
	return no_memory ? NULL : malloc(size);
}

void
kmem_free(void *p, size_t size __unused)
{
	free(p);
}

static int
cmd_probe(int argc, char **argv)
{
	CHECK_STR(argv[0], "probe");
	CHECK(argv[argc] == NULL);
	calls++;
	last_argc = argc;
	return argc > 1 && strcmp(argv[1], "bad") == 0 ? EINVAL : 0;
}
CONSOLE_COMMAND(probe, cmd_probe, "[bad]", "a probe");

static int
cmd_plain(int argc __unused, char **argv __unused)
{
	return EINVAL;
}
CONSOLE_COMMAND(plain, cmd_plain, "", "no arguments");

static void
text_get(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	strlcpy(v->sv_str, "one\ntwo\n", v->sv_size);
}

SYSCTL_NODE(i, "t.int", CTLTYPE_INT, CTLFLAG_READWRITE, "a number",
    .sn_data = &an_int);
SYSCTL_NODE(l, "t.long", CTLTYPE_STRING, CTLFLAG_READONLY | CTLFLAG_LONG,
    "a text", .sn_size = 100, .sn_get = text_get);
SYSCTL_NODE(z, "z.last", CTLTYPE_QUAD, CTLFLAG_READONLY, "another",
    .sn_data = &(int64_t){ 9 });

/* This line makes the shell say exactly that. */
static void
says(const char *line, const char *expected)
{
	char text[256];

	strlcpy(text, line, sizeof(text));
	unit_shim_reset();
	shell_run(text);
	CHECK_STR(unit_console, expected);
}

static void
test_run(void)
{
	calls = 0;
	says("probe", "");
	CHECK(calls == 1 && last_argc == 1);
	says("  probe  a 'b c' ", "");
	CHECK(calls == 2 && last_argc == 3);
	says("probe bad", "usage: probe [bad]\n");
	says("plain", "usage: plain\n");
}

static void
test_no_command(void)
{
	says("", "");
	says("     ", "");
	says("prob", "'prob': unknown command, try help\n");
	says("probes now", "'probes': unknown command, try help\n");
	says("\"\"", "'': unknown command, try help\n");
	says("probe \"a", "console: a quote has no partner, nothing done\n");
	says("probe 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
	    "console: more than 16 words, nothing done\n");
}

static void
test_help(void)
{
	says("help probe", "probe [bad]                            a probe\n");
	says("help nil", "help: 'nil': no such command\n");
	says("help a b", "usage: help [COMMAND]\n");
	says("help",
	    "help [COMMAND]                         what each command does\n"
	    "plain                                  no arguments\n"
	    "probe [bad]                            a probe\n"
	    "sysctl [-a] [NAME[=VALUE]]...          show or set kernel values\n");
}

static void
test_sysctl_show(void)
{
	says("sysctl", "usage: sysctl [-a] [NAME[=VALUE]]...\n");
	says("sysctl -x t.int", "usage: sysctl [-a] [NAME[=VALUE]]...\n");
	says("sysctl t.int -a", "usage: sysctl [-a] [NAME[=VALUE]]...\n");
	says("sysctl t.int z.last", "t.int = 3\nz.last = 9\n");
	says("sysctl t.long", "one\ntwo\n");
	says("sysctl t", "t.int = 3\nt.long: a text; ask for it by name\n");
	says("sysctl t.", "sysctl: 't.': no such name (ENOENT)\n");
	says("sysctl ''", "sysctl: '': no such name (ENOENT)\n");
	says("sysctl -a", "t.int = 3\nt.long: a text; ask for it by name\n"
	    "z.last = 9\n");
	interrupt_after = 1;
	says("sysctl -a", "t.int = 3\n");
	no_memory = true;
	says("sysctl t.int", "sysctl: t.int: no memory for 24 bytes (ENOMEM)\n");
	no_memory = false;
}

static void
test_sysctl_write(void)
{
	says("sysctl t.int=5", "t.int = 5\n");
	says("sysctl '  t.int = 6'", "t.int = 6\n");
	says("sysctl t.int?=7 no.such?=1", "t.int = 7\n");
	says("sysctl t.int=x z.last=1 no.such=1 =1",
	    "sysctl: t.int: 'x' is not a number, want -2147483648 to "
	    "2147483647 (EINVAL)\n"
	    "sysctl: z.last: read only (EPERM)\n"
	    "sysctl: 'no.such': no such name (ENOENT)\n"
	    "sysctl: want NAME=VALUE in one word, without blanks or in quotes "
	    "(EINVAL)\n");
	says("sysctl '?=1'", "sysctl: want NAME = VALUE (EINVAL)\n");
	CHECK(an_int == 7);
	an_int = 3;
}

void
unit_main(void)
{
	RUN(test_run);
	RUN(test_no_command);
	RUN(test_help);
	RUN(test_sysctl_show);
	RUN(test_sysctl_write);
}
