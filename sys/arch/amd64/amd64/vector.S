/*
 * All trap and interrupt stubs.
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
	.if	vec < 32
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

LOCAL_ENTRY(alltraps)
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
 * #DB, #MC and #DF, each on an IST stack of its own.  They can hit between
 * any two instructions, also where CS says kernel but GS is still the user's:
 * so nothing is guessed.  Whatever GS base is there is kept in rbx, ours is
 * taken from the word above the stack, and the old one is put back.  #DB also
 * switches the watchpoints off meanwhile: a hit would reuse its stack.  One
 * from user mode may sleep, so it moves to the thread's kernel stack.
 */
.macro IST_STUB name, vec, error, watched=0
	.globl	\name
	.type	\name, @function
	.balign	16
\name:
	.if	\error == 0
	pushq	$0
	.endif
	pushq	$\vec
	SAVE_REGS
	.if	\watched
	movq	%dr7, %rax
	movq	%rax, TF_ARG6(%rsp)
	xorl	%eax, %eax
	movq	%rax, %dr7
	testb	$3, TF_CS(%rsp)
	jnz	debug_from_user
	.endif
	cld
	LINK_FRAME
	movl	$MSR_GSBASE, %ecx
	rdmsr
	movl	%eax, %ebx
	shlq	$32, %rdx
	orq	%rdx, %rbx
	movl	TF_SIZE + IST_TOP_CI(%rsp), %eax
	movl	TF_SIZE + IST_TOP_CI + 4(%rsp), %edx
	wrmsr
	movq	%rsp, %rdi
	call	trap
	movq	%rbx, %rdx
	movl	%ebx, %eax
	shrq	$32, %rdx
	movl	$MSR_GSBASE, %ecx
	wrmsr
	.if	\watched
	movq	TF_ARG6(%rsp), %rax
	movq	%rax, %dr7
	.endif
	RESTORE_REGS
	addq	$TF_RIP, %rsp
	iretq
	.size	\name, . - \name
.endm

	IST_STUB vector_debug, 1, 0, watched=1
	IST_STUB vector_double_fault, 8, 1
	IST_STUB vector_machine_check, 18, 0

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
 *   NMI right before it overwrites nothing.  After it the CPU is out.
 *
 * The window is the last text of the kernel (conf/kernel.ldscript), so that
 * RIP is below it is one unsigned comparison; so are user addresses.  Above it
 * is no code, but an NMI right after a jump gone wild has such a RIP, and is not
 * nested: hence the second one.  RSP is never evidence of anything: a user
 * controls it across SYSCALL.
 *
 * Two stubs from one macro, chosen when the IDT is filled: with FSGSBASE
 * the current GS base is read and written by instructions, without it by
 * the MSR.  Neither guesses from CS what GS is.
 */
#define NMI_T		TF_SIZE + NMI_FRAME_GAP	/* from the trapframe's start */

#define NMI_HW_BUSY	(5 * 8 + IST_TOP_BUSY)	/* from %rsp on entry */
#define NMI_HW_PENDING	(5 * 8 + IST_TOP_PENDING)
#define NMI_HW_LATCHED	(5 * 8 + IST_TOP_LATCHED)

/* The two free slots of the trapframe that the NMI stubs use themselves. */
#define NMI_TF_GSBASE	TF_ARG6
#define NMI_TF_CR2	TF_ARG7

.macro NMI_STUB name, fsgsbase
.L\name\()_high:
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
	cld
	movq	%cr2, %rax
	movq	%rax, NMI_TF_CR2(%rsp)
	.if	\fsgsbase
	clac				/* idt_init() saw that it has SMAP too */
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
	movl	8 + NMI_T + IST_TOP_CI(%rsp), %eax
	movl	8 + NMI_T + IST_TOP_CI + 4(%rsp), %edx
	movl	$MSR_GSBASE, %ecx
	wrmsr
	ret
nmi_gs_restore:
	movl	8 + NMI_TF_GSBASE(%rsp), %eax
	movl	8 + NMI_TF_GSBASE + 4(%rsp), %edx
	movl	$MSR_GSBASE, %ecx
	wrmsr
	ret

	NMI_STUB vector_nmi_msr, 0

/* Nested: remember one, as the hardware would have, and go back. */
nmi_latch:
	movq	$1, NMI_HW_PENDING(%rsp)
	incq	NMI_HW_LATCHED(%rsp)
	iretq

/* Interrupted the window: back onto the trapframe it was reading. */
nmi_start_over:
	subq	$(NMI_T - 5 * 8), %rsp
	movq	$1, NMI_T + IST_TOP_BUSY(%rsp)
	cld
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
	iretq
	.globl	nmi_window_end
nmi_window_end:

	.section .note.GNU-stack, "", @progbits
