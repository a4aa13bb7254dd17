/*
 * The console's line editor and word splitter: every key, noise, lines that
 * are too long, and random bytes.
 */

#include <console/line.h>
#include "unit.h"

static struct line ln;
static char echo[64 * 1024];
static size_t echo_len;

static void
put(int c)
{
	if (echo_len < sizeof(echo) - 1)
		echo[echo_len++] = (char)c;
	echo[echo_len] = '\0';
}

static void
start(void)
{
	echo_len = 0;
	echo[0] = '\0';
	line_init(&ln, put);
}

/* The last event that the bytes bring about. */
static enum line_event
type(const char *s)
{
	enum line_event event = LINE_MORE;

	while (*s != '\0')
		event = line_input(&ln, (u_char)*s++);
	return event;
}

static enum line_event
type_many(int c, int n)
{
	enum line_event event = LINE_MORE;

	while (n-- > 0)
		event = line_input(&ln, c);
	return event;
}

/* A fresh editor makes this text of these bytes. */
static void
becomes(const char *bytes, const char *text)
{
	start();
	CHECK(type(bytes) == LINE_DONE);
	CHECK_STR(ln.ln_text, text);
}

static void
test_ends(void)
{
	becomes("help\r", "help");
	becomes("help\n", "help");
	becomes("\r", "");
	start();
	CHECK(type("a\r") == LINE_DONE);
	CHECK(type("\n") == LINE_MORE);	/* the CR's other half */
	CHECK(type("\n") == LINE_DONE);	/* an empty line */
	CHECK(type("\r") == LINE_DONE);
	CHECK(type("\r") == LINE_DONE);
	CHECK(type("b\r") == LINE_DONE);
	CHECK_STR(ln.ln_text, "b");
	CHECK_STR(echo, "a\n\n\n\nb\n");
}

static void
test_editing(void)
{
	becomes("hx\belp\r", "help");
	becomes("hx\177elp\r", "help");
	becomes("\b\b\177help\r", "help");
	becomes("junk\025help\r", "help");
	becomes("ps one  two  \027three\r", "ps one  three");
	becomes("\027\025help\r", "help");
	becomes("a\tb\r", "a b");
	start();
	(void)type("ab\b\025");
	CHECK_STR(echo, "ab\b \b\b \b");
	start();
	CHECK(type("junk\003") == LINE_CANCEL);
	CHECK_STR(echo, "junk^C\n");
	CHECK(type("ps\r") == LINE_DONE);
	CHECK_STR(ln.ln_text, "ps");
}

static void
test_noise(void)
{
	becomes("\001\002he\004\005lp\177\016p\377\200\303\244\r", "help");
	becomes("\033[Ah\033[3~e\033OHl\033[1;5Cp\r", "help");
	becomes("\033ps\r", "ps");		/* no sequence: a lone ESC */
	becomes("\033\033[Aps\r", "ps");
	becomes("p\033[\r", "p");		/* noise cannot eat the end */
	becomes("p\033[12\025ps\r", "ps");
	start();
	CHECK(line_input(&ln, 0) == LINE_MORE);
	CHECK(line_input(&ln, -1) == LINE_MORE);
	CHECK(line_input(&ln, 0x100) == LINE_MORE);	/* a break */
	CHECK(line_input(&ln, 0x100 + 'a') == LINE_MORE);
	CHECK(ln.ln_len == 0);
	CHECK(echo_len == 0);
}

static void
test_long(void)
{
	start();
	(void)type_many('a', CONSOLE_LINE - 1);
	CHECK(type("\r") == LINE_DONE);
	CHECK(strlen(ln.ln_text) == CONSOLE_LINE - 1);

	start();
	(void)type_many('a', CONSOLE_LINE);
	(void)type("bc\b\027");
	CHECK(echo_len == CONSOLE_LINE);	/* one bell */
	CHECK(echo[CONSOLE_LINE - 1] == '\a');
	CHECK(type("\r\n") == LINE_MORE);
	CHECK(type("ps\r") == LINE_DONE);
	CHECK_STR(ln.ln_text, "ps");

	start();
	CHECK(type_many('a', 100000) == LINE_MORE);
	CHECK(type("\r") == LINE_DROPPED);
	CHECK(type_many('a', 1000) == LINE_MORE);
	CHECK(type("\003") == LINE_CANCEL);
	CHECK(type_many('a', 1000) == LINE_MORE);
	CHECK(type("\025ps\r") == LINE_DONE);
	CHECK_STR(ln.ln_text, "ps");
}

/* Whatever comes, a line is short, printable and ended. */
static void
check_line(void)
{
	size_t i, len = strnlen(ln.ln_text, sizeof(ln.ln_text));

	CHECK(len < sizeof(ln.ln_text));
	for (i = 0; i < len; i++)
		CHECK(isprint((u_char)ln.ln_text[i]));
}

static void
test_lost(void)
{
	start();
	CHECK(type("sysc") == LINE_MORE);
	line_lost(&ln);
	CHECK(type("tl\r") == LINE_LOST);
	CHECK(type("ps\r") == LINE_DONE);
	CHECK_STR(ln.ln_text, "ps");
	line_lost(&ln);		/* before the first byte: nobody knows */
	CHECK(type("ps\r") == LINE_LOST);
	line_lost(&ln);
	CHECK(type("ps\025ps\r") == LINE_DONE);
	line_lost(&ln);
	CHECK(type("ps\003") == LINE_CANCEL);
	CHECK(type("ps\r") == LINE_DONE);
	type_many('x', CONSOLE_LINE + 1);
	line_lost(&ln);
	CHECK(type("\r") == LINE_LOST);
}

static void
test_redraw(void)
{
	start();
	CHECK(type("hw.ncpx\177") == LINE_MORE);
	echo_len = 0;
	line_redraw(&ln);
	CHECK_STR(echo, "hw.ncp");
	CHECK(type("u\r") == LINE_DONE);
	CHECK_STR(ln.ln_text, "hw.ncpu");
	echo_len = 0;
	echo[0] = '\0';
	line_redraw(&ln);
	CHECK_STR(echo, "");
}

static void
test_random(void)
{
	u_int round, i, lines = 0;

	for (round = 0; round < 20; round++) {
		start();
		for (i = 0; i < 20000; i++) {
			/* Odd rounds: mostly text, so that lines get long. */
			int c = (int)(unit_random() % 256);

			if (round % 2 != 0 && unit_random() % 512 != 0)
				c = ' ' + c % 95;
			if (line_input(&ln, c) != LINE_MORE) {
				check_line();
				lines++;
			}
			CHECK(ln.ln_len < sizeof(ln.ln_text));
		}
	}
	CHECK(lines > 1000);
}

static char *words[CONSOLE_ARGS + 1];

static int
split(const char *s, int *argc)
{
	static char text[CONSOLE_LINE];

	strlcpy(text, s, sizeof(text));
	*argc = -1;
	return line_split(text, words, argc);
}

static void
test_split(void)
{
	int argc;

	CHECK(split("", &argc) == 0);
	CHECK(argc == 0);
	CHECK(words[0] == NULL);
	CHECK(split("    ", &argc) == 0);
	CHECK(argc == 0);
	CHECK(split("  sysctl  -a ", &argc) == 0);
	CHECK(argc == 2);
	CHECK_STR(words[0], "sysctl");
	CHECK_STR(words[1], "-a");
	CHECK(words[2] == NULL);
	CHECK(split("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", &argc) == 0);
	CHECK(argc == CONSOLE_ARGS);
	CHECK_STR(words[CONSOLE_ARGS - 1], "16");
	CHECK(split("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", &argc) == E2BIG);
}

static void
test_quotes(void)
{
	int argc;

	CHECK(split("a=\"b; c\" 'd e'f \"\" \"it's\"", &argc) == 0);
	CHECK(argc == 4);
	CHECK_STR(words[0], "a=b; c");
	CHECK_STR(words[1], "d ef");
	CHECK_STR(words[2], "");
	CHECK_STR(words[3], "it's");
	CHECK(split("\"", &argc) == EINVAL);
	CHECK(split("a 'b c", &argc) == EINVAL);
	CHECK(split("a b\"", &argc) == EINVAL);
}

static void
test_split_random(void)
{
	static const char chars[] = "ab  '\"=";
	char text[CONSOLE_LINE];
	u_int round, i;
	int argc, error;

	for (round = 0; round < 2000; round++) {
		for (i = 0; i < round % sizeof(text); i++)
			text[i] = chars[unit_random() % (sizeof(chars) - 1)];
		text[i] = '\0';
		error = split(text, &argc);
		CHECK(error == 0 || error == E2BIG || error == EINVAL);
		if (error != 0)
			continue;
		CHECK(argc >= 0 && argc <= CONSOLE_ARGS);
		CHECK(words[argc] == NULL);
	}
}

void
unit_main(void)
{
	RUN(test_ends);
	RUN(test_editing);
	RUN(test_noise);
	RUN(test_long);
	RUN(test_lost);
	RUN(test_redraw);
	RUN(test_random);
	RUN(test_split);
	RUN(test_quotes);
	RUN(test_split_random);
}
