/* snprintf(3) and the engine under printf(9). */

#include "unit.h"

static char buf[128];

#define FMT(want, ...) do { \
	int len = snprintf(buf, sizeof(buf), __VA_ARGS__); \
	CHECK_STR(buf, want); \
	CHECK(len == (int)strlen(want)); \
} while (0)

/* For formats that the compiler would complain about. */
static int
format(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return n;
}

static void
test_decimal(void)
{
	FMT("0", "%d", 0);
	FMT("42", "%d", 42);
	FMT("-42", "%i", -42);
	FMT("-2147483648", "%d", INT_MIN);
	FMT("2147483647", "%d", INT_MAX);
	FMT("4294967295", "%u", UINT_MAX);
	FMT("+7", "%+d", 7);
	FMT("-7", "%+d", -7);
	FMT(" 7", "% d", 7);
	format("%+u", 7);
	CHECK_STR(buf, "7");
}

static void
test_sizes(void)
{
	FMT("-9223372036854775808", "%ld", LONG_MIN);
	FMT("9223372036854775807", "%lld", (long long)LONG_MAX);
	FMT("18446744073709551615", "%lu", ULONG_MAX);
	FMT("18446744073709551615", "%zu", (size_t)-1);
	FMT("18446744073709551615", "%llu", (unsigned long long)-1);
	FMT("-1", "%zd", (ssize_t)-1);
	FMT("-5", "%td", (ptrdiff_t)-5);
	FMT("deadbeefcafe", "%lx", 0xdeadbeefcafeUL);
	FMT("-1", "%hhd", (signed char)255);
	FMT("1", "%hhu", (u_char)257);
	FMT("-32768", "%hd", (short)32768);
	FMT("ffff", "%hx", (u_short)-1);
	format("%jd", (int64_t)-3);
	CHECK_STR(buf, "-3");
	format("%d", (int64_t)0x1234567800000001);	/* not 64 bits */
	CHECK_STR(buf, "1");
}

static void
test_hex(void)
{
	FMT("ff", "%x", 255);
	FMT("FF", "%X", 255);
	FMT("0xff", "%#x", 255);
	FMT("0XFF", "%#X", 255);
	FMT("0", "%#x", 0);
	FMT("02", "%02x", 2);
	FMT("ab", "%02x", 0xab);
	FMT("abc", "%02x", 0xabc);
	FMT("0x00ff", "%#06x", 255);
	FMT("  0xff", "%#6x", 255);
	FMT("0xff  |", "%#-6x|", 255);
	FMT("17", "%o", 15);
	FMT("017", "%#o", 15);
	FMT("0", "%#o", 0);
	FMT("00010", "%#.5o", 8);
}

static void
test_pointer(void)
{
	FMT("0x1234", "%p", (void *)0x1234);
	FMT("0xffffffff80000000", "%p", (void *)0xffffffff80000000UL);
	FMT("0x0", "%p", NULL);
	FMT("    0x12", "%8p", (void *)0x12);
}

static void
test_width(void)
{
	FMT("   42", "%5d", 42);
	FMT("42   |", "%-5d|", 42);
	FMT("00042", "%05d", 42);
	FMT("-0042", "%05d", -42);
	FMT("   42", "%*d", 5, 42);
	FMT("42   |", "%*d|", -5, 42);
	FMT("123456", "%3d", 123456);
	FMT("00042", "%.5d", 42);
	FMT("  00042", "%7.5d", 42);
	FMT("", "%.0d", 0);
	format("%-05d|", 42);
	CHECK_STR(buf, "42   |");
	format("%07.5d", 42);	/* a precision takes the zero flag away */
	CHECK_STR(buf, "  00042");
}

static void
test_string(void)
{
	FMT("abc", "%s", "abc");
	FMT("", "%s", "");
	FMT("abc       |", "%-10s|", "abc");
	FMT("       abc|", "%10s|", "abc");
	FMT("ab", "%.2s", "abc");
	FMT("ab", "%.*s", 2, "abc");
	FMT("abc", "%.*s", -1, "abc");
	FMT("   ab", "%*.*s", 5, 2, "abc");
	FMT("x", "%c", 'x');
	FMT("  x", "%3c", 'x');
	FMT("100%", "%d%%", 100);
	format("%s", (const char *)NULL);
	CHECK_STR(buf, "(null)");
}

/* A precision bounds what is read: ASan sees a step beyond the array. */
static void
test_string_unterminated(void)
{
	static const char raw[3] = { 'a', 'b', 'c' };

	FMT("abc", "%.3s", raw);
	FMT("ab", "%.*s", 2, raw);
}

static void
test_unknown(void)
{
	CHECK(format("a%yb%d", 5) == 5);
	CHECK_STR(buf, "a%yb5");
	format("%-5k|");
	CHECK_STR(buf, "%-5k|");
	format("100%");
	CHECK_STR(buf, "100%");
	format("%l");
	CHECK_STR(buf, "%l");
	format("%99999999999999d|", 1);	/* cut, not undefined */
	CHECK(buf[0] == ' ' && strlen(buf) == sizeof(buf) - 1);
}

static void
test_truncation(void)
{
	char small[8];

	memset(small, 'z', sizeof(small));
	CHECK(snprintf(small, 4, "%s", "abcdef") == 6);
	CHECK_STR(small, "abc");
	CHECK(small[4] == 'z');
	CHECK(snprintf(small, 1, "%d", 1234) == 4);
	CHECK_STR(small, "");
	small[0] = 'q';
	CHECK(snprintf(small, 0, "%d", 1234) == 4);
	CHECK(small[0] == 'q');
	CHECK(snprintf(NULL, 0, "%s", "abc") == 3);
	CHECK(snprintf(small, 4, "abc") == 3);	/* fits exactly */
	CHECK_STR(small, "abc");
}

void
unit_main(void)
{
	RUN(test_decimal);
	RUN(test_sizes);
	RUN(test_hex);
	RUN(test_pointer);
	RUN(test_width);
	RUN(test_string);
	RUN(test_string_unterminated);
	RUN(test_unknown);
	RUN(test_truncation);
}
