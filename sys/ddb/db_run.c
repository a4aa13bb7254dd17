/* The commands that let the machine run: continue, step. */

#include <sys/systm.h>

#include <ddb/ddb.h>

enum db_leave db_leave;
db_expr_t db_steps;

void
db_continue_cmd(DB_ARGS_UNUSED)
{
	db_leave = DB_CONTINUE;
}

/* Only this CPU: another one's registers lie in a handler of its own. */
void
db_step_cmd(db_expr_t addr __unused, bool have_addr __unused, db_expr_t count,
    const char *modif __unused)
{
	if (db_look != db_frame)
		db_error("Only the CPU that came here can step; machine cpu brings it back\n");
	db_steps = count < 1 ? 1 : count;
	db_leave = DB_STEP;
}
