/* What NMIs cost in user mode, for bench_nmi.c, which opens the gate. */

#include "usertest.h"

/* Exits with the least number of cycles between two rdtsc round an int $2. */
USER_PROGRAM(bench)
	movl	$-1, %ebx
	movl	$64, %ebp
1:	rdtsc
	movl	%eax, %esi
	int	$2
	rdtsc
	subl	%esi, %eax
	cmpl	%ebx, %eax
	jae	2f
	movl	%eax, %ebx
2:	decl	%ebp
	jnz	1b
	movl	%ebx, %edi
	USER_EXIT
USER_END(bench)

	.section .note.GNU-stack, "", @progbits
