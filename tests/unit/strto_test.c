/* kstrtou64() and kstrtoi64(). */

#include "unit.h"

#define UNTOUCHED	77

static int error;
static uint64_t u;
static int64_t i;

static void
parse_u(const char *s, int base)
{
	u = UNTOUCHED;
	error = kstrtou64(s, base, &u);
}

static void
parse_i(const char *s, int base)
{
	i = UNTOUCHED;
	error = kstrtoi64(s, base, &i);
}

#define U(s, base, want) \
	(parse_u((s), (base)), CHECK(error == 0), CHECK(u == (want)))
#define U_BAD(s, base, why) \
	(parse_u((s), (base)), CHECK(error == (why)), CHECK(u == UNTOUCHED))
#define I(s, base, want) \
	(parse_i((s), (base)), CHECK(error == 0), CHECK(i == (want)))
#define I_BAD(s, base, why) \
	(parse_i((s), (base)), CHECK(error == (why)), CHECK(i == UNTOUCHED))

static void
test_bases(void)
{
	U("0", 0, 0);
	U("10", 0, 10);
	U("010", 0, 8);
	U("0x10", 0, 16);
	U("0XfF", 0, 255);
	U("010", 10, 10);
	U("ff", 16, 255);
	U("0xff", 16, 255);
	U("z", 36, 35);
	U("101", 2, 5);
}

static void
test_not_numbers(void)
{
	U_BAD("", 0, EINVAL);
	U_BAD("0x", 0, EINVAL);
	U_BAD("0x", 16, EINVAL);
	U_BAD("0xg", 0, EINVAL);
	U_BAD("x10", 0, EINVAL);
	U_BAD("08", 0, EINVAL);
	U_BAD("12a", 10, EINVAL);
	U_BAD("12 ", 10, EINVAL);
	U_BAD(" 12", 10, EINVAL);
	U_BAD("-1", 0, EINVAL);
	U_BAD("+1", 0, EINVAL);
	U_BAD("1_0", 0, EINVAL);
	U_BAD("2", 2, EINVAL);
	U_BAD("0x10", 10, EINVAL);
	I_BAD("-", 0, EINVAL);
	I_BAD("--1", 0, EINVAL);
	I_BAD("-0x", 0, EINVAL);
	I_BAD("- 1", 0, EINVAL);
	I_BAD("", 0, EINVAL);
}

static void
test_unsigned_limits(void)
{
	U("18446744073709551615", 10, UINT64_MAX);
	U("0xffffffffffffffff", 0, UINT64_MAX);
	U("000000000000000000000000000001", 10, 1);
	U_BAD("18446744073709551616", 10, ERANGE);
	U_BAD("0x10000000000000000", 0, ERANGE);
	U_BAD("99999999999999999999999999", 10, ERANGE);
	/* The product wraps to something small, twice. */
	U_BAD("36893488147419103232", 10, ERANGE);
	U_BAD("9999999999999999999999x", 10, EINVAL);
}

static void
test_signed_limits(void)
{
	I("-1", 10, -1);
	I("-0", 10, 0);
	I("-0x10", 0, -16);
	I("9223372036854775807", 10, INT64_MAX);
	I("-9223372036854775808", 10, -INT64_MAX - 1);
	I_BAD("9223372036854775808", 10, ERANGE);
	I_BAD("-9223372036854775809", 10, ERANGE);
	I_BAD("18446744073709551616", 10, ERANGE);
}

void
unit_main(void)
{
	RUN(test_bases);
	RUN(test_not_numbers);
	RUN(test_unsigned_limits);
	RUN(test_signed_limits);
}
