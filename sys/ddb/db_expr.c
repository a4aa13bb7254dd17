/*
 * Expressions, by precedence, in 64 bits that wrap.
 *
 *	expr    = unary { OP unary }
 *	unary   = ( - | ~ | ! | * ) unary | NUMBER | SYMBOL | $NAME | . | ( expr )
 *
 * The text comes from a person or a serial line: its depth is bounded.
 */

#include <sys/systm.h>

#include <ddb/ddb.h>

#define EXPR_DEPTH	40

static u_int expr_depth;

static bool expr_binary(int, db_expr_t *);

static db_expr_t
op_or(db_expr_t a, db_expr_t b)
{
	return a | b;
}

static db_expr_t
op_xor(db_expr_t a, db_expr_t b)
{
	return a ^ b;
}

static db_expr_t
op_and(db_expr_t a, db_expr_t b)
{
	return a & b;
}

static db_expr_t
op_left(db_expr_t a, db_expr_t b)
{
	return b < 0 || b > 63 ? 0 : (db_expr_t)((uint64_t)a << b);
}

/* Addresses are shifted, so no sign comes in. */
static db_expr_t
op_right(db_expr_t a, db_expr_t b)
{
	return b < 0 || b > 63 ? 0 : (db_expr_t)((uint64_t)a >> b);
}

static db_expr_t
op_add(db_expr_t a, db_expr_t b)
{
	return (db_expr_t)((uint64_t)a + (uint64_t)b);
}

static db_expr_t
op_sub(db_expr_t a, db_expr_t b)
{
	return (db_expr_t)((uint64_t)a - (uint64_t)b);
}

static db_expr_t
op_mul(db_expr_t a, db_expr_t b)
{
	return (db_expr_t)((uint64_t)a * (uint64_t)b);
}

static db_expr_t
op_div(db_expr_t a, db_expr_t b)
{
	if (b == 0)
		db_error("Divide by 0\n");
	return b == -1 ? op_sub(0, a) : a / b;
}

static db_expr_t
op_mod(db_expr_t a, db_expr_t b)
{
	if (b == 0)
		db_error("Divide by 0\n");
	return b == -1 ? 0 : a % b;
}

static const struct binary {
	int b_token;
	int b_level;			/* a higher one binds tighter */
	db_expr_t (*b_func)(db_expr_t, db_expr_t);
} binaries[] = {
	{ '|', 1, op_or },
	{ '^', 2, op_xor },
	{ '&', 3, op_and },
	{ TOK_SHIFT_L, 4, op_left },
	{ TOK_SHIFT_R, 4, op_right },
	{ '+', 5, op_add },
	{ '-', 5, op_sub },
	{ '*', 6, op_mul },
	{ '/', 6, op_div },
	{ '%', 6, op_mod },
};

static const struct binary *
binary_find(int token)
{
	for (size_t i = 0; i < __arraycount(binaries); i++)
		if (binaries[i].b_token == token)
			return &binaries[i];
	return NULL;
}

/* "kernel:" may stand before it, as we print it. */
static db_expr_t
expr_symbol(const char *name)
{
	const char *colon = strchr(name, ':');
	vaddr_t va;

	if (colon != NULL && strncmp(name, "kernel:", 7) == 0)
		name = colon + 1;
	if (!ksyms_getval(name, &va))
		db_error("Symbol not found\n");
	return (db_expr_t)va;
}

static db_expr_t
expr_paren(void)
{
	db_expr_t v;

	if (!expr_binary(1, &v))
		db_error("Expression syntax error after '('\n");
	if (db_read_token() != ')')
		db_error("No ')'\n");
	return v;
}

static db_expr_t
expr_dollar(void)
{
	if (db_read_token() != TOK_IDENT)
		db_error("No name after '$'\n");
	return db_variable_get(db_tok_string);
}

static bool
expr_term(int t, db_expr_t *vp)
{
	switch (t) {
	case TOK_NUMBER:
		*vp = (db_expr_t)db_tok_number;
		return true;
	case TOK_IDENT:
		*vp = expr_symbol(db_tok_string);
		return true;
	case TOK_DOT:
		*vp = db_dot;
		return true;
	case '$':
		*vp = expr_dollar();
		return true;
	case '(':
		*vp = expr_paren();
		return true;
	}
	db_unread_token(t);
	return false;
}

static bool
expr_unary(db_expr_t *vp)
{
	int t = db_read_token();
	db_expr_t v;

	if (t != '-' && t != '~' && t != '!' && t != '*')
		return expr_term(t, vp);
	if (++expr_depth > EXPR_DEPTH)
		db_error("Expression too deep\n");
	if (!expr_unary(&v))
		db_error("Expression syntax error after '%c'\n", t);
	expr_depth--;
	*vp = t == '-' ? op_sub(0, v) : t == '~' ? ~v : t == '!' ? !v :
	    (db_expr_t)db_get_value((vaddr_t)v, sizeof(uint64_t));
	return true;
}

/* Operators of this level or tighter, from left to right. */
static bool
expr_binary(int level, db_expr_t *vp)
{
	const struct binary *b;
	db_expr_t rhs;
	int t;

	if (++expr_depth > EXPR_DEPTH)
		db_error("Expression too deep\n");
	if (!expr_unary(vp)) {
		expr_depth--;
		return false;
	}
	for (;;) {
		t = db_read_token();
		b = binary_find(t);
		if (b == NULL || b->b_level < level)
			break;
		if (!expr_binary(b->b_level + 1, &rhs))
			db_error("Expression syntax error\n");
		*vp = b->b_func(*vp, rhs);
	}
	db_unread_token(t);
	expr_depth--;
	return true;
}

bool
db_expression(db_expr_t *vp)
{
	expr_depth = 0;
	return expr_binary(1, vp);
}

db_expr_t
db_expression_need(const char *what)
{
	db_expr_t v;

	if (!db_expression(&v))
		db_error("%s is missing\n", what);
	return v;
}
