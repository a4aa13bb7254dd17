/*
 * All trap and interrupt stubs.
 *
 * On entry the CPU has pushed ss, rsp, rflags, cs, rip and for some
 * exceptions an error code; interrupts are off (every gate is an interrupt
 * gate).  A stub completes that to a struct trapframe and calls C with it.
 *
 * Two slots of the trapframe that the CPU does not use, tf_arg8 and
 * tf_arg9, hold the interrupted rbp and rip, and rbp points at them: to
 * whoever walks frame pointers the stub looks like a called function, and
 * the walk goes on in the interrupted code.  stack_trace() finds the whole
 * trapframe from that address.
 */

#include <machine/asm.h>
#include <machine/segments.h>
#include <machine/specialreg.h>
#include "assym.h"

/* The frame below trapno, err and the hardware's part. */
.macro SAVE_REGS
	subq	$TF_TRAPNO, %rsp
	movq	%rdi, TF_RDI(%rsp)
	movq	%rsi, TF_RSI(%rsp)
	movq	%rdx, TF_RDX(%rsp)
	movq	%r10, TF_R10(%rsp)
	movq	%r8, TF_R8(%rsp)
	movq	%r9, TF_R9(%rsp)
	movq	%rcx, TF_RCX(%rsp)
	movq	%r11, TF_R11(%rsp)
	movq	%r12, TF_R12(%rsp)
	movq	%r13, TF_R13(%rsp)
	movq	%r14, TF_R14(%rsp)
	movq	%r15, TF_R15(%rsp)
	movq	%rbp, TF_RBP(%rsp)
	movq	%rbx, TF_RBX(%rsp)
	movq	%rax, TF_RAX(%rsp)
	movw	%gs, TF_GS(%rsp)
	movw	%fs, TF_FS(%rsp)
	movw	%es, TF_ES(%rsp)
	movw	%ds, TF_DS(%rsp)
.endm

.macro LINK_FRAME
	movq	TF_RIP(%rsp), %rax
	movq	%rbp, TF_ARG8(%rsp)
	movq	%rax, TF_ARG9(%rsp)
	leaq	TF_ARG8(%rsp), %rbp
.endm

.macro RESTORE_REGS
	movq	TF_RDI(%rsp), %rdi
	movq	TF_RSI(%rsp), %rsi
	movq	TF_RDX(%rsp), %rdx
	movq	TF_R10(%rsp), %r10
	movq	TF_R8(%rsp), %r8
	movq	TF_R9(%rsp), %r9
	movq	TF_RCX(%rsp), %rcx
	movq	TF_R11(%rsp), %r11
	movq	TF_R12(%rsp), %r12
	movq	TF_R13(%rsp), %r13
	movq	TF_R14(%rsp), %r14
	movq	TF_R15(%rsp), %r15
	movq	TF_RBP(%rsp), %rbp
	movq	TF_RBX(%rsp), %rbx
	movq	TF_RAX(%rsp), %rax
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
	.if	vec < 32
	jmp	alltraps
	.else
	jmp	allintrs
	.endif
	.set	vec, vec + 1
	.endr

/*
 * Exceptions and interrupts on the stack of the interrupted thread (or, from
 * user mode, on the top of its kernel stack).  GS is the user's exactly
 * when CS is.
 */
.macro ENTER_C function
	SAVE_REGS
	testb	$3, TF_CS(%rsp)
	jz	1f
	swapgs
1:	cld
	LINK_FRAME
	movq	%rsp, %rdi
	call	\function
	jmp	trap_return
.endm

LOCAL_ENTRY(alltraps)
	ENTER_C	trap
END(alltraps)

LOCAL_ENTRY(allintrs)
	ENTER_C	interrupt
END(allintrs)

LOCAL_ENTRY(trap_return)
	testb	$3, TF_CS(%rsp)
	jz	1f
	swapgs
1:	RESTORE_REGS
	addq	$TF_RIP, %rsp
	iretq
END(trap_return)

/*
 * #DB, #MC, #DF and NMI, each on an IST stack of its own.  They can hit
 * between any two instructions, also where CS says kernel but GS is still the user's: so
 * nothing is guessed.  Whatever GS base is there is kept in rbx, ours is
 * taken from the word above the stack, and the old one is put back.
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
	RESTORE_REGS
	addq	$TF_RIP, %rsp
	iretq
	.size	\name, . - \name
.endm

	IST_STUB vector_debug, 1, 0
	IST_STUB vector_nmi, 2, 0
	IST_STUB vector_double_fault, 8, 1
	IST_STUB vector_machine_check, 18, 0

	.globl trap_stubs_end
trap_stubs_end:

	.section .note.GNU-stack, "", @progbits
