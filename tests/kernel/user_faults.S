/* Programs that end badly. */

#include "usertest.h"

/* Read where the argument says. */
USER_PROGRAM(read)
	movq	(%rdi), %rax
	USER_EXIT
USER_END(read)

USER_PROGRAM(store)
	movq	%rdi, (%rdi)
	USER_EXIT
USER_END(store)

USER_PROGRAM(jump)
	jmp	*%rdi
USER_END(jump)

USER_PROGRAM(opcode)
	ud2
USER_END(opcode)

USER_PROGRAM(divide)
	xorl	%ecx, %ecx
	divl	%ecx
USER_END(divide)

USER_PROGRAM(breakpoint)
	int3
	movl	$42, %edi
	USER_EXIT
USER_END(breakpoint)

USER_PROGRAM(privileged)
	cli
USER_END(privileged)

USER_PROGRAM(gate)
	int	$0x20
USER_END(gate)

USER_PROGRAM(x87)
	fninit
USER_END(x87)

USER_PROGRAM(sleep)
1:	movl	$20, %edi
	movl	$SYS_sleep, %eax
	syscall
	jmp	1b
USER_END(sleep)

USER_PROGRAM(spin)
	incq	USER_DATA
	jmp	user_spin
USER_END(spin)

	.section .note.GNU-stack, "", @progbits
