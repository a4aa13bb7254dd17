/*
 * The one place that says what a trap leaves on the stack: NetBSD's member
 * order, so that code written for its struct trapframe reads ours.
 * The assembler knows it through genassym.
 */

#ifndef _AMD64_FRAME_H_
#define _AMD64_FRAME_H_

#include <sys/types.h>

struct trapframe {
	uint64_t tf_rdi;
	uint64_t tf_rsi;
	uint64_t tf_rdx;
	uint64_t tf_r10;
	uint64_t tf_r8;
	uint64_t tf_r9;
	uint64_t tf_arg6;
	uint64_t tf_arg7;
	uint64_t tf_arg8;
	uint64_t tf_arg9;
	uint64_t tf_rcx;
	uint64_t tf_r11;
	uint64_t tf_r12;
	uint64_t tf_r13;
	uint64_t tf_r14;
	uint64_t tf_r15;
	uint64_t tf_rbp;
	uint64_t tf_rbx;
	uint64_t tf_rax;
	uint64_t tf_gs;
	uint64_t tf_fs;
	uint64_t tf_es;
	uint64_t tf_ds;
	uint64_t tf_trapno;
	uint64_t tf_err;
	uint64_t tf_rip;	/* from here on the CPU pushed it */
	uint64_t tf_cs;
	uint64_t tf_rflags;
	uint64_t tf_rsp;
	uint64_t tf_ss;
};
CTASSERT(sizeof(struct trapframe) == 30 * 8);

/* What cpu_switchto() leaves on the stack of a thread that is not running. */
struct switchframe {
	uint64_t sf_r15;
	uint64_t sf_r14;
	uint64_t sf_r13;
	uint64_t sf_r12;
	uint64_t sf_rbx;
	uint64_t sf_rbp;
	uint64_t sf_rip;
};

#define USERMODE(cs)	(((cs) & 3) != 0)

#endif
