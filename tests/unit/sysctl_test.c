/*
 * sysctl: reading and writing each type, every message, and sysctl.conf,
 * whole, bad and random.
 */

#include <sys/sysctl.h>
#include "unit.h"
#include "sysctl_nodes.h"

/* Of the host: memory whose end the sanitizer knows to the byte. */
void *malloc(size_t);
void free(void *);

static void
reads(const char *name, const char *text)
{
	char buf[64];

	CHECK(sysctl_get_text(name, buf, sizeof(buf)) == 0);
	CHECK_STR(buf, text);
}

static void
takes(const char *name, const char *value, const char *text)
{
	char err[SYSCTL_ERRLEN] = "";

	CHECK(sysctl_set_text(name, value, err, sizeof(err)) == 0);
	CHECK_STR(err, "");
	reads(name, text);
}

/* Refused with these words, and the value is what it was. */
static void
refuses(const char *name, const char *value, int error, const char *message)
{
	char err[SYSCTL_ERRLEN] = "", before[64] = "", after[64] = "";

	(void)sysctl_get_text(name, before, sizeof(before));
	CHECK(sysctl_set_text(name, value, err, sizeof(err)) == error);
	CHECK_STR(err, message);
	(void)sysctl_get_text(name, after, sizeof(after));
	CHECK_STR(after, before);
}

static void
test_read(void)
{
	char buf[4];

	reads("t.int", "5");
	reads("t.bool", "0");
	reads("t.quad", "0");
	reads("t.string", "abc");
	reads("t.word", "ddb");
	reads("t.view", "100");
	reads("t.text", "computed");
	CHECK(sysctl_get_text("t", buf, sizeof(buf)) == ENOENT);
	CHECK(sysctl_get_text("", buf, sizeof(buf)) == ENOENT);
	CHECK(sysctl_get_text("t.intx", buf, sizeof(buf)) == ENOENT);
	CHECK(sysctl_get_text("t.text", buf, sizeof(buf)) == ENOMEM);
	CHECK_STR(buf, "com");
	CHECK(sysctl_get_text("t.int", buf, sizeof(buf)) == 0);
	a_word = 77;			/* a wild index is not followed */
	reads("t.word", "?");
	a_word = 0;
}

static void
test_write(void)
{
	takes("t.int", "10", "10");
	takes("t.int", "-1", "-1");
	takes("t.int", "0x5", "5");
	takes("t.any", "-2147483648", "-2147483648");
	takes("t.any", "2147483647", "2147483647");
	takes("t.bool", "1", "1");
	takes("t.quad", "-9223372036854775808", "-9223372036854775808");
	takes("t.string", "1234567", "1234567");
	takes("t.string", "", "");
	takes("t.word", "log", "log");
	takes("t.view", "7", "700");
}

static void
test_errors(void)
{
	refuses("no.such", "1", ENOENT, "'no.such': no such name (ENOENT)");
	refuses("", "1", ENOENT, "'': no such name (ENOENT)");
	refuses("t.ro", "1", EPERM, "t.ro: read only (EPERM)");
	refuses("t.text", "1", EPERM, "t.text: read only (EPERM)");
	refuses("t.int", "x", EINVAL,
	    "t.int: 'x' is not a number, want -1 to 10 (EINVAL)");
	refuses("t.int", "", EINVAL,
	    "t.int: '' is not a number, want -1 to 10 (EINVAL)");
	refuses("t.int", "5 ", EINVAL,
	    "t.int: '5 ' is not a number, want -1 to 10 (EINVAL)");
	refuses("t.int", "11", ERANGE,
	    "t.int: '11' is out of range, want -1 to 10 (ERANGE)");
	refuses("t.int", "-2", ERANGE,
	    "t.int: '-2' is out of range, want -1 to 10 (ERANGE)");
	refuses("t.any", "2147483648", ERANGE, "t.any: '2147483648' is out of "
	    "range, want -2147483648 to 2147483647 (ERANGE)");
	refuses("t.bool", "2", ERANGE,
	    "t.bool: '2' is out of range, want 0 to 1 (ERANGE)");
	refuses("t.bool", "yes", EINVAL,
	    "t.bool: 'yes' is not a number, want 0 to 1 (EINVAL)");
	refuses("t.quad", "9223372036854775808", ERANGE,
	    "t.quad: '9223372036854775808' is out of range, want "
	    "-9223372036854775808 to 9223372036854775807 (ERANGE)");
	refuses("t.string", "12345678", ERANGE,
	    "t.string: 8 characters are too many, want at most 7 (ERANGE)");
	refuses("t.word", "halt", EINVAL,
	    "t.word: 'halt' is not a choice, want ddb, panic or log (EINVAL)");
	refuses("t.word", "", EINVAL,
	    "t.word: '' is not a choice, want ddb, panic or log (EINVAL)");
	refuses("t.view", "13", EBUSY, "t.view: '13' refused (EBUSY)");
	refuses("t.int", "\033[2J\377", EINVAL,
	    "t.int: '?[2J?' is not a number, want -1 to 10 (EINVAL)");
	refuses("t.int", "0123456789012345678901234567890123456789", EINVAL,
	    "t.int: '0123456789012345678901234567...' is not a number, want "
	    "-1 to 10 (EINVAL)");
	refuses("t.int", "99999999999999999999999999", ERANGE,
	    "t.int: '99999999999999999999999999' is out of range, want "
	    "-1 to 10 (ERANGE)");
}

/* sysctl_next() meets every node once, in order. */
static void
test_order(void)
{
	const struct sysctl_node *n;
	size_t count = 0;

	for (n = sysctl_next(""); n != NULL; n = sysctl_next(n->sn_name))
		count++;
	CHECK(count == __link_set_count(sysctl_nodes));
	CHECK_STR(sysctl_next("t.i")->sn_name, "t.int");
	CHECK(sysctl_next("t.word") == NULL);
}

static int
assign(const char *s, const char *message)
{
	char text[64], err[SYSCTL_ERRLEN] = "";
	int error;

	strlcpy(text, s, sizeof(text));
	error = sysctl_assign(text, err, sizeof(err));
	if (error != 0)
		CHECK_STR(err, message);
	return error;
}

static void
test_assign(void)
{
	static const char want[] = "want NAME = VALUE (EINVAL)";

	CHECK(assign("t.int=1", "") == 0);
	reads("t.int", "1");
	CHECK(assign(" t.int \t= 2 ", "") == 0);
	reads("t.int", "2");
	CHECK(assign("t.int ?= 3", "") == 0);
	reads("t.int", "3");
	CHECK(assign("t.string=a=b", "") == 0);
	reads("t.string", "a=b");
	CHECK(assign("no.such?=3", "") == 0);
	CHECK(assign("no.such=3", "'no.such': no such name (ENOENT)") == ENOENT);
	CHECK(assign("t.int", want) == EINVAL);
	CHECK(assign("", want) == EINVAL);
	CHECK(assign("=", want) == EINVAL);
	CHECK(assign("?=", want) == EINVAL);
	CHECK(assign("  = 5", want) == EINVAL);
	CHECK(assign("t.int?=x",
	    "t.int: 'x' is not a number, want -1 to 10 (EINVAL)") == EINVAL);
}

/* Apply it from memory that ends where the text does; compare what is said. */
static void
conf(const char *text, size_t len, const char *expected)
{
	char *copy = malloc(MAX(len, 1));

	memcpy(copy, text, len);
	unit_shim_reset();
	sysctl_conf(copy, len);
	if (expected != NULL)
		CHECK_STR(unit_console, expected);
	free(copy);
}

#define CONF(text, expected) conf(text, sizeof(text) - 1, expected)

static void
test_conf(void)
{
	CONF("", "");
	CONF("\n\n  \n\t\r\n", "");
	CONF("# a comment\n;another\n   # one more = 5\n", "");
	CONF("t.int = 1\nt.bool=0\r\nt.word=panic", "");
	reads("t.int", "1");
	reads("t.bool", "0");
	reads("t.word", "panic");
	CONF("t.int = 4 # why\nt.string = a;b#c\n", "");
	reads("t.int", "4");
	reads("t.string", "a;b#c");
	CONF("t.int=6\n\nno.such = 1\nt.ro=5\njunk\nt.int=x\nt.bool=1\n",
	    "sysctl.conf:3: 'no.such': no such name (ENOENT)\n"
	    "sysctl.conf:4: t.ro: read only (EPERM)\n"
	    "sysctl.conf:5: want NAME = VALUE (EINVAL)\n"
	    "sysctl.conf:6: t.int: 'x' is not a number, want -1 to 10 "
	    "(EINVAL)\n");
	reads("t.int", "6");
	reads("t.bool", "1");
	CONF("other.thing ?= 5\nt.int ?= 7", "");
	reads("t.int", "7");
	/* Linux: '/' for '.', and '-': whatever becomes of it. */
	CONF("t/int = 8\n-t.int = 9\n- t.int=x\n-no.such = 1\n-t.ro=1\n", "");
	reads("t.int", "9");
	CONF("-\n-junk\n", "sysctl.conf:1: want NAME = VALUE (EINVAL)\n"
	    "sysctl.conf:2: want NAME = VALUE (EINVAL)\n");
	CONF("t.int=1\0002\nt.int=2\n",
	    "sysctl.conf:1: a NUL in a line of text (EINVAL)\n");
	reads("t.int", "2");
}

static void
test_conf_long(void)
{
	char text[4096];
	size_t i;

	memset(text, 'x', sizeof(text));
	conf(text, 300, "sysctl.conf:1: 300 characters in a line, want at most "
	    "255 (EINVAL)\n");
	memcpy(text, "# ", 2);
	conf(text, sizeof(text), "");	/* a comment may be long */
	for (i = 0; i + 2 <= sizeof(text); i += 2)
		memcpy(text + i, "x\n", 2);
	conf(text, sizeof(text), NULL);
	CHECK(unit_contains(unit_console, "sysctl.conf:20: want"));
	CHECK(!unit_contains(unit_console, "sysctl.conf:21:"));
	CHECK(unit_contains(unit_console, "sysctl.conf: 2028 more bad lines\n"));
}

static void
test_conf_random(void)
{
	static const char chars[] = "t.intbo=?= 01#;\n\n\r\t";
	char text[2048];
	const char *p;
	u_int round, i, c;

	for (round = 0; round < 300; round++) {
		for (i = 0; i < sizeof(text); i++) {
			c = unit_random();
			text[i] = round % 2 != 0 ? (char)c :
			    chars[c % (sizeof(chars) - 1)];
		}
		conf(text, unit_random() % sizeof(text), NULL);
		for (p = unit_console; *p != '\0'; p++)
			CHECK(isprint((u_char)*p) || *p == '\n');
	}
}

void
unit_main(void)
{
	RUN(test_read);
	RUN(test_write);
	RUN(test_errors);
	RUN(test_order);
	RUN(test_assign);
	RUN(test_conf);
	RUN(test_conf_long);
	RUN(test_conf_random);
}
