/* Exception vectors, with NetBSD's short names where it has one. */

#ifndef _AMD64_TRAP_H_
#define _AMD64_TRAP_H_

#include <machine/frame.h>
#include <x86/intrvec.h>

#define T_DIVIDE	0
#define T_DEBUG		1
#define T_NMI		2
#define T_BPTFLT	3
#define T_OFLOW		4
#define T_BOUND		5
#define T_PRIVINFLT	6
#define T_DNA		7
#define T_DOUBLEFLT	8
#define T_FPOPFLT	9
#define T_TSSFLT	10
#define T_SEGNPFLT	11
#define T_STKFLT	12
#define T_PROTFLT	13
#define T_PAGEFLT	14
#define T_ARITHTRAP	16
#define T_ALIGNFLT	17
#define T_MCA		18
#define T_XMM		19
#define T_SYSCALL	INTRVEC_SYSCALL

void trap(struct trapframe *);		/* called by vector.S */
void interrupt(struct trapframe *);
bool syscall(struct trapframe *);	/* true: SYSRET may return there */

const char *trap_name(uint64_t);

/* user_trap.c: exceptions of user mode, or of the return to it. */
void user_trap(struct trapframe *);
bool user_step_entered(const struct trapframe *);
bool user_iret_failed(const struct trapframe *);
void user_iret_trap(struct trapframe *) __dead;
void user_enter(struct trapframe *) __dead;	/* user_entry.S */

#endif
