/*
 * Exceptions.  In the kernel every one of them is a bug, except on an
 * instruction that announced in .fault_table that it may fault, and on the one
 * that returns to user mode (user_trap.c).
 *
 * #DF, #MC, #DB and NMI arrive on IST stacks of their own and may have
 * interrupted anything.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/cons.h>
#include <sys/debugger.h>
#include <sys/lwp.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>
#include <machine/frame.h>
#include <machine/pmap.h>
#include <machine/trap.h>

#include <x86/cpufunc.h>
#include <x86/mcavar.h>

#define FATAL_REPORTS	4
static volatile u_int fatal_reports;

struct fault_entry {
	vaddr_t fe_insn;	/* may fault ... */
	vaddr_t fe_resume;	/* ... and goes on here */
};

extern const char nmi_iretq[];
extern const struct fault_entry __fault_table_start[], __fault_table_end[];

static const char *const trap_names[] = {
	[T_DIVIDE] = "integer divide fault",
	[T_DEBUG] = "debug trap",
	[T_NMI] = "non-maskable interrupt",
	[T_BPTFLT] = "breakpoint trap",
	[T_OFLOW] = "overflow trap",
	[T_BOUND] = "bounds check fault",
	[T_PRIVINFLT] = "invalid opcode fault",
	[T_DNA] = "device not available fault",
	[T_DOUBLEFLT] = "double fault",
	[T_FPOPFLT] = "coprocessor overrun fault",
	[T_TSSFLT] = "invalid TSS fault",
	[T_SEGNPFLT] = "segment not present fault",
	[T_STKFLT] = "stack fault",
	[T_PROTFLT] = "protection fault",
	[T_PAGEFLT] = "page fault",
	[T_ARITHTRAP] = "x87 arithmetic fault",
	[T_ALIGNFLT] = "alignment check fault",
	[T_MCA] = "machine check",
	[T_XMM] = "SIMD arithmetic fault",
};

const char *
trap_name(uint64_t trapno)
{
	if (trapno < __arraycount(trap_names) && trap_names[trapno] != NULL)
		return trap_names[trapno];
	return "unknown trap";
}

const char *
db_trap_name(const struct trapframe *tf)
{
	return trap_name(tf->tf_trapno);
}

/* A breakpoint's entry is the address after the instruction. */
static bool
trap_may_resume(uint64_t trapno)
{
	return trapno == T_PAGEFLT || trapno == T_PROTFLT || trapno == T_BPTFLT;
}

static bool
fault_recover(struct trapframe *tf)
{
	const struct fault_entry *fe;

	for (fe = __fault_table_start; fe < __fault_table_end; fe++) {
		if (fe->fe_insn == tf->tf_rip) {
			tf->tf_rip = fe->fe_resume;
			return true;
		}
	}
	return false;
}

static bool
in_guard_below(vaddr_t stack)
{
	return rcr2() < stack && rcr2() >= stack - PAGE_SIZE;
}

/*
 * Whose stack was too small?  NULL: it was something else.  A push that ran
 * off a stack faults on the guard page; pushing the page fault's frame
 * faults again, and arrives here as a double fault.
 */
static const char *
stack_overflowed(const struct trapframe *tf)
{
	static const char *const ist[NIST] = {
		[IST_NMI - 1] = "an NMI handler",
		[IST_DF - 1] = "a double fault",
		[IST_MC - 1] = "a machine check",
		[IST_DB - 1] = "a debug trap",
	};
	const vaddr_t *top = curcpu()->ci_md.cmd_ist;

	if (tf->tf_trapno != T_DOUBLEFLT && tf->tf_trapno != T_PAGEFLT)
		return NULL;
	if (curlwp->l_stack != 0 && in_guard_below(curlwp->l_stack))
		return curlwp->l_name;
	for (u_int i = 0; i < NIST; i++)
		if (in_guard_below(top[i] + IST_TOP_SIZE - IST_STACK_SIZE))
			return ist[i];
	return NULL;
}

static void
fatal_report(const struct trapframe *tf)
{
	cnfreshline();
	printf_nolog("fatal %s in %s mode\n", trap_name(tf->tf_trapno),
	    USERMODE(tf->tf_cs) ? "user" : "supervisor");
	printf_nolog("trap type %u code %#lx rip %#lx cs %#lx rflags %#lx "
	    "cr2 %#lx rsp %#lx\n", (u_int)tf->tf_trapno, tf->tf_err,
	    tf->tf_rip, tf->tf_cs, tf->tf_rflags, rcr2(), tf->tf_rsp);
	trapframe_print(tf, printf_nolog);
	printf_nolog("curlwp %p (%s) on cpu%u, lowest stack %#lx\n",
	    (void *)curlwp, curlwp->l_name, cpu_number(), curlwp->l_stack);
}

/* The NMI's way out must not fault (vector.S): where it should have led. */
static bool
nmi_iretq_failed(const struct trapframe *tf)
{
	const uint64_t *frame = (const uint64_t *)tf->tf_rsp;

	if (tf->tf_rip != (vaddr_t)nmi_iretq)
		return false;
	printf_nolog("the return from an NMI to rip %#lx cs %#lx rflags %#lx "
	    "rsp %#lx ss %#lx failed\n", frame[0], frame[1], frame[2],
	    frame[3], frame[4]);
	return true;
}

/* From the stubs. */
void
trap(struct trapframe *tf)
{
	const char *overflow, *why = NULL;

	if (USERMODE(tf->tf_cs) && tf->tf_trapno != T_MCA &&
	    tf->tf_trapno != T_DOUBLEFLT) {
		user_trap(tf);
		return;
	}
	if (tf->tf_trapno == T_MCA) {
		if ((why = mca_trap(tf)) == NULL)
			return;
	} else if (tf->tf_rip != (vaddr_t)nmi_iretq) {
		if (user_iret_failed(tf))
			user_iret_trap(tf);
		if (trap_may_resume(tf->tf_trapno) && fault_recover(tf))
			return;
		if (user_step_entered(tf) || db_trap(tf))
			return;
	}

	/* A bad NMI handler may fault on all CPUs at once: one reports. */
	cpu_stop_enter();
	/* A report that itself faults is not tried for ever. */
	if (atomic_inc_uint_nv(&fatal_reports) > FATAL_REPORTS)
		panic("trap: %s", trap_name(tf->tf_trapno));
	overflow = stack_overflowed(tf);
	fatal_report(tf);
	if (why != NULL)
		panic("%s", why);
	if (nmi_iretq_failed(tf))
		panic("trap: %s on the way out of an NMI", trap_name(tf->tf_trapno));
	if (overflow != NULL)
		panic("kernel stack overflow in %s", overflow);
	panic("trap: %s", trap_name(tf->tf_trapno));
}
