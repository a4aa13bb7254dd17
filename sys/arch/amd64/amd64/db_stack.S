/*
 * Jumps of the debugger: back to its prompt, onto its own stack, into it.
 */

#include <machine/asm.h>

	.text

/*
 * int db_setjmp(struct db_jmpbuf *)
 * void db_longjmp(struct db_jmpbuf *)
 */
ENTRY(db_setjmp)
	movq	(%rsp), %rax
	leaq	8(%rsp), %rdx
	movq	%rbx, 0(%rdi)
	movq	%rbp, 8(%rdi)
	movq	%r12, 16(%rdi)
	movq	%r13, 24(%rdi)
	movq	%r14, 32(%rdi)
	movq	%r15, 40(%rdi)
	movq	%rdx, 48(%rdi)
	movq	%rax, 56(%rdi)
	xorl	%eax, %eax
	ret
END(db_setjmp)

ENTRY(db_longjmp)
	cld				/* who failed may have set it */
	movq	0(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	48(%rdi), %rsp
	movl	$1, %eax
	jmpq	*56(%rdi)
END(db_longjmp)

/* void db_call_on(vaddr_t top, void (*func)(void *), void *arg) */
ENTRY(db_call_on)
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	movq	%rsp, %rbx
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	call	*%rsi
	movq	%rbx, %rsp
	popq	%rbx
	popq	%rbp
	ret
END(db_call_on)

/* void Debugger(void): the trap finds by this address that it was meant. */
ENTRY(Debugger)
	pushq	%rbp
	movq	%rsp, %rbp
	int3
	.globl	Debugger.trap
Debugger.trap:
	popq	%rbp
	ret
END(Debugger)

	.section .note.GNU-stack, "", @progbits
