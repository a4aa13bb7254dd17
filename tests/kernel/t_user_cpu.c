/* What a program can set in the CPU, and what the kernel makes of it. */

#include <machine/segments.h>
#include <machine/specialreg.h>
#include <x86/cpufunc.h>
#include "usertest.h"

#define GDT_PRESENT	(1UL << 47)
#define STEPS		16
#define WORKERS		16
#define WORK_TURNS	200U

USER_IMAGE(gsbase);
USER_IMAGE(wrgsbase);
USER_IMAGE(flags);
USER_IMAGE(step);
USER_IMAGE(breakpoint);
USER_IMAGE(work);
extern const char user_step_1[], user_step_2[], user_step_3[], user_step_4[],
    user_step_5[], user_step_6[];

static volatile u_int uc_seen;

/* The user's base is kept, ours is in use. */
static bool
uc_gsbase(struct proc *p, struct trapframe *tf)
{
	KT_CHECK(USERMODE(tf->tf_cs) && tf->tf_trapno == T_BPTFLT);
	KT_CHECK(rdmsr(MSR_KERNELGSBASE) == p->p_arg);
	KT_CHECK(rdmsr(MSR_GSBASE) == (uint64_t)cpu_infos[cpu_number()]);
	uc_seen++;
	return true;
}

static const uint64_t uc_bases[] = {
	VM_USER_DATA, 0, 0x00007fffffffffff, 0xffff800000000000,
	0xffffd00000000000, (uint64_t)&cpu_info_primary, ~0UL
};

KTEST(user_gsbase, "a GS base of any value is the program's own affair")
{
	for (size_t i = 0; i < __arraycount(uc_bases); i++) {
		uc_seen = 0;
		KT_CHECK(ut_exit(UT(gsbase, uc_bases[i], .up_trace = uc_gsbase)) == 42);
		KT_CHECK(uc_seen == 2);
	}
}

KTEST(user_wrgsbase, "so it is if the program sets it without asking")
{
	if (!x86_features.fsgsbase)
		KT_SKIP("needs FSGSBASE");
	for (size_t i = 0; i < __arraycount(uc_bases); i++) {
		uc_seen = 0;
		KT_CHECK(ut_exit(UT(wrgsbase, uc_bases[i], .up_trace = uc_gsbase)) == 42);
		KT_CHECK(uc_seen == 2);
	}
}

/* No flag of the user's steers the kernel; its memory is out of reach. */
static bool
uc_flags(struct proc *p __unused, struct trapframe *tf)
{
	uint64_t word;

	KT_CHECK((tf->tf_rflags & UT_FLAGS) == UT_FLAGS);
	KT_CHECK((x86_read_psl() & (UT_KERNEL_FLAGS | PSL_T | PSL_I)) == PSL_I);
	if (x86_features.smap)
		KT_CHECK(kcopy((const void *)VM_USER_DATA, &word, sizeof(word)) == EFAULT);
	KT_CHECK(copyin((const void *)VM_USER_DATA, &word, sizeof(word)) == 0);
	KT_CHECK(copyin((const void *)(VM_USER_DATA + PAGE_SIZE - 4), &word,
	    sizeof(word)) == EFAULT);
	KT_CHECK((x86_read_psl() & UT_KERNEL_FLAGS) == 0);
	uc_seen++;
	return true;
}

KTEST(user_flags, "DF, NT and AC do not reach the kernel, and come back")
{
	uc_seen = 0;
	KT_CHECK(ut_exit(UT(flags, 0, .up_trace = uc_flags)) == 42);
	KT_CHECK(uc_seen == 2);
	KT_CHECK(rdmsr(MSR_SFMASK) == (PSL_T | PSL_I | PSL_D | PSL_IOPL |
	    PSL_NT | PSL_AC));
}

static vaddr_t uc_steps[STEPS];

static bool
uc_step(struct proc *p __unused, struct trapframe *tf)
{
	KT_CHECK(USERMODE(tf->tf_cs) && tf->tf_trapno == T_DEBUG);
	if (uc_seen < STEPS)
		uc_steps[uc_seen] = tf->tf_rip - VM_USER_TEXT;
	uc_seen++;
	return true;
}

static bool
uc_stepped(const char *where)
{
	for (u_int i = 0; i < MIN(uc_seen, STEPS); i++)
		if (uc_steps[i] == (vaddr_t)(where - user_step))
			return true;
	return false;
}

/* Right after SYSCALL a CPU may report a step or not: FMASK took the flag. */
KTEST(user_step, "single steps are the program's, also across system calls")
{
	uc_seen = 0;
	KT_CHECK(ut_exit(UT(step, 0, .up_trace = uc_step)) == 42);
	KT_CHECK(uc_seen >= 5 && uc_seen < STEPS);
	for (u_int i = 1; i < MIN(uc_seen, STEPS); i++)
		KT_CHECK(uc_steps[i] > uc_steps[i - 1]);
	KT_CHECK(uc_stepped(user_step_1) && uc_stepped(user_step_2));
	KT_CHECK(uc_stepped(user_step_4) && uc_stepped(user_step_6));
}

KTEST(user_step_ends, "a step that nobody asked for ends the process")
{
	struct proc_status ps = ut_run(UT(step, 0));

	KT_CHECK(ps.ps_end == PROC_TRAPPED && ps.ps_trapno == T_DEBUG);
}

/* The processes are all there before the first one runs. */
KTEST(user_many, "many processes on all CPUs keep their registers and their GS")
{
	struct proc *p[WORKERS];

	for (u_int i = 0; i < WORKERS; i++) {
		p[i] = ut_create(UT(work, (i + 1) * 0x0101010101010101));
		((volatile uint32_t *)ut_memory(p[i], VM_USER_DATA))[2] = WORK_TURNS;
	}
	for (u_int i = 0; i < WORKERS; i++)
		proc_start(p[i]);
	for (u_int i = 0; i < WORKERS; i++) {
		struct proc_status ps = ut_wait(p[i]);

		KT_CHECK(ps.ps_end == PROC_EXITED && ps.ps_code == 42);
	}
}

/*
 * The return to user mode fails: what is changed in the frame, or, for an
 * instant, in the GDT of the CPU that the process is bound to.
 */
static struct uc_return {
	uint64_t ur_cs, ur_ss, ur_rip;	/* 0: as it is */
	u_int ur_absent;		/* a descriptor that is switched off */
	u_int ur_trapno;		/* what the CPU says to it ... */
	u_int ur_or;			/* ... or QEMU does */
} uc_return;

static bool
uc_spoil(struct proc *p __unused, struct trapframe *tf)
{
	if (uc_seen++ != 0)
		return false;
	if (uc_return.ur_cs != 0)
		tf->tf_cs = uc_return.ur_cs;
	if (uc_return.ur_ss != 0)
		tf->tf_ss = uc_return.ur_ss;
	if (uc_return.ur_rip != 0)
		tf->tf_rip = uc_return.ur_rip;
	if (uc_return.ur_absent != 0)
		curcpu()->ci_md.cmd_gdt[uc_return.ur_absent >> 3] &= ~GDT_PRESENT;
	return true;
}

KTEST(user_bad_return, "a CS, SS or rip that cannot be returned to ends the process")
{
	static const struct uc_return returns[] = {
		{ .ur_cs = GSEL_UDATA, .ur_trapno = T_PROTFLT },
		{ .ur_cs = GSEL_TSS | 3, .ur_trapno = T_PROTFLT },
		{ .ur_cs = NGDT << 3 | 3, .ur_trapno = T_PROTFLT },
		{ .ur_cs = 3, .ur_trapno = T_PROTFLT },
		{ .ur_ss = GSEL_UCODE, .ur_trapno = T_PROTFLT },
		{ .ur_ss = GSEL_KDATA, .ur_trapno = T_PROTFLT },
		{ .ur_absent = GSEL_UCODE, .ur_trapno = T_SEGNPFLT },
		{ .ur_absent = GSEL_UDATA, .ur_trapno = T_STKFLT,
		    .ur_or = T_SEGNPFLT },
	};
	struct cpu_info *ci = cpu_infos[ncpu - 1];
	struct proc_status ps;

	for (size_t i = 0; i < __arraycount(returns); i++) {
		uc_return = returns[i];
		uc_seen = 0;
		ps = ut_run(UT(breakpoint, 0, .up_cpu = ci, .up_trace = uc_spoil));
		ci->ci_md.cmd_gdt[uc_return.ur_absent >> 3] |=
		    uc_return.ur_absent != 0 ? GDT_PRESENT : 0;
		KT_CHECK(uc_seen == 1);
		KT_CHECK(ps.ps_end == PROC_BADRETURN);
		KT_CHECK(ps.ps_trapno == uc_return.ur_trapno ||
		    ps.ps_trapno == uc_return.ur_or);
	}
	/* An emulator may go there, and fault there: that is in user mode. */
	uc_return = (struct uc_return){ .ur_rip = 1UL << 47 };
	uc_seen = 0;
	ps = ut_run(UT(breakpoint, 0, .up_cpu = ci, .up_trace = uc_spoil));
	KT_CHECK(uc_seen != 0 && ps.ps_rip == 1UL << 47);
	KT_CHECK(ps.ps_end == PROC_BADRETURN || ps.ps_end == PROC_TRAPPED);
	uc_return = (struct uc_return){ 0 };
	uc_seen = 0;
	KT_CHECK(ut_exit(UT(breakpoint, 0, .up_cpu = ci, .up_trace = uc_spoil)) == 42);
}
