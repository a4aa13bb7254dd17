/*
 * All trap and interrupt stubs but those of vector_ist.S.
 *
 * On entry the CPU has pushed ss, rsp, rflags, cs, rip and for some
 * exceptions an error code; interrupts are off (every gate is an interrupt
 * gate).  A stub completes that to a struct trapframe and calls C with it.
 */

#include <machine/asm.h>
#include <machine/frameasm.h>
#include <machine/segments.h>
#include <machine/specialreg.h>
#include "assym.h"

/*
 * make DEBUG_ENTRY=1: every NMI is open to others early, as after an iret in a
 * handler (Linux has CONFIG_DEBUG_ENTRY for it).  Clobbers rax.
 */
.macro UNBLOCK_NMIS
#ifdef DEBUG_ENTRY
	movq	%rsp, %rax
	pushq	$GSEL_KDATA
	pushq	%rax
	pushfq
	pushq	$GSEL_KCODE
	pushq	$.Lunblocked\@
	iretq
.Lunblocked\@:
#endif
.endm

	.text
	.globl trap_stubs_start
trap_stubs_start:

/*
 * One stub of 16 bytes for each vector: trap_stubs_start + 16 * vector.
 * Exceptions 8, 10-14, 17, 21, 29 and 30 come with an error code, the
 * others get a zero in its place.
 */
	.set	vec, 0
	.rept	256
	.balign	16
	.if	vec != 8 && (vec < 10 || vec > 14) && vec != 17 && vec != 21 && vec != 29 && vec != 30
	pushq	$0
	.endif
	pushq	$vec
	.if	(vec >= 11 && vec <= 14) || vec == 17
	jmp	iretq_traps
	.elseif	vec < 32
	jmp	alltraps
	.else
	jmp	allintrs
	.endif
	.set	vec, vec + 1
	.endr

/*
 * Exceptions and interrupts on the stack of the interrupted thread or, from
 * user mode, on the top of its kernel stack.  GS is the user's exactly when CS
 * is; but for an exception on user_iretq, which leaves the kernel last of all
 * and has the user's GS by then: the stub for exceptions knows that one by its
 * address.
 */
.macro ENTER_C function, faults=0
	SAVE_REGS
	testb	$3, TF_CS(%rsp)
	jnz	1f
	.if	\faults
	cmpq	$user_iretq, TF_RIP(%rsp)
	je	1f
	.endif
	cld
	jmp	2f
1:	FROM_USER
2:	LINK_FRAME
	movq	%rsp, %rdi
	call	\function
	jmp	trap_return
.endm

ENTRY(alltraps)
	ENTER_C	trap, faults=1
END(alltraps)

LOCAL_ENTRY(allintrs)
	ENTER_C	interrupt
END(allintrs)

ENTRY(trap_return)
	testb	$3, TF_CS(%rsp)
	jnz	user_return
	RESTORE_REGS
	addq	$TF_RIP, %rsp
	iretq
END(trap_return)

/*
 * The NMI.
 *
 * Stack: an IST stack of this CPU, used by nothing else.  Above its top T, out of
 * the hardware's reach: T+0 our cpu_info, T+8 "in NMI", T+16 "pending", T+24 the
 * count of latched NMIs.  The CPU pushes to T-40..T-1, also when an NMI comes
 * while a handler runs; so all is reached relative to %rsp on entry.
 *
 * The CPU blocks further NMIs until an iret, but any iret: a handler that
 * takes a breakpoint or a page fault ends the blocking when that returns.
 * What can happen then, instruction by instruction:
 *
 * - From entry until "in NMI" is set NMIs are blocked: nothing has run that
 *   could iret.  By then the hardware frame is copied further down.
 *
 * - While "in NMI" is set, a nested NMI overwrites T-40..T-1, which nobody
 *   needs any more, sets "pending" and returns.  It uses no stack below.
 *
 * - nmi_window is where we leave.  Its first test of "pending" sees what was
 *   latched until then.  A nested NMI after the test could set "pending"
 *   too late; and after "in NMI" is cleared, it would even take the window for
 *   the interrupted code.  So one whose interrupted RIP lies in the window
 *   does neither: it starts over on the saved trapframe, which the window
 *   only reads, as if it had interrupted the original context.  GS base
 *   and CR2 are back at the original's values before the window begins, and
 *   are not saved again.
 *
 * - The final iretq takes its frame from the trapframe, below T-40, so an
 *   NMI right before it overwrites nothing.  After it the CPU is out.  It
 *   raises nothing: the debugger refuses what would make it.  Should a wild
 *   write have, iretq_traps sets "in NMI" first of all, and that is a panic.
 *
 * A machine check cannot be blocked, and its iret is one more that ends the
 * blocking, at any of our instructions.  nmi_machine_check() goes by where:
 *
 * - Outside the window, and at the final iretq, "in NMI" may be clear while
 *   T-40..T-1 or the trapframe is all there is of what was interrupted; the
 *   next NMI takes it, maybe in the machine check's own first instructions.
 *   Nothing that is done there helps, so it is a panic.
 *
 * - In the window up to the final iretq, "in NMI" is set: NMIs on top of the
 *   machine check are latched, after the test of "pending" perhaps.  So it
 *   returns to the window's first instruction, with RSP where that wants it;
 *   the window only reads the trapframe, and what it has not loaded yet
 *   (callee-saved registers, GS base, CR2) the machine check keeps.
 *
 * - In the handlers, "in NMI" is set: like any other early iret.
 *
 * The window is the last text of the kernel (conf/kernel.ldscript), so that
 * RIP is below it is one unsigned comparison; so are user addresses.  Above it
 * is no code, but an NMI right after a jump gone wild has such a RIP, and is not
 * nested: hence the second one.  A program may jump right here, and take an NMI
 * before its page fault: hence the look at CS.  RSP is never evidence of
 * anything: a user controls it across SYSCALL.
 *
 * Two stubs from one macro, chosen when the IDT is filled: with FSGSBASE
 * the current GS base is read and written by instructions, without it by
 * the MSR.  Neither guesses from CS what GS is.
 */
#define NMI_HW_BUSY	(5 * 8 + IST_TOP_BUSY)	/* from %rsp on entry */
#define NMI_HW_PENDING	(5 * 8 + IST_TOP_PENDING)
#define NMI_HW_LATCHED	(5 * 8 + IST_TOP_LATCHED)

/* The two free slots of the trapframe that the NMI stubs use themselves. */
#define NMI_TF_GSBASE	TF_ARG6
#define NMI_TF_CR2	TF_ARG7

.macro NMI_STUB name, fsgsbase
.L\name\()_high:
	testb	$3, 8(%rsp)
	jnz	.L\name\()_not_window
	cmpq	$nmi_window_end, (%rsp)
	jb	nmi_start_over
	jmp	.L\name\()_not_window

	.globl	\name
	.type	\name, @function
	.balign	16
\name:
	cmpq	$nmi_window, (%rsp)	/* nested, on our way out? */
	jae	.L\name\()_high
.L\name\()_not_window:
	cmpq	$0, NMI_HW_BUSY(%rsp)
	jne	nmi_latch

	/* The whole frame; 40(%rsp) moves along, five times. */
	pushq	%rax			/* only to align C's stack */
	pushq	40(%rsp)		/* ss */
	pushq	40(%rsp)		/* rsp */
	pushq	40(%rsp)		/* rflags */
	pushq	40(%rsp)		/* cs */
	pushq	40(%rsp)		/* rip */
	subq	$(TF_RIP - TF_RAX - 8), %rsp	/* err, trapno, ds es fs gs: */
	pushq	%rax			/* trapno set once, by nmi_cpu_init() */
	pushq	%rbx
	pushq	%rbp
	pushq	%r15
	pushq	%r14
	pushq	%r13
	pushq	%r12
	pushq	%r11
	pushq	%rcx
	pushq	TF_RIP - TF_RCX(%rsp)	/* tf_arg9, tf_arg8: a call frame, */
	pushq	%rbp			/* so that a backtrace crosses us */
	movq	%rsp, %rbp
	subq	$(TF_ARG8 - TF_R9 - 8), %rsp
	pushq	%r9
	pushq	%r8
	pushq	%r10
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	movq	$1, NMI_T + IST_TOP_BUSY(%rsp)
	UNBLOCK_NMIS
	PLAIN_FLAGS
	movq	%cr2, %rax
	movq	%rax, NMI_TF_CR2(%rsp)
	.if	\fsgsbase
	rdgsbase %rax
	movq	%rax, NMI_TF_GSBASE(%rsp)
	movq	NMI_T + IST_TOP_CI(%rsp), %rax
	wrgsbase %rax
	.else
	call	nmi_gs_save_load
	.endif

	movq	%rsp, %rdi
	call	nmi_trap
	testl	%eax, %eax
	jz	nmi_nobody
	movq	%cr2, %rax
	cmpq	NMI_TF_CR2(%rsp), %rax
	jne	nmi_leave		/* a handler took a page fault */
	.if	\fsgsbase
	movq	NMI_TF_GSBASE(%rsp), %rax
	wrgsbase %rax
	/* falls into nmi_window */
	.else
	call	nmi_gs_restore
	jmp	nmi_window
	.endif
.endm

	.section .text_nmi, "ax"
	.globl	nmi_stubs_start
nmi_stubs_start:
/* The GS base by MSR: %rsp + 8 is the trapframe.  Clobbers rax, rcx, rdx. */
nmi_gs_save_load:
	movl	$MSR_GSBASE, %ecx
	rdmsr
	movl	%eax, 8 + NMI_TF_GSBASE(%rsp)
	movl	%edx, 8 + NMI_TF_GSBASE + 4(%rsp)
nmi_gs_load:
	LOAD_GSBASE 8 + NMI_T + IST_TOP_CI
	ret
nmi_gs_restore:
	LOAD_GSBASE 8 + NMI_TF_GSBASE
	ret

	NMI_STUB vector_nmi_msr, 0

/* Nested: remember one, as the hardware would have, and go back. */
nmi_latch:
	movq	$1, NMI_HW_PENDING(%rsp)
	incq	NMI_HW_LATCHED(%rsp)
	iretq

/*
 * Interrupted the window: back onto the trapframe it was reading.  The flags
 * are our own.
 */
nmi_start_over:
	subq	$(NMI_T - 5 * 8), %rsp
	movq	$1, NMI_T + IST_TOP_BUSY(%rsp)
	UNBLOCK_NMIS
	xorl	%esi, %esi
	jmp	1f
nmi_again:
	movl	$NMI_LOG_LATCHED, %esi
1:	movq	$0, NMI_T + IST_TOP_PENDING(%rsp)
	leaq	TF_ARG8(%rsp), %rbp
	call	nmi_gs_load		/* leaves esi alone */
	movq	NMI_T + IST_TOP_LATCHED(%rsp), %rax
	movq	%rax, %gs:CI_NMI_LATCHED	/* its event counter */
	movq	%rsp, %rdi
	call	nmi_trap_again
	testl	%eax, %eax
	jnz	nmi_leave

/* No handler claims it.  If this returns, a debugger may have changed it all. */
nmi_nobody:
	movq	%rsp, %rdi
	call	nmi_trap_unclaimed
	movq	TF_R12(%rsp), %r12
	movq	TF_R13(%rsp), %r13
	movq	TF_R14(%rsp), %r14
	movq	TF_R15(%rsp), %r15
	movq	TF_RBX(%rsp), %rbx

/* The ordinary way out, for either kind of CPU. */
nmi_leave:
	movq	NMI_TF_CR2(%rsp), %rax
	movq	%rax, %cr2
	call	nmi_gs_restore
	jmp	nmi_window

	NMI_STUB vector_nmi_fsgsbase, 1

/*
 * Callee-saved registers need no reload: C kept them, and the stub used
 * none but rbp.
 */
	.globl	nmi_window
nmi_window:
	cmpq	$0, NMI_T + IST_TOP_PENDING(%rsp)
	jne	nmi_again
	movq	TF_RDI(%rsp), %rdi
	movq	TF_RSI(%rsp), %rsi
	movq	TF_RDX(%rsp), %rdx
	movq	TF_R10(%rsp), %r10
	movq	TF_R8(%rsp), %r8
	movq	TF_R9(%rsp), %r9
	movq	TF_RCX(%rsp), %rcx
	movq	TF_R11(%rsp), %r11
	movq	TF_RBP(%rsp), %rbp
	movq	TF_RAX(%rsp), %rax
	addq	$TF_RIP, %rsp
	movq	$0, NMI_T - TF_RIP + IST_TOP_BUSY(%rsp)
	.globl	nmi_iretq
nmi_iretq:
	iretq
	.globl	nmi_window_end
nmi_window_end:

	.section .note.GNU-stack, "", @progbits
