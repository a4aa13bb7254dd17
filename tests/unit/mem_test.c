/* memcpy(3) and family: every length and alignment against a byte loop. */

#include "unit.h"

#define SIZE	160
#define MAXLEN	100
#define OFFSETS	9

static uint8_t a[SIZE], b[SIZE];

static void
fill(uint8_t *p)
{
	for (u_int i = 0; i < SIZE; i++)
		p[i] = (uint8_t)(i * 7 + 3);
}

/* b is what the bytes should be: [to, to + len) from the original. */
static void
expect_copy(u_int to, u_int from, u_int len)
{
	uint8_t orig[SIZE];

	fill(orig);
	fill(b);
	for (u_int i = 0; i < len; i++)
		b[to + i] = orig[from + i];
}

static void
check_same(const char *what, u_int to, u_int from, u_int len)
{
	for (u_int i = 0; i < SIZE; i++)
		if (a[i] != b[i])
			unit_fail("%s(+%u, +%u, %u): byte %u", what, to, from,
			    len, i);
}

static void
test_memcpy(void)
{
	uint8_t src[SIZE];

	fill(src);
	for (u_int len = 0; len <= MAXLEN; len++)
		for (u_int to = 0; to < OFFSETS; to++)
			for (u_int from = 0; from < OFFSETS; from++) {
				fill(a);
				CHECK(memcpy(a + to, src + from, len) == a + to);
				expect_copy(to, from, len);
				check_same("memcpy", to, from, len);
			}
}

static void
test_memmove(void)
{
	for (u_int len = 0; len <= MAXLEN; len++)
		for (u_int to = 0; to < 50; to++)
			for (u_int from = 0; from < 50; from += 3) {
				fill(a);
				CHECK(memmove(a + to, a + from, len) == a + to);
				expect_copy(to, from, len);
				check_same("memmove", to, from, len);
			}
}

static void
test_memset(void)
{
	for (u_int len = 0; len <= MAXLEN; len++)
		for (u_int to = 0; to < OFFSETS; to++) {
			fill(a);
			fill(b);
			CHECK(memset(a + to, 0x1c3, len) == a + to);
			for (u_int i = 0; i < len; i++)
				b[to + i] = 0xc3;
			check_same("memset", to, 0, len);
		}
}

static void
test_memcmp(void)
{
	CHECK(memcmp("abc", "abd", 3) < 0);
	CHECK(memcmp("abd", "abc", 3) > 0);
	CHECK(memcmp("abc", "abd", 2) == 0);
	CHECK(memcmp("\xff", "\x01", 1) > 0);
	CHECK(memcmp("a", "b", 0) == 0);
	CHECK(memcmp("a\0b", "a\0c", 3) < 0);
}

static void
test_memchr(void)
{
	static const char s[] = "a\0b\xff";

	CHECK(memchr(s, 'b', 4) == s + 2);
	CHECK(memchr(s, 'b', 2) == NULL);
	CHECK(memchr(s, 0xff, 4) == s + 3);
	CHECK(memchr(s, 'a', 0) == NULL);
}

void
unit_main(void)
{
	RUN(test_memcpy);
	RUN(test_memmove);
	RUN(test_memset);
	RUN(test_memcmp);
	RUN(test_memchr);
}
