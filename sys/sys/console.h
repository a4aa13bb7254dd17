/*
 * The operator's console: how any part of the kernel adds a command.
 *
 * A command runs in the console thread and may sleep.  Words are split at
 * blanks; quotes keep blanks in a word.  Answers go by printf_nolog(): the
 * message buffer is for what the kernel has to say.  Output that may be long
 * asks console_interrupted() between lines and gives up on true.
 */

#ifndef _SYS_CONSOLE_H_
#define _SYS_CONSOLE_H_

#include <sys/types.h>

struct console_command {
	const char *cc_name;
	/*
	 * => 0, or EINVAL where the arguments make no sense and nothing was
	 *    printed or done: the shell then prints the usage line.
	 */
	int (*cc_func)(int, char **);	/* argv[0]: the name; argv[argc]: NULL */
	const char *cc_args;		/* "" or e.g. "[-a] NAME..." */
	const char *cc_help;		/* one line */
};

#define CONSOLE_COMMAND(name, func, args, help) \
	static const struct console_command __CONCAT(console_cmd_, name) = { \
		#name, (func), (args), (help) }; \
	__link_set_add_data(console_commands, __CONCAT(console_cmd_, name))
__link_set_decl(console_commands, const struct console_command);

/* A way to hurt the kernel on purpose: a word after "crashme". */
struct crashme {
	const char *cr_name;
	int (*cr_func)(int, char **);	/* argv[0] is the word; as cc_func */
	const char *cr_args;
	const char *cr_help;
};

#define CRASHME(name, func, args, help) \
	static const struct crashme __CONCAT(crashme_way_, name) = { \
		#name, (func), (args), (help) }; \
	__link_set_add_data(crashme_ways, __CONCAT(crashme_way_, name))
__link_set_decl(crashme_ways, const struct crashme);

void console_start(void);	/* the thread, once devices are there */
bool console_interrupted(void);	/* ^C typed since the command started? */

/* Print text of many lines, cut up in place, until ^C. */
void console_print_text(char *);

/*
 * console_cpu_arg(command, word, &ci):
 *
 *	Decimal number of a CPU that exists.
 *	=> 0, or EINVAL and the command has said why.
 */
struct cpu_info;
int console_cpu_arg(const char *, const char *, struct cpu_info **);

#endif
