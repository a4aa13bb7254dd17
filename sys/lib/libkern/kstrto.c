/*
 * Text to number.  Strict, because what arrives here was typed by somebody:
 * the whole string is the number, without space around it.
 */

#include <sys/param.h>
#include <lib/libkern/libkern.h>

#define NOT_A_DIGIT	36

static u_int
digit_value(char c)
{
	if (isdigit(c))
		return (u_int)(c - '0');
	if (isalpha(c))
		return (u_int)((c | 0x20) - 'a') + 10;
	return NOT_A_DIGIT;
}

/* Base 0 goes by C's prefixes; base 16 allows its own. */
static u_int
skip_prefix(const char **sp, int base)
{
	const char *s = *sp;

	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x') {
		*sp += 2;
		return 16;
	}
	if (base == 0)
		return s[0] == '0' ? 8 : 10;
	return (u_int)base;
}

int
kstrtou64(const char *s, int base, uint64_t *result)
{
	uint64_t v = 0;
	bool over = false;
	u_int b, d;

	KASSERT(base == 0 || (base >= 2 && base <= 36));
	b = skip_prefix(&s, base);
	if (*s == '\0')
		return EINVAL;
	for (; *s != '\0'; s++) {
		if ((d = digit_value(*s)) >= b)
			return EINVAL;	/* also after too many digits */
		over = __builtin_mul_overflow(v, (uint64_t)b, &v) || over;
		over = __builtin_add_overflow(v, (uint64_t)d, &v) || over;
	}
	if (over)
		return ERANGE;
	*result = v;
	return 0;
}

int
kstrtoi64(const char *s, int base, int64_t *result)
{
	const bool neg = *s == '-';
	uint64_t v;
	int error;

	error = kstrtou64(s + (neg ? 1 : 0), base, &v);
	if (error != 0)
		return error;
	if (v > (uint64_t)INT64_MAX + (neg ? 1 : 0))
		return ERANGE;
	*result = (int64_t)(neg ? -v : v);
	return 0;
}
