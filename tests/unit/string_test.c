/* string(3). */

#include "unit.h"

static void
test_length(void)
{
	static const char raw[2] = { 'a', 'b' };

	CHECK(strlen("") == 0);
	CHECK(strlen("abc") == 3);
	CHECK(strnlen("abc", 2) == 2);
	CHECK(strnlen("abc", 9) == 3);
	CHECK(strnlen(raw, 2) == 2);
}

static void
test_compare(void)
{
	CHECK(strcmp("abc", "abc") == 0);
	CHECK(strcmp("abc", "abd") < 0);
	CHECK(strcmp("abc", "ab") > 0);
	CHECK(strcmp("", "a") < 0);
	CHECK(strcmp("\xff", "a") > 0);
	CHECK(strncmp("abc", "abd", 2) == 0);
	CHECK(strncmp("abc", "abd", 3) < 0);
	CHECK(strncmp("ab", "ab", 100) == 0);
	CHECK(strncmp("a", "b", 0) == 0);
}

static void
test_search(void)
{
	static const char s[] = "abcabc";

	CHECK(strchr(s, 'b') == s + 1);
	CHECK(strchr(s, 'x') == NULL);
	CHECK(strchr(s, '\0') == s + 6);
	CHECK(strrchr(s, 'b') == s + 4);
	CHECK(strrchr(s, 'x') == NULL);
	CHECK(strrchr(s, '\0') == s + 6);
}

static void
test_strlcpy(void)
{
	char buf[4] = "zzz";

	CHECK(strlcpy(buf, "ab", sizeof(buf)) == 2);
	CHECK_STR(buf, "ab");
	CHECK(strlcpy(buf, "abcdef", sizeof(buf)) == 6);
	CHECK_STR(buf, "abc");
	CHECK(strlcpy(buf, "xyz", 1) == 3);
	CHECK_STR(buf, "");
	buf[0] = 'q';
	CHECK(strlcpy(buf, "abc", 0) == 3);
	CHECK(buf[0] == 'q');
}

static void
test_strlcat(void)
{
	char buf[6] = "ab";

	CHECK(strlcat(buf, "cd", sizeof(buf)) == 4);
	CHECK_STR(buf, "abcd");
	CHECK(strlcat(buf, "efg", sizeof(buf)) == 7);
	CHECK_STR(buf, "abcde");
	CHECK(strlcat(buf, "x", 3) == 4);	/* no NUL within 3: untouched */
	CHECK_STR(buf, "abcde");
}

static void
test_ctype(void)
{
	for (int c = -1; c < 256; c++) {
		CHECK(!!isdigit(c) == (c >= '0' && c <= '9'));
		CHECK(!!isspace(c) == (c == ' ' || (c >= 9 && c <= 13)));
		CHECK(!!isprint(c) == (c >= 32 && c <= 126));
		CHECK(!isxdigit(c) || isalnum(c));
	}
	CHECK(isxdigit('f') && isxdigit('F') && !isxdigit('g'));
}

void
unit_main(void)
{
	RUN(test_length);
	RUN(test_compare);
	RUN(test_search);
	RUN(test_strlcpy);
	RUN(test_strlcat);
	RUN(test_ctype);
}
