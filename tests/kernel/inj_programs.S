/*
 * Programs into which the host injects NMIs; the labels are its marks.
 *
 * The argument of each is where the kernel keeps something: it becomes the GS
 * base, and the stack pointer at a system call, as an attacker would have them.
 */

#include <x86/intrvec.h>
#include "usertest.h"

	.macro	mark name
	.globl	inj_user_\name
inj_user_\name:
	.endm

/* By SYSCALL and by the gate, strings downwards, in the end all is as it was. */
USER_PROGRAM(calls)
	mark	start
	movq	%rdi, %rbx
	movl	$SYS_setgsbase, %eax
	syscall
	movl	$1, %edi
	jc	9f
	movq	%rbx, %rsp
	std
	movl	$SYS_getpid, %eax
	mark	syscall
	syscall
	mark	syscall_end
	movl	$2, %edi
	cmpq	%rbx, %rsp
	jne	9f
	movl	$SYS_getpid, %eax
	mark	gate
	int	$INTRVEC_SYSCALL
	mark	gate_end
	movl	$3, %edi
	cmpq	%rbx, %rsp
	jne	9f
	movl	$42, %edi
9:	cld
	USER_EXIT
USER_END(calls)

/* Exceptions that the process's tracer deals with. */
USER_PROGRAM(traps)
	movq	%rdi, %rbx
	movl	$SYS_setgsbase, %eax
	syscall
	movl	$1, %edi
	mark	fault
	movq	(%rbx), %rax		/* the tracer goes on behind it: 3 bytes */
	mark	fault_end
	int3
	mark	breakpoint_end
	pushfq
	orl	$0x100, (%rsp)
	mark	step
	popfq
	nop				/* the tracer clears the flag after it */
	mark	step_end
	movl	$42, %edi
	USER_EXIT
USER_END(traps)

/* The tracer spoils what this returns to. */
USER_PROGRAM(badreturn)
	mark	badreturn
	int3
	USER_EXIT
USER_END(badreturn)

/* Two of these take turns. */
USER_PROGRAM(turns)
	movl	$SYS_setgsbase, %eax
	syscall
	movl	$SYS_yield, %eax
	syscall
	movl	$42, %edi
	USER_EXIT
USER_END(turns)

	.section .note.GNU-stack, "", @progbits
