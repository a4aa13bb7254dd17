/*
 * The debugger's prompt, from the bytes typed to the commands.
 *
 * Whatever is typed: the prompt stays until a command leaves it, only
 * printable text reaches the terminal, memory is touched where it is, and
 * breakpoints put back what they replaced.  No command prints many lines, or
reads much memory, without a look whether ^C was typed.  Commands that look at the whole
 * machine are only called.
 */

#include <sys/systm.h>
#include <sys/debugger.h>

#include "ddb_shim.h"

#define SESSIONS	50
#define DEAF_LINES	70		/* more than empty ones typed ahead */

static bool heard;			/* no command on entry runs any more */

/* The first line, after a '@', is what runs on each entry. */
static size_t
on_enter(const u_char *bytes, size_t n)
{
	size_t i;

	if (n == 0 || bytes[0] != '@')
		return 0;
	for (i = 1; i < n && i < DB_LINE && bytes[i] != '\n'; i++)
		db_commandonenter[i - 1] = (char)bytes[i];
	db_commandonenter[i - 1] = '\0';
	return i;
}

static void
key(int c __unused)
{
	heard = true;
}

static void
output(int c)
{
	CHECK(isprint(c) || c == '\n' || c == '\b' || c == '\a' || c == '\r' || c == '\t');
	if (c == '\n' && heard)
		CHECK(ddb_shim_deaf++ < DEAF_LINES);
}

static void
called(const char *name, db_expr_t addr, bool have_addr, db_expr_t count, const char *modif)
{
	CHECK(strlen(modif) < DB_TOK);
	CHECK(addr == db_dot || !have_addr);
	for (; *modif != '\0'; modif++)
		CHECK(isalnum(*modif));
	db_printf("%s %lx %lx\n", name, addr, count);
}

/* clang-format off */
#define CALLED(func) \
void \
func(DB_ARGS) \
{ \
	called(#func, addr, have_addr, count, modif); \
}
/* clang-format on */

CALLED(db_trace_cmd)
CALLED(db_machine_cpu)
CALLED(db_show_all_cpus)
CALLED(db_show_nmi)
CALLED(db_ps_cmd)
CALLED(db_dmesg_cmd)
CALLED(db_whatis_cmd)
CALLED(db_call_cmd)
CALLED(db_sync_cmd)
CALLED(db_reboot_cmd)

static void
reset(void)
{
	ddb_shim_reset();
	ddb_shim_console_reset(NULL);
	db_radix = 16;
	db_max_line = 24;
	db_lex_start("*");
	db_delete_cmd(0, false, -1, "");
	/* What the line before did is forgotten. */
	ddb_shim_type((const u_char *)"c\r", 2, NULL);
	db_leave = DB_STAY;
	db_command_loop();
}

/* In and out of the machine's memory. */
static void
run_on(void)
{
	u_char before[16], after[16];
	vaddr_t va = ddb_symbols[1].sy_value;

	db_read_bytes(va, sizeof(before), before);
	db_break_insert();
	db_break_remove();
	db_read_bytes(va, sizeof(after), after);
	CHECK(memcmp(before, after, sizeof(before)) == 0);
}

void
fuzz_one(const u_char *bytes, size_t n)
{
	size_t used;

	reset();
	used = on_enter(bytes, n);
	ddb_shim_type(bytes + used, n - used, "\003\rcontinue\r");
	unit_cnputc_hook = output;
	ddb_shim_key = key;
	for (u_int i = 0; i < SESSIONS && (i == 0 || !ddb_shim_typed()); i++) {
		db_leave = DB_STAY;
		heard = false;
		db_command_loop();
		CHECK(db_leave == DB_CONTINUE || (db_leave == DB_STEP && db_steps > 0));
		run_on();
	}
	CHECK(db_radix >= 8 && db_radix <= 16);
	CHECK(db_max_line >= 0 && db_max_line <= 1000);
	CHECK(db_onpanic >= -1 && db_onpanic <= 2);
}
