/* Commands about the whole kernel: dmesg, call, sync, reboot. */

#include <sys/msgbuf.h>
#include <sys/systm.h>

#include <ddb/ddb.h>

#define CALL_ARGS	6

/* "dmesg,COUNT": the last COUNT characters. */
void
db_dmesg_cmd(db_expr_t addr __unused, bool have_addr __unused, db_expr_t count,
    const char *modif __unused)
{
	static char buf[128];		/* the debugger's stack is short */
	uint64_t head = msgbuf_head(), pos = 0;
	size_t n;
	char last = '\n';

	if (count >= 0 && (uint64_t)count < head)
		pos = head - (uint64_t)count;
	while ((n = msgbuf_read(&pos, buf, sizeof(buf))) > 0)
		for (size_t i = 0; i < n; i++) {
			last = buf[i];
			db_putchar((u_char)last);
		}
	if (last != '\n')
		db_putchar('\n');
}

/* "call FUNC(ARG, ARG)"; the arguments may be left out, brackets and all. */
void
db_call_cmd(DB_ARGS_UNUSED)
{
	typedef uint64_t (*func_t)(uint64_t, uint64_t, uint64_t, uint64_t,
	    uint64_t, uint64_t);
	uint64_t arg[CALL_ARGS] = { 0 }, value;
	db_expr_t func = db_expression_need("The function"), v;
	int n = 0, t;

	if ((t = db_read_token()) == '(') {
		while (db_expression(&v)) {
			if (n == CALL_ARGS)
				db_error("Too many arguments (max %d)\n", CALL_ARGS);
			arg[n++] = (uint64_t)v;
			if ((t = db_read_token()) != ',') {
				db_unread_token(t);
				break;
			}
		}
		if (db_read_token() != ')')
			db_error("Mismatched parens\n");
	} else
		db_unread_token(t);
	db_end_of_command();
	value = ((func_t)func)(arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	db_printf("%#lx\n", value);
}

void
db_sync_cmd(DB_ARGS_UNUSED)
{
	db_printf("sync: there is no dump device, nothing is dumped; rebooting\n");
	cpu_reboot(RB_AUTOBOOT, NULL);
}

/* With the bits of reboot(9): 8 halts, 808 switches off. */
void
db_reboot_cmd(db_expr_t addr, bool have_addr, db_expr_t count __unused,
    const char *modif __unused)
{
	cpu_reboot(have_addr ? (int)addr : RB_AUTOBOOT, NULL);
}
