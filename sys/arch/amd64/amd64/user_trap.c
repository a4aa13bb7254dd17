/*
 * Exceptions of user mode, and of the iretq that returns to it: they may end
 * a process, never the kernel.
 *
 * On the thread's kernel stack, interrupts off on entry.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/debugger.h>
#include <sys/lwp.h>
#include <sys/proc.h>

#include <machine/db_machdep.h>
#include <machine/frame.h>
#include <machine/trap.h>

#include <x86/cpufunc.h>

extern const char syscall_entry[], user_iretq[];

static const char *const signals[] = {
	[T_DIVIDE] = "SIGFPE",
	[T_DEBUG] = "SIGTRAP",
	[T_BPTFLT] = "SIGTRAP",
	[T_PRIVINFLT] = "SIGILL",
	[T_DNA] = "SIGILL",
	[T_SEGNPFLT] = "SIGBUS",
	[T_STKFLT] = "SIGBUS",
	[T_PROTFLT] = "SIGSEGV",
	[T_PAGEFLT] = "SIGSEGV",
	[T_ALIGNFLT] = "SIGBUS",
};

static const char *
signal_name(u_int trapno)
{
	if (trapno < __arraycount(signals) && signals[trapno] != NULL)
		return signals[trapno];
	return "SIGILL";
}

/* The last that is heard of a process: one line. */
void
cpu_trap_report(const struct proc *p, const struct proc_status *ps)
{
	char more[48] = "";

	if (ps->ps_trapno == T_PAGEFLT)
		snprintf(more, sizeof(more), " for 0x%lx", ps->ps_addr);
	printf("pid %d (%s): %s, %s%s at 0x%lx, code 0x%lx%s\n", p->p_pid,
	    p->p_lwp->l_name, signal_name(ps->ps_trapno),
	    trap_name(ps->ps_trapno), more, ps->ps_rip, ps->ps_err,
	    ps->ps_end == PROC_BADRETURN ? ", on return to user mode" : "");
}

/*
 * From trap().  A single step may be the debugger's, which is asked first:
 * the machine is stopped then.
 */
void
user_trap(struct trapframe *tf)
{
	struct proc_status ps = {
		.ps_end = PROC_TRAPPED,
		.ps_trapno = (u_int)tf->tf_trapno,
		.ps_err = tf->tf_err,
		.ps_rip = tf->tf_rip,
		.ps_addr = rcr2(),	/* before another fault may come */
	};

	if (tf->tf_trapno == T_DEBUG) {
		if (db_trap(tf))
			return;
		(void)db_is_step(tf);	/* takes it off the CPU's list */
	}
	x86_enable_intr();
	proc_fault(tf, &ps);
	x86_disable_intr();
	proc_ast();
}

/*
 * A SYSCALL that is stepped: Bochs traps after it, at our first instruction,
 * although SFMASK has cleared TF by then.  The step goes on after SYSRET.
 */
bool
user_step_entered(const struct trapframe *tf)
{
	return tf->tf_rip == (vaddr_t)syscall_entry && db_is_step(tf);
}

/*
 * The stub has our GS back: it knows that instruction, too.  What only
 * happened to come there, on a stack of its own, is none of the process's.
 */
bool
user_iret_failed(const struct trapframe *tf)
{
	return tf->tf_rip == (vaddr_t)user_iretq &&
	    (tf->tf_trapno == T_PROTFLT || tf->tf_trapno == T_SEGNPFLT ||
	    tf->tf_trapno == T_STKFLT);
}

/* There is nothing to go back to: rip, cs, rflags, rsp, ss lie there. */
void
user_iret_trap(struct trapframe *tf)
{
	const uint64_t *frame = (const uint64_t *)tf->tf_rsp;
	const struct proc_status ps = {
		.ps_end = PROC_BADRETURN,
		.ps_trapno = (u_int)tf->tf_trapno,
		.ps_err = tf->tf_err,
		.ps_rip = frame[0],
	};

	x86_enable_intr();
	proc_fault(tf, &ps);
	panic("user_iret_trap: %s goes on", curlwp->l_name);
}
