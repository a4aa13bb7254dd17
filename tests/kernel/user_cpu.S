/* Programs that set what a CPU has besides its general registers. */

#include <x86/intrvec.h>
#include "usertest.h"

#define FLAG_T		0x00100
#define FLAG_D		0x00400
#define FLAG_NT		0x04000
#define FLAG_AC		0x40000
#define HOSTILE_FLAGS	(FLAG_D | FLAG_NT | FLAG_AC)
#define ICR_NMI		0x4400		/* asserted */
#define ICRLO		0x300
#define ICRHI		0x310

.macro set_flags flags
	pushfq
	orq	$\flags, (%rsp)
	popfq
.endm
.macro clear_flags flags
	pushfq
	andq	$~\flags, (%rsp)
	popfq
.endm

/* GS base to the argument by a system call, then all that may lose it. */
USER_PROGRAM(gsbase)
	movl	$SYS_setgsbase, %eax
	syscall
	int3				/* seen by who traces us */
	movl	$SYS_getpid, %eax
	syscall
	movl	$SYS_getpid, %eax
	int	$INTRVEC_SYSCALL
	movl	$1, %edi
	movl	$SYS_sleep, %eax
	syscall
	int3
	movl	$42, %edi
	USER_EXIT
USER_END(gsbase)

/* The same by the instruction. */
USER_PROGRAM(wrgsbase)
	wrgsbase %rdi
	wrfsbase %rdi
	int3
	movl	$SYS_getpid, %eax
	syscall
	rdgsbase %rax
	cmpq	%rax, %rdi
	jne	9f
	movq	%rdi, %rbx
	movl	$1, %edi
	movl	$SYS_sleep, %eax
	syscall
	rdgsbase %rax
	cmpq	%rax, %rbx
	jne	9f
	rdfsbase %rax
	cmpq	%rax, %rbx
	jne	9f
	int3
	movl	$42, %edi
	USER_EXIT
9:	movl	$1, %edi
	USER_EXIT
USER_END(wrgsbase)

/* A breakpoint with all that a program can set in its flags. */
USER_PROGRAM(flags)
	set_flags HOSTILE_FLAGS
	int3
	movl	$SYS_getpid, %eax
	syscall
	pushfq
	popq	%rbx
	movl	$SYS_getpid, %eax
	int	$INTRVEC_SYSCALL
	pushfq
	popq	%rcx
	int3
	andl	$HOSTILE_FLAGS, %ebx
	andl	$HOSTILE_FLAGS, %ecx
	cmpl	%ebx, %ecx
	jne	9f
	cmpl	$HOSTILE_FLAGS, %ecx
	jne	9f
	clear_flags HOSTILE_FLAGS
	movl	$42, %edi
	USER_EXIT
9:	movl	$1, %edi
	USER_EXIT
USER_END(flags)

/* Steps itself, also across both kinds of system call. */
USER_PROGRAM(step)
	set_flags FLAG_T
	nop				/* the trap after it is the first */
	.globl	user_step_1
user_step_1:
	movl	$SYS_getpid, %eax
	.globl	user_step_2
user_step_2:
	syscall
	.globl	user_step_3
user_step_3:
	movl	$SYS_getpid, %eax
	.globl	user_step_4
user_step_4:
	int	$INTRVEC_SYSCALL
	.globl	user_step_5
user_step_5:
	nop
	.globl	user_step_6
user_step_6:
	clear_flags FLAG_T
	movl	$42, %edi
	USER_EXIT
USER_END(step)

/*
 * Sends itself an NMI right before SYSCALL, with a stack, flags and a GS base
 * that are meant to mislead; waits until it has been counted.  Data: what to
 * write to ICRHI, the stack, rounds, the count.
 */
USER_PROGRAM(gap)
	movl	$SYS_setgsbase, %eax
	syscall
	movl	USER_DATA, %eax
	movl	%eax, USER_LAPIC + ICRHI
	movl	USER_DATA + 16, %ebx
1:	movl	USER_DATA + 24, %r12d
	set_flags HOSTILE_FLAGS
	movq	%rsp, %r13
	movq	USER_DATA + 8, %rsp
	movq	%rsp, %rbp
	movl	$SYS_getpid, %eax
	movl	$ICR_NMI, USER_LAPIC + ICRLO
	syscall
	movq	%r13, %rsp
	clear_flags HOSTILE_FLAGS
2:	cmpl	USER_DATA + 24, %r12d
	je	2b
	decl	%ebx
	jnz	1b
	movl	$42, %edi
	USER_EXIT
USER_END(gap)

/* An NMI in user mode: every register and flag is as before, GS and FS bases, too. */
USER_PROGRAM(nmi)
	movl	USER_DATA, %eax
	movl	%eax, USER_LAPIC + ICRHI
	movl	$SYS_setgsbase, %eax
	leaq	USER_DATA + 64, %rdi
	movq	%rdi, USER_DATA + 64
	syscall
	set_flags HOSTILE_FLAGS
	load_registers
	movl	$0xff, %eax
	movq	%rsp, USER_DATA + 32
	movl	$ICR_NMI, USER_LAPIC + ICRLO
	.globl	user_nmi_wait
user_nmi_wait:
	cmpl	$0, USER_DATA + 24
	je	user_nmi_wait
	check_register rax, 0xff, 9f
	check_registers 9f
	cmpq	%rsp, USER_DATA + 32
	jne	9f
	pushfq
	popq	%rax
	andl	$HOSTILE_FLAGS, %eax
	cmpl	$HOSTILE_FLAGS, %eax
	jne	9f
	leaq	USER_DATA + 64, %rax
	cmpq	%gs:0, %rax
	jne	9f
	clear_flags HOSTILE_FLAGS
	movl	$42, %edi
	USER_EXIT
9:	movl	$1, %edi
	USER_EXIT
USER_END(nmi)

/* Sends itself an NMI, and spins. */
USER_PROGRAM(nag)
	movl	USER_DATA, %eax
	movl	%eax, USER_LAPIC + ICRHI
	movl	$ICR_NMI, USER_LAPIC + ICRLO
1:	jmp	1b
USER_END(nag)

/*
 * Works with all registers and a GS base that no other one has, as many turns
 * as the second word of data says, then exits with 42.
 */
USER_PROGRAM(work)
	movq	%rdi, %rbx
	movzbl	%dil, %ecx
	leaq	USER_DATA + 128(,%rcx,8), %rdi
	movq	%rbx, (%rdi)
	movl	$SYS_setgsbase, %eax
	syscall
	movl	$0x23 - 8, %eax		/* user data, for every segment */
	movl	%eax, %ds
	movl	%eax, %es
	movl	$1, %edi		/* meanwhile the others do the same */
	movl	$SYS_sleep, %eax
	syscall
	movl	USER_DATA + 8, %ebp
1:	leaq	1(%rbx), %r8
	leaq	2(%rbx), %r9
	leaq	3(%rbx), %r10
	leaq	4(%rbx), %r12
	leaq	5(%rbx), %r13
	leaq	6(%rbx), %r14
	movl	$1000, %r15d
2:	subq	$3, %r10
	cmpq	%r10, %rbx
	jne	9f
	addq	$3, %r10
	leaq	-6(%r14), %rcx
	cmpq	%rcx, %gs:0
	jne	9f
	leaq	-4(%r12), %rcx
	cmpq	%rcx, %rbx
	jne	9f
	decl	%r15d
	jnz	2b
	movl	$SYS_getpid, %eax
	syscall
	leaq	-1(%r8), %rcx
	cmpq	%rcx, %rbx
	jne	9f
	leaq	-5(%r13), %rcx
	cmpq	%rcx, %gs:0
	jne	9f
	decl	%ebp
	jnz	1b
	movl	$42, %edi
	USER_EXIT
9:	movl	$1, %edi
	USER_EXIT
USER_END(work)

	.section .note.GNU-stack, "", @progbits
