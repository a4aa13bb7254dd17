/*
 * What the stubs of traps, interrupts and system calls are made of.
 *
 * Two slots of the trapframe that the CPU does not use, tf_arg8 and tf_arg9,
 * hold the interrupted rbp and rip, and rbp points at them: to whoever walks
 * frame pointers the stub looks like a called function, and the walk goes on in
 * the interrupted code.  stack_trace() finds the trapframe from that address.
 */

#ifndef _AMD64_FRAMEASM_H_
#define _AMD64_FRAMEASM_H_

#include "assym.h"

#define SAVE_SEG(seg, at) movl seg, %eax; movq %rax, at(%rsp) /* zeroes above */
/* The frame below trapno, err and the hardware's part. */
.macro SAVE_REGS
	subq	$TF_TRAPNO, %rsp
	movq	%rdi, TF_RDI(%rsp)
	movq	%rsi, TF_RSI(%rsp)
	movq	%rdx, TF_RDX(%rsp)
	movq	%r10, TF_R10(%rsp)
	movq	%r8, TF_R8(%rsp)
	movq	%r9, TF_R9(%rsp)
	movq	%rcx, TF_RCX(%rsp)
	movq	%r11, TF_R11(%rsp)
	movq	%r12, TF_R12(%rsp)
	movq	%r13, TF_R13(%rsp)
	movq	%r14, TF_R14(%rsp)
	movq	%r15, TF_R15(%rsp)
	movq	%rbp, TF_RBP(%rsp)
	movq	%rbx, TF_RBX(%rsp)
	movq	%rax, TF_RAX(%rsp)
	SAVE_SEG(%gs, TF_GS)
	SAVE_SEG(%fs, TF_FS)
	SAVE_SEG(%es, TF_ES)
	SAVE_SEG(%ds, TF_DS)
.endm

.macro LINK_FRAME
	movq	TF_RIP(%rsp), %rax
	movq	%rbp, TF_ARG8(%rsp)
	movq	%rax, TF_ARG9(%rsp)
	leaq	TF_ARG8(%rsp), %rbp
.endm

.macro RESTORE_REGS
	movq	TF_RDI(%rsp), %rdi
	movq	TF_RSI(%rsp), %rsi
	movq	TF_RDX(%rsp), %rdx
	movq	TF_R10(%rsp), %r10
	movq	TF_R8(%rsp), %r8
	movq	TF_R9(%rsp), %r9
	movq	TF_RCX(%rsp), %rcx
	movq	TF_R11(%rsp), %r11
	movq	TF_R12(%rsp), %r12
	movq	TF_R13(%rsp), %r13
	movq	TF_R14(%rsp), %r14
	movq	TF_R15(%rsp), %r15
	movq	TF_RBP(%rsp), %rbp
	movq	TF_RBX(%rsp), %rbx
	movq	TF_RAX(%rsp), %rax
.endm

/*
 * From user mode: our GS, and neither its direction of strings nor its access
 * flag, which would switch SMAP off.  A CPU without SMAP has no clac.
 * Clobbers the flags.
 */
.macro FROM_USER
	swapgs
	cld
	cmpb	$0, x86_features + X86_FEATURES_SMAP
	je	.Lno_smap\@
	clac
.Lno_smap\@:
.endm

#endif
