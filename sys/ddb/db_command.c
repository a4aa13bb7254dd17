/*
 * The command line: from a line to commands, separated by ';', and the
 * prompt where every error ends.
 *
 *	NAME [NAME] [/MODIFIERS] [ADDRESS] [,COUNT]
 *
 * Names may be cut short as long as one command is meant.
 */

#include <sys/cons.h>
#include <sys/systm.h>

#include <machine/cpu.h>

#include <ddb/ddb.h>

#define CS_OWN	0x01			/* reads its arguments itself */
#define CS_MORE	0x02			/* an empty line does it again, further on */

struct db_command {
	const char *c_name;
	void (*c_func)(DB_ARGS);	/* NULL: c_more has it */
	const struct db_command *c_more;
	int c_flags;
	const char *c_args, *c_help;
};

static void db_help_cmd(DB_ARGS);

static const struct db_command show_all_cmds[] = {
	{ "cpus", db_show_all_cpus, NULL, 0, "", "what each CPU was doing" },
	{ "procs", db_ps_cmd, NULL, 0, "", "the threads" },
	{ .c_name = NULL }
};

static const struct db_command show_cmds[] = {
	{ "all", NULL, show_all_cmds, 0, "cpus|procs", "" },
	{ "breaks", db_show_breaks, NULL, 0, "", "the breakpoints" },
	{ "nmi", db_show_nmi, NULL, 0, "", "NMI handlers and counts" },
	{ "registers", db_show_registers, NULL, 0, "", "of the CPU looked at" },
	{ .c_name = NULL }
};

static const struct db_command machine_cmds[] = {
	{ "cpu", db_machine_cpu, NULL, 0, "[N]", "look at another CPU" },
	{ .c_name = NULL }
};

/* A name that is a prefix of others comes with its own entry. */
static const struct db_command commands[] = {
	{ "b", db_break_cmd, NULL, 0, NULL, NULL },
	{ "break", db_break_cmd, NULL, 0, "ADDR[,COUNT]", "stop there, from the COUNTth time on" },
	{ "bt", db_trace_cmd, NULL, 0, NULL, NULL },
	{ "c", db_continue_cmd, NULL, 0, NULL, NULL },
	{ "call", db_call_cmd, NULL, CS_OWN, "FUNC(ARG,...)", "call a function" },
	{ "continue", db_continue_cmd, NULL, 0, "", "let the machine go on" },
	{ "delete", db_delete_cmd, NULL, CS_OWN, "ADDR|*", "remove a breakpoint, or all" },
	{ "dmesg", db_dmesg_cmd, NULL, 0, "[,COUNT]", "the message buffer, or its last characters" },
	{ "examine", db_examine_cmd, NULL, CS_MORE, "[/bhlLacdosux] [ADDR][,COUNT]", "show memory" },
	{ "help", db_help_cmd, NULL, CS_OWN, "", "this list" },
	{ "machine", NULL, machine_cmds, 0, "cpu [N]", "look at another CPU" },
	{ "p", db_print_cmd, NULL, CS_OWN, NULL, NULL },
	{ "print", db_print_cmd, NULL, CS_OWN, "[/acdosux] EXPR...", "show values" },
	{ "ps", db_ps_cmd, NULL, 0, "", "list the threads" },
	{ "reboot", db_reboot_cmd, NULL, 0, "[HOWTO]", "restart the machine" },
	{ "s", db_step_cmd, NULL, CS_MORE, NULL, NULL },
	{ "search", db_search_cmd, NULL, CS_OWN, "[/bhlL] ADDR VALUE [MASK][,COUNT]", "find a value" },
	{ "set", db_set_cmd, NULL, CS_OWN, "$NAME [=] EXPR", "a register or variable" },
	{ "show", NULL, show_cmds, 0, "all|breaks|nmi|registers", "" },
	{ "step", db_step_cmd, NULL, CS_MORE, "[,COUNT]", "one instruction; the other CPUs stay stopped" },
	{ "sync", db_sync_cmd, NULL, 0, "", "dump and restart" },
	{ "trace", db_trace_cmd, NULL, 0, "[/t LID | /a LWP | FRAME]", "stack trace; also bt" },
	{ "w", db_write_cmd, NULL, CS_OWN, NULL, NULL },
	{ "whatis", db_whatis_cmd, NULL, 0, "ADDR", "what lies there" },
	{ "write", db_write_cmd, NULL, CS_OWN, "[/bhlL] ADDR EXPR...", "change memory" },
	{ "x", db_examine_cmd, NULL, CS_MORE, NULL, NULL },
	{ .c_name = NULL }
};

static struct db_jmpbuf prompt_jump;
static bool prompt_up;
static struct db_context prompt_context;

static char line[DB_LINE];
static const struct db_command *last;	/* of the line before, if CS_MORE */
static char last_modif[DB_TOK];

/* Only on the debugger's CPU and stack. */
void
db_recover(void)
{
	if (!prompt_up)
		return;
	db_context_restore(&prompt_context);
	db_longjmp(&prompt_jump);
}

void
db_error(const char *fmt, ...)
{
	va_list ap;

	cnfreshline();
	va_start(ap, fmt);
	db_vprintf(fmt, ap);
	va_end(ap);
	last = NULL;
	db_recover();
	panic("ddb: an error without a prompt");
}

void
db_fault(void)
{
	db_error("Faulted in DDB; continuing...\n");
}

void
db_end_of_command(void)
{
	if (db_read_token() != TOK_END)
		db_error("Bad arguments, see help\n");
}

static const struct db_command *
command_find(const struct db_command *table, const char *name)
{
	const struct db_command *c, *found = NULL;

	for (c = table; c->c_name != NULL; c++) {
		if (strcmp(c->c_name, name) == 0)
			return c;
		if (strncmp(c->c_name, name, strlen(name)) != 0)
			continue;
		if (found != NULL)
			db_error("Ambiguous\n");
		found = c;
	}
	if (found == NULL)
		db_error("No such command; use \"help\" to list available commands\n");
	return found;
}

static void
help_table(const char *prefix, const struct db_command *c)
{
	char head[56];

	for (; c->c_name != NULL; c++) {
		if (c->c_help == NULL)
			continue;	/* a short name */
		snprintf(head, sizeof(head), "%s%s %s", prefix, c->c_name, c->c_args);
		db_printf("%-48s %s\n", head, c->c_help);
	}
}

static void
db_help_cmd(DB_ARGS_UNUSED)
{
	help_table("", commands);
	help_table("show ", show_cmds);
	help_table("show all ", show_all_cmds);
}

/* What follows the name, then the command itself. */
static void
command_run(const struct db_command *c)
{
	db_expr_t addr = db_dot, count = -1;
	char modif[DB_TOK] = "";
	bool have_addr = false;
	int t;

	if ((t = db_read_token()) == '/')
		db_read_modifiers(modif, sizeof(modif));
	else
		db_unread_token(t);
	if ((c->c_flags & CS_OWN) == 0) {
		have_addr = db_expression(&addr);
		if (!have_addr)
			addr = db_dot;
		if ((t = db_read_token()) == ',')
			count = db_expression_need("The count");
		else
			db_unread_token(t);
		db_end_of_command();
	}
	if (c->c_flags & CS_MORE) {
		last = c;
		strlcpy(last_modif, modif, sizeof(last_modif));
	}
	if (have_addr)
		db_dot = addr;
	c->c_func(addr, have_addr, count, modif);
}

static void
command_one(void)
{
	const struct db_command *c, *table = commands;
	int t;

	if ((t = db_read_token()) == TOK_END)
		return;
	for (;;) {
		if (t != TOK_IDENT)
			db_error("Bad command; use \"help\" to list available commands\n");
		c = command_find(table, db_tok_string);
		if (c->c_func != NULL)
			break;
		table = c->c_more;
		if ((t = db_read_token()) == TOK_END)
			db_error("%s what? %s\n", c->c_name, c->c_args);
	}
	command_run(c);
}

static void
run_line(const char *text)
{
	db_lex_start(text);
	last = NULL;
	do {
		command_one();
	} while (db_leave == DB_STAY && db_lex_semicolon());
}

/* An empty line. */
static void
run_again(void)
{
	if (last != NULL)
		last->c_func(db_dot, false, -1, last_modif);
}

static bool
is_empty(const char *s)
{
	while (*s == ' ')
		s++;
	return *s == '\0';
}

/*
 * Until a command lets the machine go on.  After an error we stand at
 * db_setjmp() again; volatile, so that this is known then.
 */
void
db_command_loop(void)
{
	volatile bool entering = true;
	char prompt[16];

	db_context_save(&prompt_context);
	if (db_setjmp(&prompt_jump) == 0)
		prompt_up = true;
	else
		db_context_leave_nmi(&prompt_context);
	if (entering) {
		entering = false;
		db_page_reset(false);	/* nobody may be there to see it */
		strlcpy(line, db_commandonenter, sizeof(line));
		if (!is_empty(line))
			run_line(line);
	}
	while (db_leave == DB_STAY) {
		snprintf(prompt, sizeof(prompt), "db{%u}> ", cpu_index(db_look_cpu));
		db_page_reset(false);
		db_readline(prompt, line);
		db_page_reset(true);
		if (is_empty(line))
			run_again();
		else
			run_line(line);
	}
	prompt_up = false;
}
