/*
 * Expressions of the debugger against a second opinion.
 *
 * The bytes decide on a tree; it is written down with as few brackets as the
 * precedence and the order of equals allow, or more, and with every way to
 * write a number.  Its value is known while it is written.
 */

#include <sys/systm.h>

#include "ddb_shim.h"

#define DEPTH		8		/* less than the parser's bound */
#define TEXT		8192
#define LEVEL_UNARY	7

int db_max_line;			/* $lines */

static struct db_jmpbuf error_jump;
static char error_text[128];

static char text[TEXT];
static size_t text_len;
static bool fails;			/* divides by 0, or reads where nothing is */
static struct fuzz_bytes fb;

static uint64_t any(u_int, int);

/* What db_command.c does at the prompt: the first error ends it. */
void
db_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error_text, sizeof(error_text), fmt, ap);
	va_end(ap);
	db_longjmp(&error_jump);
}

void
db_fault(void)
{
	db_error("Faulted\n");
}

void
db_end_of_command(void)
{
	CHECK(db_read_token() == TOK_END);
}

void
db_printf(const char *fmt __unused, ...)
{
	unit_fail("an expression printed something");
}

/* Writing. */

static void
put(const char *s)
{
	size_t n = strlen(s);

	CHECK(text_len + n < TEXT);
	memcpy(text + text_len, s, n + 1);
	text_len += n;
}

static void
blank(void)
{
	static const char *const blanks[] = { "", "", "", " ", "\t", "   " };

	put(blanks[fuzz_pick(&fb, __arraycount(blanks))]);
}

/* From the last digit to the first; a number begins with a decimal digit. */
static void
put_digits(uint64_t v, u_int radix, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[72], *p = buf + sizeof(buf) - 1;

	*p = '\0';
	do {
		*--p = digits[v % radix];
		v /= radix;
	} while (v != 0);
	if (!isdigit(*p))
		*--p = '0';
	put(p);
}

static uint64_t
number(void)
{
	static const char *const prefixes[] = { "", "0x", "0t", "0o", "0X", "0T", "0O" };
	static const u_int radices[] = { 0, 16, 10, 8, 16, 10, 8 };
	u_int how = fuzz_pick(&fb, __arraycount(radices)), n = fuzz_pick(&fb, 9);
	u_int radix = how == 0 ? (u_int)db_radix : radices[how];
	bool upper = fuzz_pick(&fb, 2) != 0;
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | fuzz_byte(&fb);
	put(prefixes[how]);
	put_digits(v, radix, upper);
	return v;
}

static uint64_t
symbol(void)
{
	const struct ddb_symbol *s = &ddb_symbols[fuzz_pick(&fb, DDB_SYMBOLS)];

	put(fuzz_pick(&fb, 2) != 0 ? "kernel:" : "");
	put(s->sy_name);
	return s->sy_value;
}

static uint64_t
variable(void)
{
	static const char *const names[] = { "$rax", "$rip", "$rsp", "$radix" };
	u_int i = fuzz_pick(&fb, __arraycount(names));
	const uint64_t values[] = { db_frame->tf_rax, db_frame->tf_rip,
		db_frame->tf_rsp, (u_int)db_radix };

	put(names[i]);
	return values[i];
}

static uint64_t
dot(void)
{
	put(".");
	return (uint64_t)db_dot;
}

/* Little endian. */
static uint64_t
memory(uint64_t va)
{
	uint64_t v = 0;
	const u_char *p;

	for (u_int i = 8; i-- > 0;) {
		p = ddb_shim_memory(va + i);
		fails = fails || p == NULL;
		v = v << 8 | (p == NULL ? 0 : *p);
	}
	return v;
}

static uint64_t
unary(u_int depth)
{
	static const char *const ops[] = { "-", "~", "!", "*" };
	const char *name = ops[fuzz_pick(&fb, __arraycount(ops))], op = *name;
	uint64_t v;

	put(name);
	blank();
	v = any(depth, LEVEL_UNARY);
	return op == '-' ? 0 - v : op == '~' ? v ^ UINT64_MAX : op == '!' ? v == 0 : memory(v);
}

/* Towards zero, by magnitudes. */
static uint64_t
divide(uint64_t a, uint64_t b, bool rest)
{
	bool minus_a = a >> 63 != 0, minus_b = b >> 63 != 0;
	uint64_t v;

	if (b == 0) {
		fails = true;
		return 0;
	}
	a = minus_a ? 0 - a : a;
	b = minus_b ? 0 - b : b;
	v = rest ? a % b : a / b;
	return (rest ? minus_a : minus_a != minus_b) ? 0 - v : v;
}

/* By one bit at a time. */
static uint64_t
shift(uint64_t a, uint64_t b, bool left)
{
	for (; a != 0 && b > 0; b--)
		a = left ? a + a : a / 2;
	return a;
}

static uint64_t
binary_value(const char *op, uint64_t a, uint64_t b)
{
	switch (op[0]) {
	case '|':
		return a | b;
	case '^':
		return (a | b) - (a & b);
	case '&':
		return a & b;
	case '<':
	case '>':
		return shift(a, b, op[0] == '<');
	case '+':
		return a - (0 - b);
	case '-':
		return a + (0 - b);
	case '*':
		return a * b;
	}
	return divide(a, b, op[0] == '%');
}

static uint64_t
binary(u_int depth, int least)
{
	static const struct {
		const char *name;
		int level;
	} ops[] = {
		{ "|", 1 },
		{ "^", 2 },
		{ "&", 3 },
		{ "<<", 4 },
		{ ">>", 4 },
		{ "+", 5 },
		{ "-", 5 },
		{ "*", 6 },
		{ "/", 6 },
		{ "%", 6 },
	};
	u_int i = fuzz_pick(&fb, __arraycount(ops));
	bool brackets = ops[i].level < least || fuzz_pick(&fb, 8) == 0;
	uint64_t a, b;

	put(brackets ? "(" : "");
	a = any(depth, ops[i].level);
	blank();
	put(ops[i].name);
	blank();
	b = any(depth, ops[i].level + 1);
	put(brackets ? ")" : "");
	return binary_value(ops[i].name, a, b);
}

/* Anything that can stand where operators of this level bind. */
static uint64_t
any(u_int depth, int least)
{
	static uint64_t (*const leaves[])(void) = { number, symbol, variable, dot };
	u_int what = fuzz_pick(&fb, 8);

	if (depth == 0 || fb.fb_left == 0 || what < 2)
		return leaves[fuzz_pick(&fb, __arraycount(leaves))]();
	return what < 4 ? unary(depth - 1) : binary(depth - 1, least);
}

void
fuzz_one(const u_char *bytes, size_t n)
{
	db_expr_t got;
	uint64_t want;

	ddb_shim_reset();
	fb = (struct fuzz_bytes){ bytes, n };
	db_radix = 8 + (int)fuzz_pick(&fb, 9);
	db_dot = (db_expr_t)(0x10000 + fuzz_byte(&fb));
	text_len = 0;
	fails = false;
	want = any(DEPTH, 1);

	db_lex_start(text);
	if (db_setjmp(&error_jump) != 0) {
		if (!fails)
			unit_fail("\"%s\": %s", text, error_text);
		return;
	}
	CHECK(db_expression(&got));
	db_end_of_command();
	if (fails || (uint64_t)got != want)
		unit_fail("\"%s\", radix %d: %#lx, want %s%#lx", text, db_radix,
		    (u_long)got, fails ? "no " : "", (u_long)want);
}
