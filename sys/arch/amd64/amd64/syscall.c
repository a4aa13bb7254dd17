/*
 * From the stubs of SYSCALL and of the gate: the frame has the caller's
 * registers, interrupts are off, and are off again at the end.
 *
 * The carry flag tells an error from a result.  All registers but rax come
 * back as they were; SYSCALL itself has put rip and the flags into rcx and r11.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lwp.h>
#include <sys/proc.h>

#include <machine/pmap.h>
#include <machine/segments.h>
#include <machine/trap.h>

#include <x86/cpufunc.h>

/*
 * SYSRET to an address that is not canonical would fault in the kernel, with
 * the user's stack.  It takes TF before the first instruction of the user's
 * instead of after it, and does not know RF: iretq does both right.
 */
static bool
sysret_may(const struct trapframe *tf)
{
	return tf->tf_rip < VM_MAXUSER_ADDRESS && tf->tf_cs == GSEL_UCODE &&
	    tf->tf_ss == GSEL_UDATA && (tf->tf_rflags & (PSL_T | PSL_RF)) == 0;
}

bool
syscall(struct trapframe *tf)
{
	const uint64_t arg[] = { tf->tf_rdi, tf->tf_rsi };
	uint64_t ret = 0;
	int error;

	if (!USERMODE(tf->tf_cs)) {
		trap(tf);
		return false;
	}
	x86_enable_intr();
	error = proc_syscall(tf->tf_rax, arg, &ret);
	tf->tf_rax = error != 0 ? (uint64_t)error : ret;
	tf->tf_rflags &= ~(uint64_t)PSL_C;
	if (error != 0)
		tf->tf_rflags |= PSL_C;
	x86_disable_intr();
	proc_ast();
	return sysret_may(tf);
}
