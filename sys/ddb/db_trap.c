/*
 * Into the debugger and out of it again.
 *
 * Any context.  Who enters owns the machine (cpu_stop_enter()) until it
 * continues, also across a single step; a second CPU that wants in waits,
 * and goes by what it finds then.
 */

#include <sys/cons.h>
#include <sys/debugger.h>
#include <sys/systm.h>

#include <machine/cpu.h>

#include <ddb/ddb.h>

#define DB_STACK	(4 * PAGE_SIZE)

struct trapframe *db_frame;
const struct trapframe *db_look;
const struct cpu_info *db_look_cpu;
db_expr_t db_dot, db_prev, db_next;

static char db_stack[DB_STACK] __aligned(64);
static struct cpu_info *volatile db_active;	/* in the debugger */
static bool db_owner;			/* we stopped the machine, not a panic */
static bool db_stepping;		/* one instruction is under way */
static bool db_passing;			/* ... only to get past a breakpoint */

bool
db_possible(void)
{
	return cn_tab != NULL && db_cpu_traps();
}

static void
print_where(const char *what)
{
	char where[80];

	cnfreshline();
	printf_nolog("%s ", what);
	db_page_reset(false);
	db_printf("%s:\n", trapframe_where(where, sizeof(where), db_frame));
}

static void
run(void *arg __unused)
{
	db_command_loop();
}

/* The prompt, on a stack that no trap of ours has filled. */
static void
session(struct trapframe *tf)
{
	db_frame = tf;
	db_look = tf;
	db_look_cpu = curcpu();
	db_dot = db_next = (db_expr_t)tf->tf_rip;
	db_leave = DB_STAY;
	print_where("Stopped at");
	db_call_on((vaddr_t)db_stack + sizeof(db_stack), run, NULL);
}

/* False: an NMI came as we left, and we are to stay. */
static bool
release(void)
{
	db_break_insert();
	if (!db_owner)
		return true;
	db_owner = false;
	db_input_return();
	cpu_stop_exit();
	if (!db_nmi_retake())
		return true;
	db_owner = true;
	cpu_stop_others();
	db_break_remove();
	printf_nolog("NMI ... staying in debugger\n");
	return false;
}

static void
stop_others(void)
{
	if (!cpu_stop_mine()) {
		cpu_stop_enter();
		db_owner = true;
	}
	cpu_stop_others();
	db_break_remove();
}

/*
 * Go on as the command said.  Where we stand on a breakpoint, its
 * instruction is stepped before the breakpoint is put back.
 *
 * True: back to the prompt.  That is after a step that was done without
 * running; or for an NMI that found us about to leave: it wants an answer
 * as any other.
 */
static bool
resume(struct trapframe *tf)
{
	bool stepping = db_leave == DB_STEP;

	if (!stepping && db_nmi_again()) {
		printf_nolog("NMI ... staying in debugger\n");
		return true;
	}
	db_passing = !stepping && db_break_at(tf->tf_rip);
	if ((db_passing || stepping) && !db_step_prepare(tf)) {
		db_stepping = true;
		return false;
	}
	return stepping || !release();
}

static void
enter(struct trapframe *tf)
{
	db_nmi_unblock();
	do {
		db_active = curcpu();
		session(tf);
		db_active = NULL;
	} while (resume(tf));
}

/* Before anything is asked: where every CPU is, this one with registers. */
static void
report(const struct trapframe *tf)
{
	char where[80];

	trapframe_print(tf, printf_nolog);
	printf_nolog("%s: interrupted at %s\n", cpu_name(curcpu()),
	    trapframe_where(where, sizeof(where), tf));
	if (!db_cpu_idle(curcpu()))
		trapframe_trace(tf, printf_nolog);
	cpu_stop_report(printf_nolog, true);
}

void
db_nmi(struct trapframe *tf)
{
	db_owner = true;
	cpu_stop_others();
	db_break_remove();
	printf_nolog("NMI ... going to debugger\n");
	report(tf);
	enter(tf);
}

/* The step is done: to the prompt, or on. */
static void
stepped(struct trapframe *tf)
{
	db_stepping = false;
	db_step_finish(tf);
	if (db_passing ? release() : --db_steps > 0 && !resume(tf))
		return;
	enter(tf);
}

/*
 * An int3.  Another CPU may have been first and have taken this breakpoint
 * away while we waited: then the instruction is there again.
 */
static bool
breakpoint(struct trapframe *tf)
{
	vaddr_t va = tf->tf_rip - BKPT_SIZE;
	uint8_t insn = BKPT_INST;
	bool planted;

	stop_others();			/* removes them */
	planted = db_break_at(va);
	(void)kcopy((const void *)va, &insn, BKPT_SIZE);
	if (planted || insn != BKPT_INST)
		tf->tf_rip = va;
	else if (panicstr == NULL) {	/* a panic has reported already */
		cnfreshline();
		cpu_stop_report(printf_nolog, true);
	}
	if (planted && db_break_count(va)) {
		db_frame = tf;
		print_where("Breakpoint in");
	} else if (planted || insn != BKPT_INST) {
		db_leave = DB_CONTINUE;
		if (!resume(tf))
			return true;
	}
	enter(tf);
	return true;
}

bool
db_trap(struct trapframe *tf)
{
	uint8_t insn = BKPT_INST;
	bool wanted;

	if (db_active == curcpu()) {
		printf_nolog("%s at ", db_trap_name(tf));
		db_printsym(tf->tf_rip);
		db_printf("\nFaulted in DDB; continuing...\n");
		db_recover();
		return false;
	}
	if (db_stepping && cpu_stop_mine() && db_is_step(tf)) {
		stepped(tf);
		return true;
	}
	if (!db_is_breakpoint(tf) || !db_possible())
		return false;
	/* One that nobody planted is a bug like any other trap. */
	(void)kcopy((const void *)(tf->tf_rip - BKPT_SIZE), &insn, BKPT_SIZE);
	wanted = tf->tf_rip == (vaddr_t)db_debugger_trap || db_onpanic > 0 ||
	    db_break_at(tf->tf_rip - BKPT_SIZE) || insn != BKPT_INST;
	return wanted && breakpoint(tf);
}

void
db_panic(const char *fmt, va_list ap)
{
	if (db_active != curcpu()) {
		db_stepping = false;
		if (cpu_stop_mine())
			db_owner = false;	/* from here on a panic does */
		return;
	}
	printf_nolog("panic: ");
	vprintf_nolog(fmt, ap);
	printf_nolog("\nFaulted in DDB; continuing...\n");
	db_recover();
}
