/*
 * Breakpoints: an instruction is replaced while the machine runs, and put
 * back while it is in the debugger, so that nobody there meets one.
 *
 * Both happen with all other CPUs stopped; they leave by an iretq, which
 * makes them fetch the text anew.
 */

#include <sys/debugger.h>
#include <sys/systm.h>

#include <ddb/ddb.h>

#define BREAKS	32

static struct breakpoint {
	vaddr_t b_va;			/* 0: free */
	db_expr_t b_count;		/* hits until it stops */
	db_expr_t b_initial;
	uint8_t b_insn;			/* what was there */
	bool b_in;
} breaks[BREAKS];

static struct breakpoint *
break_find(vaddr_t va)
{
	for (struct breakpoint *b = breaks; b < breaks + BREAKS; b++)
		if (b->b_va == va)
			return b;
	return NULL;
}

bool
db_break_at(vaddr_t va)
{
	return va != 0 && break_find(va) != NULL;
}

bool
db_break_count(vaddr_t va)
{
	struct breakpoint *b = break_find(va);

	if (--b->b_count > 0)
		return false;
	b->b_count = b->b_initial;
	return true;
}

void
db_break_insert(void)
{
	const uint8_t bkpt = BKPT_INST;

	for (struct breakpoint *b = breaks; b < breaks + BREAKS; b++) {
		if (b->b_va == 0 || b->b_in ||
		    kcopy((const void *)b->b_va, &b->b_insn, BKPT_SIZE) != 0)
			continue;
		b->b_in = db_write_kernel(b->b_va, &bkpt, BKPT_SIZE) == 0;
	}
}

void
db_break_remove(void)
{
	for (struct breakpoint *b = breaks; b < breaks + BREAKS; b++)
		if (b->b_in) {
			(void)db_write_kernel(b->b_va, &b->b_insn, BKPT_SIZE);
			b->b_in = false;
		}
}

void
db_break_cmd(db_expr_t addr, bool have_addr __unused, db_expr_t count,
    const char *modif __unused)
{
	const char *why = db_point_refused((vaddr_t)addr);
	struct breakpoint *b;

	if (why != NULL)
		db_error("No breakpoint there: %s\n", why);
	if (db_break_at((vaddr_t)addr))
		db_error("Already set\n");
	if ((b = break_find(0)) == NULL)
		db_error("Too many breakpoints\n");
	b->b_initial = b->b_count = count < 1 ? 1 : count;
	b->b_in = false;
	b->b_va = (vaddr_t)addr;
}

/* An address, or "*" for all of them. */
void
db_delete_cmd(DB_ARGS_UNUSED)
{
	struct breakpoint *b;
	db_expr_t va = db_dot;
	int t = db_read_token();

	if (t == '*' && (t = db_read_token()) == TOK_END) {
		memset(breaks, 0, sizeof(breaks));
		return;
	}
	db_unread_token(t);
	(void)db_expression(&va);
	db_end_of_command();
	if (va == 0 || (b = break_find((vaddr_t)va)) == NULL)
		db_error("Not set\n");
	b->b_va = 0;
}

void
db_show_breaks(DB_ARGS_UNUSED)
{
	bool any = false;

	for (const struct breakpoint *b = breaks; b < breaks + BREAKS; b++) {
		if (b->b_va == 0)
			continue;
		db_printf(any ? "" : " Count    Address\n");
		db_printf("%6ld    ", b->b_initial);
		db_printsym(b->b_va);
		db_printf("\n");
		any = true;
	}
	if (!any)
		db_printf("No breakpoints set\n");
}
