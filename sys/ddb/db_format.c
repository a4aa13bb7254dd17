/* One value, as a letter says: x hex, d decimal, a symbol ... */

#include <sys/systm.h>

#include <ddb/ddb.h>
#include <ddb/db_format.h>

static void
format_x(uint64_t v, size_t size __unused)
{
	db_printf("%lx", v);
}

static void
format_octal(uint64_t v, size_t size __unused)
{
	db_printf("%lo", v);
}

static void
format_unsigned(uint64_t v, size_t size __unused)
{
	db_printf("%lu", v);
}

static void
format_decimal(uint64_t v, size_t size)
{
	u_int unused = 64 - 8 * (u_int)size;

	db_printf("%ld", (int64_t)(v << unused) >> unused);
}

static void
format_char(uint64_t v, size_t size __unused)
{
	int c = (int)(v & 0xff);

	if (isprint(c))
		db_printf("%c", c);
	else
		db_printf("\\%03o", (u_int)c);
}

static void
format_address(uint64_t v, size_t size __unused)
{
	db_printsym(v);
}

static const struct db_format formats[] = {
	{ 'x', 0, format_x },
	{ 'r', 0, format_x },
	{ 'z', 0, format_x },
	{ 'o', 0, format_octal },
	{ 'u', 0, format_unsigned },
	{ 'd', 0, format_decimal },
	{ 'c', 1, format_char },
	{ 'a', 8, format_address },
	{ 'A', 8, format_address },
};

const struct db_format *
db_format_find(char letter)
{
	for (size_t i = 0; i < __arraycount(formats); i++)
		if (formats[i].f_letter == letter)
			return &formats[i];
	return NULL;
}
