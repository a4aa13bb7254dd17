/*
 * $NAME: the registers of the CPU that is looked at, and the debugger's own
 * variables.
 */

#include <sys/debugger.h>
#include <sys/systm.h>

#include <machine/cpu.h>

#include <ddb/ddb.h>

static const struct {
	const char *v_name;
	int *v_value;
	int v_min, v_max;
} variables[] = {
	{ "lines", &db_max_line, 0, 1000 },
	{ "radix", &db_radix, 8, 16 },
	{ "onpanic", &db_onpanic, -1, 2 },
	{ "fromconsole", &db_fromconsole, 0, 1 },
};

static int
variable_find(const char *name)
{
	for (size_t i = 0; i < __arraycount(variables); i++)
		if (strcmp(variables[i].v_name, name) == 0)
			return (int)i;
	return -1;
}

static const struct db_register *
register_find(const char *name)
{
	for (size_t i = 0; i < db_nregisters; i++)
		if (strcmp(db_registers[i].dr_name, name) == 0)
			return &db_registers[i];
	return NULL;
}

static uint64_t
register_get(const struct db_register *dr)
{
	return *(const uint64_t *)(const void *)((const char *)db_look + dr->dr_offset);
}

db_expr_t
db_variable_get(const char *name)
{
	const struct db_register *dr = register_find(name);
	int i = variable_find(name);

	if (dr == NULL && i < 0)
		db_error("Unknown variable $%s\n", name);
	if (dr == NULL)
		return *variables[i].v_value;
	return (db_expr_t)register_get(dr);
}

static void
register_set(const struct db_register *dr, uint64_t value)
{
	const char *why = db_register_refused(dr, value);

	if (why != NULL)
		db_error("$%s: %s\n", dr->dr_name, why);
	if (db_look != db_frame)
		db_error("$%s: only of the CPU that came here\n", dr->dr_name);
	*(uint64_t *)(void *)((char *)db_frame + dr->dr_offset) = value;
}

static void
variable_set(int i, db_expr_t value)
{
	if (value < variables[i].v_min || value > variables[i].v_max)
		db_error("$%s: %d to %d\n", variables[i].v_name,
		    variables[i].v_min, variables[i].v_max);
	*variables[i].v_value = (int)value;
}

/* "set $name = expr"; the '=' is optional. */
void
db_set_cmd(DB_ARGS_UNUSED)
{
	const struct db_register *dr;
	db_expr_t value;
	int i, t;

	if (db_read_token() != '$' || db_read_token() != TOK_IDENT)
		db_error("Give a variable, as $lines\n");
	dr = register_find(db_tok_string);
	i = variable_find(db_tok_string);
	if (dr == NULL && i < 0)
		db_error("Unknown variable $%s\n", db_tok_string);
	if ((t = db_read_token()) != '=')
		db_unread_token(t);
	value = db_expression_need("The value");
	db_end_of_command();
	if (dr != NULL)
		register_set(dr, (uint64_t)value);
	else
		variable_set(i, value);
}

void
db_show_registers(DB_ARGS_UNUSED)
{
	char where[80];
	vaddr_t start;
	uint64_t v;

	for (size_t i = 0; i < db_nregisters; i++) {
		v = register_get(&db_registers[i]);
		db_printf("%-10s  %#lx", db_registers[i].dr_name, v);
		if (ksyms_lookup(v, &start) != NULL)
			db_printf("  %s", ksyms_format(where, sizeof(where), v));
		db_printf("\n");
	}
}
