/* Looking at and changing memory: examine, write, print, search. */

#include <sys/systm.h>

#include <ddb/ddb.h>
#include <ddb/db_format.h>

#define LINE_BYTES	16		/* of memory in a line of output */
#define STRING_MAX	1024

/* The letters after '/': a size and a format, in any order. */
struct look {
	size_t l_size;
	const struct db_format *l_format;	/* NULL: a string */
};

static struct look
look_parse(const char *modif, size_t size)
{
	struct look l = { size, db_format_find('x') };
	const struct db_format *f;

	for (; *modif != '\0'; modif++) {
		if (db_size_modifier(*modif, 0) != 0) {
			l.l_size = db_size_modifier(*modif, 0);
			continue;
		}
		f = db_format_find(*modif);
		if (f == NULL && *modif != 's')
			db_error("No format %c\n", *modif);
		if (f != NULL && f->f_size != 0)
			l.l_size = f->f_size;
		l.l_format = f;
	}
	return l;
}

static void
examine_head(vaddr_t va)
{
	db_printsym(va);
	db_printf(":");
}

/* A line or less of values; returns the address after them. */
static vaddr_t
examine_values(vaddr_t va, const struct look *l, db_expr_t n)
{
	uint64_t v = db_get_value(va, l->l_size);	/* may be no memory */

	examine_head(va);
	for (; n > 0; n--, va += l->l_size) {
		v = db_get_value(va, l->l_size);
		db_printf("\t");
		l->l_format->f_print(v, l->l_size);
	}
	db_printf("\n");
	return va;
}

static vaddr_t
examine_string(vaddr_t va)
{
	const struct db_format *f = db_format_find('c');

	(void)db_get_value(va, 1);
	examine_head(va);
	db_printf("\t");
	for (int n = 0; n < STRING_MAX; n++) {
		const uint64_t c = db_get_value(va++, 1);

		if (c == 0)
			break;
		f->f_print(c, 1);
	}
	db_printf("\n");
	return va;
}

/* Without an address, on from where the last one ended. */
void
db_examine_cmd(db_expr_t addr, bool have_addr, db_expr_t count, const char *modif)
{
	struct look l = look_parse(modif, 4);
	vaddr_t va = (vaddr_t)(have_addr ? addr : db_next);
	db_expr_t per_line = LINE_BYTES / (db_expr_t)l.l_size, n;

	if (l.l_format != NULL && l.l_format->f_letter == 'a')
		per_line = 1;
	for (count = count < 0 ? 1 : count; count > 0; count -= n) {
		db_prev = (db_expr_t)va;
		n = l.l_format == NULL ? 1 : MIN(count, per_line);
		va = l.l_format == NULL ? examine_string(va) :
		    examine_values(va, &l, n);
		db_dot = db_prev;
		db_next = (db_expr_t)va;
	}
}

void
db_print_cmd(db_expr_t addr, bool have_addr __unused, db_expr_t count __unused,
    const char *modif)
{
	struct look l = look_parse(modif, 8);
	db_expr_t v = addr;
	bool any = false;

	if (l.l_format == NULL)
		db_error("No format s\n");
	while (db_expression(&v)) {
		db_printf(any ? "\t" : "");
		l.l_format->f_print((uint64_t)v, l.l_size);
		any = true;
	}
	db_end_of_command();
	if (!any)
		l.l_format->f_print((uint64_t)db_dot, l.l_size);
	db_printf("\n");
}

void
db_write_cmd(DB_ARGS_UNUSED)
{
	size_t size = db_size_modifier(modif[0], 4);
	vaddr_t va = (vaddr_t)db_expression_need("The address");
	bool any = false;
	uint64_t old;
	db_expr_t v;

	if (modif[0] != '\0' && db_size_modifier(modif[0], 0) == 0)
		db_error("No size %c\n", modif[0]);
	for (; db_expression(&v); va += size) {
		old = db_get_value(va, size);
		db_put_value(va, size, (uint64_t)v);
		db_printsym(va);
		db_printf("\t\t%lx\t=\t%lx\n", old, db_get_value(va, size));
		any = true;
	}
	if (!any)
		db_error("Nothing written.\n");
	db_next = (db_expr_t)va;
	db_end_of_command();
}

/* Up to the value, or to where memory ends. */
void
db_search_cmd(DB_ARGS_UNUSED)
{
	size_t size = db_size_modifier(modif[0], 4);
	vaddr_t va = (vaddr_t)db_expression_need("The address");
	uint64_t value = (uint64_t)db_expression_need("The value");
	uint64_t mask = UINT64_MAX;
	db_expr_t v, n = -1;
	int t;

	if (db_expression(&v))
		mask = (uint64_t)v;
	if ((t = db_read_token()) == ',')
		n = db_expression_need("The count");
	else
		db_unread_token(t);
	db_end_of_command();
	if (size < 8)
		mask &= (1UL << 8 * size) - 1;
	for (; n != 0; n--, va += size) {
		db_dot = (db_expr_t)va;
		if (((db_get_value(va, size) ^ value) & mask) == 0) {
			examine_head(va);
			db_printf("\t%lx\n", db_get_value(va, size));
			db_next = (db_expr_t)(va + size);
			return;
		}
		if ((va & 0xfff) < size && db_interrupted())
			db_error("^C\n");
	}
	db_printf("Not found\n");
}
