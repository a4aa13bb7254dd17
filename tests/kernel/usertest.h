/* What the tests of user mode share: programs, and how to run them. */

#ifndef _TESTS_KERNEL_USERTEST_H_
#define _TESTS_KERNEL_USERTEST_H_

#include <sys/syscall.h>

#ifdef __ASSEMBLER__
#include <machine/asm.h>

/* Position-independent code; a program is copied from here into a process. */
#define USER_PROGRAM(name) \
	.section .rodata; \
	.globl	user_##name; \
	.balign	16; \
user_##name:
#define USER_END(name) \
	.globl	user_##name##_end; \
user_##name##_end:

#define USER_DATA	0x10000000	/* VM_USER_DATA */
#define USER_LAPIC	0x20000000	/* UT_LAPIC */

/* All but rax and the stack pointer, and whether they still are as loaded. */
.macro load_registers
	movl	$0x11, %ebx
	movl	$0x22, %ecx
	movl	$0x33, %edx
	movl	$0x44, %esi
	movl	$0x55, %edi
	movl	$0x66, %ebp
	movl	$0x77, %r8d
	movl	$0x88, %r9d
	movl	$0x99, %r10d
	movl	$0xaa, %r11d
	movl	$0xbb, %r12d
	movl	$0xcc, %r13d
	movl	$0xdd, %r14d
	movl	$0xee, %r15d
.endm
.macro check_register reg, value, wrong
	cmpq	$\value, %\reg
	jne	\wrong
.endm
.macro check_registers wrong
	check_register rbx, 0x11, \wrong
	check_register rcx, 0x22, \wrong
	check_register rdx, 0x33, \wrong
	check_register rsi, 0x44, \wrong
	check_register rdi, 0x55, \wrong
	check_register rbp, 0x66, \wrong
	check_register r8, 0x77, \wrong
	check_register r9, 0x88, \wrong
	check_register r10, 0x99, \wrong
	check_register r11, 0xaa, \wrong
	check_register r12, 0xbb, \wrong
	check_register r13, 0xcc, \wrong
	check_register r14, 0xdd, \wrong
	check_register r15, 0xee, \wrong
.endm

/* exit(rdi) */
#define USER_EXIT \
	movl	$SYS_exit, %eax; \
	syscall; \
	ud2
#else
#include <sys/proc.h>
#include <machine/cpu.h>
#include <machine/frame.h>
#include <machine/pmap.h>
#include <machine/trap.h>
#include <x86/cpufunc.h>
#include "ktest.h"

#define USER_IMAGE(name) \
	extern const char user_##name[], user_##name##_end[]

struct ut_process {
	const char *up_text, *up_end;
	const char *up_name;
	uint64_t up_arg;
	size_t up_data;			/* PAGE_SIZE if 0 */
	struct cpu_info *up_cpu;
	proc_trace_t up_trace;
};
/* UT(name, argument, .up_... = ...) */
#define UT(name, arg, ...) (&(struct ut_process){ \
	.up_text = user_##name, \
	.up_end = user_##name##_end, \
	.up_name = #name, \
	.up_arg = (arg), \
	__VA_ARGS__ })

struct proc *ut_create(const struct ut_process *);	/* not started */
struct proc *ut_start(const struct ut_process *);
struct proc_status ut_wait(struct proc *);
struct proc_status ut_run(const struct ut_process *);
/* Exit status of a process; -1: it ended otherwise. */
int ut_exit(const struct ut_process *);
/* The local APIC where the programs look for it. */
#define UT_LAPIC	0x20000000UL

/* What a program may set in its flags, and of that what the kernel never has. */
#define UT_FLAGS	(PSL_D | PSL_NT | PSL_AC)
#define UT_KERNEL_FLAGS	(PSL_D | PSL_NT | (x86_features.smap ? PSL_AC : 0))

void ut_map_lapic(struct proc *);
/* Its memory, as the kernel sees it. */
void *ut_memory(struct proc *, vaddr_t);
#endif

#endif
