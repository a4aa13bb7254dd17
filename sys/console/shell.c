/* The operator's shell: from a line of text to a command and back. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/console.h>

#include <console/line.h>
#include <console/shell.h>

static const struct console_command *
shell_find(const char *name)
{
	const struct console_command *const *c;

	for (c = __link_set_start(console_commands);
	     c < __link_set_end(console_commands); c++)
		if (strcmp((*c)->cc_name, name) == 0)
			return *c;
	return NULL;
}

/* The first command whose name sorts after this one. */
static const struct console_command *
shell_next(const char *name)
{
	const struct console_command *const *c;
	const struct console_command *best = NULL;

	for (c = __link_set_start(console_commands);
	     c < __link_set_end(console_commands); c++)
		if (strcmp((*c)->cc_name, name) > 0 && (best == NULL ||
		    strcmp((*c)->cc_name, best->cc_name) < 0))
			best = *c;
	return best;
}

static void
shell_usage(const struct console_command *c)
{
	printf_nolog("usage: %s%s%s\n", c->cc_name,
	    c->cc_args[0] != '\0' ? " " : "", c->cc_args);
}

void
shell_run(char *line)
{
	char *argv[CONSOLE_ARGS + 1];
	const struct console_command *c;
	int argc;

	switch (line_split(line, argv, &argc)) {
	case E2BIG:
		printf_nolog("console: more than %d words, nothing done\n",
		    CONSOLE_ARGS);
		return;
	case EINVAL:
		printf_nolog("console: a quote has no partner, nothing done\n");
		return;
	}
	if (argc == 0)
		return;
	c = shell_find(argv[0]);
	if (c == NULL)
		printf_nolog("'%s': unknown command, try help\n", argv[0]);
	else if (c->cc_func(argc, argv) == EINVAL)
		shell_usage(c);
}

static int
cmd_help(int argc, char **argv)
{
	const struct console_command *c;
	char head[48];

	if (argc > 2)
		return EINVAL;
	if (argc == 2 && shell_find(argv[1]) == NULL) {
		printf_nolog("help: '%s': no such command\n", argv[1]);
		return 0;
	}
	for (c = shell_next(""); c != NULL; c = shell_next(c->cc_name)) {
		if (argc == 2 && strcmp(argv[1], c->cc_name) != 0)
			continue;
		snprintf(head, sizeof(head), "%s %s", c->cc_name, c->cc_args);
		printf_nolog("%-38s %s\n", head, c->cc_help);
	}
	return 0;
}
CONSOLE_COMMAND(help, cmd_help, "[COMMAND]", "what each command does");
