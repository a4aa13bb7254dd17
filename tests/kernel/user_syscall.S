/* Programs that make system calls; rdi chooses by what: 0 SYSCALL, 1 the gate. */

#include <x86/intrvec.h>
#include "usertest.h"

/* Exits with the argument + 42. */
USER_PROGRAM(exit)
	testl	%edi, %edi
	leal	42(%rdi), %edi
	jnz	1f
	USER_EXIT
1:	movl	$SYS_exit, %eax
	int	$INTRVEC_SYSCALL
	ud2
USER_END(exit)

/* Every register but rax, rcx and r11 is as before; by the gate, these too. */
USER_PROGRAM(registers)
	movl	%edi, USER_DATA
	movq	%rsp, USER_DATA + 8
	load_registers
	movl	$SYS_getpid, %eax
	cmpl	$1, USER_DATA
	je	1f
	syscall
after_syscall:
	movl	$1, %edi
	leaq	after_syscall(%rip), %rax
	cmpq	%rax, %rcx
	jne	9f
	movl	$0x22, %ecx
	movl	$0xaa, %r11d
	movl	$0x55, %edi
	jmp	2f
1:	int	$INTRVEC_SYSCALL
2:	check_registers 8f
	cmpq	%rsp, USER_DATA + 8
	jne	8f
	movl	$42, %edi
	jmp	9f
8:	movl	$2, %edi
9:	USER_EXIT
USER_END(registers)

/*
 * An address that is none, or the kernel's: EFAULT and the carry; a call that is
 * none: ENOSYS.
 */
USER_PROGRAM(errors)
	movl	%edi, %ebx
	.irp	address, -4096, panic
	movl	$SYS_write, %eax
	movq	$\address, %rdi
	movl	$1, %esi
	call	1f
	jnc	8f
	cmpq	$14, %rax
	jne	8f
	.endr
	movl	$0x12345678, %eax
	call	1f
	jnc	8f
	cmpq	$78, %rax
	jne	8f
	movl	$SYS_setgsbase, %eax
	movabsq	$0x8000000000000000, %rdi
	call	1f
	jnc	8f
	cmpq	$22, %rax
	jne	8f
	movl	$SYS_getpid, %eax
	stc
	call	1f
	jc	8f
	movl	$42, %edi
	USER_EXIT
8:	movl	$1, %edi
	USER_EXIT
1:	testl	%ebx, %ebx
	jnz	2f
	syscall
	ret
2:	int	$INTRVEC_SYSCALL
	ret
USER_END(errors)

/* A line with a byte that is no text; then one that is longer than a call takes. */
USER_PROGRAM(write)
	leaq	1f(%rip), %rdi
	movl	$(2f - 1f), %esi
	movl	$SYS_write, %eax
	syscall
	cmpl	$(2f - 1f), %eax
	movl	$1, %edi
	jne	9f
	leaq	2f(%rip), %rdi
	movl	$(3f - 2f + 100), %esi
	movl	$SYS_write, %eax
	syscall
	cmpl	$(3f - 2f), %eax
	movl	$2, %edi
	jne	9f
	movl	$42, %edi
9:	USER_EXIT
1:	.ascii	"# hello from user\033 mode\n"
2:	.ascii	"# "
	.fill	125, 1, 'x'
	.ascii	"\n"
3:	.fill	100, 1, 'y'
USER_END(write)

	.section .note.GNU-stack, "", @progbits
