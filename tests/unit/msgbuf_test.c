/* The message buffer: reading at any pace, and wrapping. */

#include <sys/msgbuf.h>
#include "unit.h"

static char buf[2 * MSGBUF_SIZE];

static void
put(const char *s)
{
	while (*s != '\0')
		msgbuf_putchar(*s++);
}

/* n characters that tell where they are. */
static void
put_pattern(size_t n)
{
	for (; n > 0; n--)
		msgbuf_putchar('a' + (int)(msgbuf_head() % 26));
}

static void
check_pattern(uint64_t pos, size_t n)
{
	for (size_t i = 0; i < n; i++)
		CHECK(buf[i] == 'a' + (int)((pos + i) % 26));
}

static void
test_read(void)
{
	uint64_t pos = msgbuf_head();

	put("hello world");
	CHECK(msgbuf_read(&pos, buf, 5) == 5);
	CHECK(memcmp(buf, "hello", 5) == 0);
	CHECK(msgbuf_read(&pos, buf, 100) == 6);
	CHECK(memcmp(buf, " world", 6) == 0);
	CHECK(msgbuf_read(&pos, buf, 100) == 0);
	CHECK(pos == msgbuf_head());
	CHECK(msgbuf_read(&pos, buf, 0) == 0);
}

static void
test_wrap(void)
{
	uint64_t pos = msgbuf_head(), end;

	put_pattern(MSGBUF_SIZE);
	CHECK(msgbuf_read(&pos, buf, sizeof(buf)) == MSGBUF_SIZE);
	check_pattern(pos - MSGBUF_SIZE, MSGBUF_SIZE);
	pos = 0;
	put_pattern(100);
	end = msgbuf_head();
	CHECK(msgbuf_read(&pos, buf, 10) == 10);	/* the oldest there is */
	CHECK(pos == end - MSGBUF_SIZE + 10);
	check_pattern(pos - 10, 10);
}

/* A position that was never reached gives nothing, and stays. */
static void
test_future(void)
{
	uint64_t pos = msgbuf_head() + 1000;

	CHECK(msgbuf_read(&pos, buf, 100) == 0);
}

static void
test_copy(void)
{
	put_pattern(3 * MSGBUF_SIZE / 2);
	CHECK(msgbuf_copy(buf, sizeof(buf)) == MSGBUF_SIZE);
	CHECK(strlen(buf) == MSGBUF_SIZE);
	check_pattern(msgbuf_head() - MSGBUF_SIZE, MSGBUF_SIZE);
	CHECK(msgbuf_copy(buf, 11) == 10);	/* the newest */
	CHECK(strlen(buf) == 10);
	check_pattern(msgbuf_head() - 10, 10);
	CHECK(msgbuf_copy(buf, 1) == 0 && buf[0] == '\0');
	CHECK(msgbuf_copy(NULL, 0) == 0);
}

/* First, while the buffer has never been full. */
static void
test_short(void)
{
	put("abc");
	CHECK(msgbuf_copy(buf, sizeof(buf)) == 3);
	CHECK_STR(buf, "abc");
	CHECK(msgbuf_copy(buf, 3) == 2);
	CHECK_STR(buf, "bc");
}

#define NINTR	300

static volatile u_int nintr;

static void
flood(void)
{
	put_pattern(MSGBUF_SIZE / 4);
	nintr++;
}

/*
 * A reader at the oldest end is interrupted by somebody who overwrites what
 * it is copying: what is returned is what was at those positions.
 */
static void
test_overtaken(void)
{
	const char *bad = NULL;
	uint64_t pos;
	size_t n;

	put_pattern(MSGBUF_SIZE);
	nintr = 0;
	unit_interrupt(flood);
	while (nintr < NINTR) {
		pos = 0;
		n = msgbuf_read(&pos, buf, MSGBUF_SIZE / 2);
		for (size_t i = 0; i < n && bad == NULL; i++)
			if (buf[i] != 'a' + (int)((pos - n + i) % 26))
				bad = "overwritten text was returned";
	}
	unit_interrupt(NULL);
	if (bad != NULL)
		unit_fail("%s", bad);
}

void
unit_main(void)
{
	RUN(test_short);
	RUN(test_read);
	RUN(test_wrap);
	RUN(test_future);
	RUN(test_copy);
	RUN(test_overtaken);
}
