/*
 * System calls: the number in rax, arguments in rdi, rsi; the result in rax,
 * or an error number with the carry flag set.  The assembler reads this too.
 */

#ifndef _SYS_SYSCALL_H_
#define _SYS_SYSCALL_H_

#define SYS_exit	1	/* status */
#define SYS_write	2	/* text, bytes: to the console; how many were taken */
#define SYS_getpid	3
#define SYS_yield	4
#define SYS_sleep	5	/* milliseconds */
#define SYS_setgsbase	6	/* any canonical address */

#endif
