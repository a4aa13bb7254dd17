/*
 * The console thread: prompt, read, run.
 *
 * Nothing else reads the console while it is up.  Bytes that arrive while a
 * command runs wait in a small type-ahead buffer of the thread's own, so that
 * ^C among them can be seen at once; what does not fit waits in cons.c.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kthread.h>
#include <sys/console.h>
#include <sys/cons.h>

#include <console/line.h>
#include <console/shell.h>

#define CTRL_C	0x03

/* Console thread only, so no lock. */
static struct line console_line;
static struct {
	short ta_c[256];
	u_int ta_head, ta_count;
} console_ahead;

static int
console_getc(void)
{
	u_int head = console_ahead.ta_head;

	if (console_ahead.ta_count == 0)
		return cnread();
	console_ahead.ta_count--;
	console_ahead.ta_head = (head + 1) % __arraycount(console_ahead.ta_c);
	return console_ahead.ta_c[head];
}

bool
console_interrupted(void)
{
	const u_int size = __arraycount(console_ahead.ta_c);
	int c;

	while (console_ahead.ta_count < size && (c = cntryread()) != -1) {
		if (c == CTRL_C) {
			/* What was typed before it was meant to go too. */
			console_ahead.ta_count = 0;
			printf_nolog("^C\n");
			return true;
		}
		console_ahead.ta_c[(console_ahead.ta_head +
		    console_ahead.ta_count++) % size] = (short)c;
	}
	return false;
}

void
console_print_text(char *text)
{
	char *line, *nl;

	for (line = text; *line != '\0' && !console_interrupted(); line = nl) {
		nl = strchr(line, '\n');
		if (nl != NULL)
			*nl++ = '\0';
		else
			nl = line + strlen(line);
		printf_nolog("%s\n", line);
	}
}

/* Through printf: the echo waits while another CPU is amid a line. */
static void
console_echo(int c)
{
	printf_nolog("%c", c);
}

static void
console_prompt(void)
{
	(void)cnbroken();
	printf_nolog("kernel# ");
}

/*
 * A message ended the line that was being typed: show it again before it
 * goes on.  An empty one is not worth a second prompt.
 */
static void
console_mend(void)
{
	if (!cnbroken() || console_line.ln_len == 0)
		return;
	console_prompt();
	line_redraw(&console_line);
}

static void __dead
console_thread(void *arg __unused)
{
	int c;

	line_init(&console_line, console_echo);
	console_prompt();
	for (;;) {
		c = console_getc();
		if (c == CN_LOST)
			line_lost(&console_line);
		console_mend();
		switch (line_input(&console_line, c)) {
		case LINE_MORE:
			continue;
		case LINE_DONE:
			shell_run(console_line.ln_text);
			break;
		case LINE_DROPPED:
			printf_nolog("console: more than %d characters in a "
			    "line, nothing done\n", CONSOLE_LINE - 1);
			break;
		case LINE_LOST:
			printf_nolog("console: a part of this line was lost, "
			    "nothing done\n");
			break;
		case LINE_CANCEL:
			break;
		}
		console_prompt();
	}
}

void
console_start(void)
{
	int error;

	error = kthread_create(PRI_USER, KTHREAD_MPSAFE, NULL, console_thread,
	    NULL, NULL, "console");
	if (error != 0)
		panic("console: no thread, error %d", error);
}
