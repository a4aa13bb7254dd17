/*
 * The stubs of #DB, #DF and #MC, which come on IST stacks of their own, and of a
 * fault of the NMI's iretq, on its stack.
 *
 * On entry as in vector.S; but nothing is known of GS, nor of how far what was
 * interrupted had come: it may be another stub.
 */

#include <machine/asm.h>
#include <machine/frameasm.h>

	.text
/*
 * The exceptions that an iretq can raise.  That of the NMI must raise none
 * (see there); what a wild write has made of its frame is fatal, and told on
 * the NMI stack, which the next NMI would take from its top: hence the first
 * act.  The frame of the exception begins where iretq's does, aligned; GS is
 * whatever was interrupted.  Where a faulting iretq ends the blocking of NMIs,
 * one within the instructions until then still takes the frame, and the
 * report of that wild write is lost.
 */
#define IRETQ_T		(NMI_T - TF_RIP + 8 + 7 * 8)	/* from trapno's place */

ENTRY(iretq_traps)
	cmpq	$nmi_iretq, 2 * 8(%rsp)
	jne	alltraps
	testb	$3, 3 * 8(%rsp)
	jnz	alltraps		/* a program has jumped there */
	movq	$1, IRETQ_T + IST_TOP_BUSY(%rsp)
	SAVE_REGS
	PLAIN_FLAGS
	LINK_FRAME
	LOAD_GSBASE IRETQ_T + TF_TRAPNO + IST_TOP_CI
	movq	%rsp, %rdi
	call	trap			/* panics */
	ud2
END(iretq_traps)

/*
 * #DB, #MC and #DF, each on an IST stack of its own.  They can hit between
 * any two instructions, also where CS says kernel but GS is still the user's:
 * so nothing is guessed.  Whatever GS base is there is kept in rbx, ours is
 * taken from the word above the stack, and the old one is put back; so is CR2,
 * which a page fault may not have read yet.  Watchpoints are off meanwhile: a hit
 * would reuse #DB's stack, and end the blocking of NMIs.  A #DB from user mode
 * may sleep, so it moves to the thread's kernel stack.
 *
 * #MC: while MCG_STATUS.MCIP is set a second one shuts the machine down, and
 * once it is clear a second one overwrites the frame we return by.  So it is
 * cleared last; what comes from mca_leave on is known by its address, or by
 * that of the NMI it comes in.
 */
.macro IST_STUB name, vec, error
	.globl	\name
	.type	\name, @function
	.balign	16
\name:
	.if	\error == 0
	pushq	$0
	.endif
	pushq	$\vec
	SAVE_REGS
	movq	%dr7, %rax
	movq	%rax, TF_ARG6(%rsp)
	xorl	%eax, %eax
	movq	%rax, %dr7
	.if	\vec == 1
	testb	$3, TF_CS(%rsp)
	jnz	debug_from_user
	.endif
	movq	%cr2, %rax
	movq	%rax, TF_ARG7(%rsp)
	PLAIN_FLAGS
	LINK_FRAME
	movl	$MSR_GSBASE, %ecx
	rdmsr
	movl	%eax, %ebx
	shlq	$32, %rdx
	orq	%rdx, %rbx
	LOAD_GSBASE TF_SIZE + IST_TOP_CI
	movq	%rsp, %rdi
	call	trap
	movq	%rbx, %rdx
	movl	%ebx, %eax
	shrq	$32, %rdx
	movl	$MSR_GSBASE, %ecx
	wrmsr
	movq	TF_ARG7(%rsp), %rax
	movq	%rax, %cr2
	movb	x86_features + X86_FEATURES_MCA, %bl	/* it may be watched */
	movq	TF_ARG6(%rsp), %rax
	movq	%rax, %dr7
	.if	\vec == 18
	testb	%bl, %bl
	jz	mca_leave
	movl	$MSR_MCG_STATUS, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	.globl	mca_leave
mca_leave:
	.endif
	RESTORE_REGS
	addq	$TF_RIP, %rsp
	iretq
	.size	\name, . - \name
.endm

	IST_STUB vector_debug, 1, 0
	IST_STUB vector_double_fault, 8, 1
	IST_STUB vector_machine_check, 18, 0
	.globl	mca_leave_end
mca_leave_end:

	.section .note.GNU-stack, "", @progbits
