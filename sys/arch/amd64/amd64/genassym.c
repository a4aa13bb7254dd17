/*
 * Constants the assembler needs, taken from the C headers.  Compiled to
 * assembler only; the Makefile turns the "->NAME value" lines into assym.h.
 */

#include <sys/param.h>
#include <sys/lwp.h>

#include <machine/cpu.h>
#include <machine/frame.h>
#include <machine/segments.h>

#define DEFINE(name, value) \
	__asm volatile(".ascii \"->" #name " %c0\"" :: "i"(value))
#define TF(name, member) DEFINE(name, offsetof(struct trapframe, member))

void genassym(void);

void
genassym(void)
{
	DEFINE(CI_SELF, offsetof(struct cpu_info, ci_self));
	DEFINE(CI_CURLWP, offsetof(struct cpu_info, ci_curlwp));
	DEFINE(CI_NMI_LATCHED, offsetof(struct cpu_info, ci_nmi.nc_latched.ev_count));
	DEFINE(CI_TSS_RSP0, offsetof(struct cpu_info, ci_md.cmd_tss.tss_rsp[0]));
	DEFINE(CI_TSS_RSP2, offsetof(struct cpu_info, ci_md.cmd_tss.tss_rsp[2]));
	DEFINE(X86_FEATURES_SMAP, offsetof(struct x86_features, smap));
	DEFINE(L_SP, offsetof(struct lwp, l_sp));
	DEFINE(NMI_LOG_LATCHED, NMI_LOG_LATCHED);
	DEFINE(BOOT_STACK_SIZE, KSTACK_SIZE);

	DEFINE(TF_SIZE, sizeof(struct trapframe));
	TF(TF_RDI, tf_rdi);
	TF(TF_RSI, tf_rsi);
	TF(TF_RDX, tf_rdx);
	TF(TF_R10, tf_r10);
	TF(TF_R8, tf_r8);
	TF(TF_R9, tf_r9);
	TF(TF_ARG6, tf_arg6);
	TF(TF_ARG7, tf_arg7);
	TF(TF_ARG8, tf_arg8);
	TF(TF_ARG9, tf_arg9);
	TF(TF_RCX, tf_rcx);
	TF(TF_R11, tf_r11);
	TF(TF_R12, tf_r12);
	TF(TF_R13, tf_r13);
	TF(TF_R14, tf_r14);
	TF(TF_R15, tf_r15);
	TF(TF_RBP, tf_rbp);
	TF(TF_RBX, tf_rbx);
	TF(TF_RAX, tf_rax);
	TF(TF_GS, tf_gs);
	TF(TF_FS, tf_fs);
	TF(TF_ES, tf_es);
	TF(TF_DS, tf_ds);
	TF(TF_TRAPNO, tf_trapno);
	TF(TF_ERR, tf_err);
	TF(TF_RIP, tf_rip);
	TF(TF_CS, tf_cs);
	TF(TF_RFLAGS, tf_rflags);
	TF(TF_RSP, tf_rsp);
	TF(TF_SS, tf_ss);
}
