/*
 * NMIs in user mode, and between user mode and the kernel.
 *
 * The programs send them by themselves: they have the local APIC mapped.
 */

#include <machine/db_machdep.h>
#include <x86/lapicreg.h>
#include "nmitest.h"
#include "usertest.h"

#define UN_ROUNDS	10
#define DR7_G0		0x00000002UL	/* the first one is on, for what is run */

/* The programs' data. */
struct un_data {
	uint32_t ud_icrhi, ud_pad0;
	uint64_t ud_stack;
	uint32_t ud_rounds, ud_pad1;
	volatile uint32_t ud_count, ud_pad2;
	uint64_t ud_rsp;
};

USER_IMAGE(gap);
USER_IMAGE(nmi);
USER_IMAGE(nag);
USER_IMAGE(sleep);
extern const char syscall_entry[], user_nmi_wait[];

static struct un {
	struct proc *un_proc;
	struct un_data *un_data;
	struct cpu_info *un_cpu;
	u_int un_gap;			/* hits on the first instruction */
	volatile u_int un_asked;
} un;

/* On the last CPU, not started. */
static void
un_create(const struct ut_process *up)
{
	un.un_cpu = up->up_cpu;
	un.un_proc = ut_create(up);
	un.un_data = ut_memory(un.un_proc, VM_USER_DATA);
	un.un_data->ud_icrhi = un.un_cpu->ci_apicid << LAPIC_ICRHI_SHIFT;
	ut_map_lapic(un.un_proc);
}

/* A program that waits for an NMI that was dropped is not waited for. */
static int
un_end(void)
{
	struct proc_status ps;

	if (!KT_WAIT(proc_ended(un.un_proc)))
		proc_kill(un.un_proc);
	ps = ut_wait(un.un_proc);
	return ps.ps_end == PROC_EXITED ? ps.ps_code : -1;
}

/* Whatever GS and RSP were, GS is ours and the stack is the NMI's. */
static void
un_check_ours(const struct trapframe *tf)
{
	vaddr_t top = un.un_cpu->ci_md.cmd_ist[IST_NMI - 1];

	KT_CHECK(curcpu() == un.un_cpu);
	KT_CHECK(curlwp->l_proc == un.un_proc);
	KT_CHECK(tf == NMI_FRAME(top));
	KT_CHECK((x86_read_psl() & (UT_KERNEL_FLAGS | PSL_I)) == 0);
}

static int
un_gap(const struct trapframe *tf, void *arg __unused)
{
	un_check_ours(tf);
	if (tf->tf_rip == (vaddr_t)syscall_entry) {
		if (un.un_gap++ == 0)
			trapframe_trace(tf, nt_print);
		KT_CHECK(tf->tf_cs == GSEL_KCODE);
		KT_CHECK(tf->tf_rsp == un.un_data->ud_stack);
		KT_CHECK((tf->tf_rflags & (UT_FLAGS | PSL_I | PSL_T)) == 0);
	}
	atomic_inc_uint(&un.un_data->ud_count);
	return 1;
}

static void
un_gap_run(uint64_t gsbase, vaddr_t stack)
{
	un_create(UT(gap, gsbase, .up_cpu = cpu_infos[ncpu - 1]));
	un.un_data->ud_stack = stack;
	un.un_data->ud_rounds = UN_ROUNDS;
	proc_start(un.un_proc);
	KT_CHECK(un_end() == 42);
}

KTEST(user_gap, "an NMI right after SYSCALL, with the user's GS and a stack that lies, is counted")
{
	static struct cpu_info fake;	/* all zeroes: curcpu() would be NULL */
	nmi_handler_t *handle = nmi_establish(un_gap, NULL);
	vaddr_t top = cpu_infos[ncpu - 1]->ci_md.cmd_ist[IST_NMI - 1];

	un.un_gap = 0;
	nt_print_reset();
	un_gap_run((uint64_t)&fake, top);
	un_gap_run(0, top - 5 * 8);
	un_gap_run((uint64_t)NT_NOWHERE, top - IST_STACK_SIZE / 2);
	un_gap_run(~0UL, 1UL << 63);
	KT_CHECK(nt_calls(handle, cpu_index(un.un_cpu)) == 4 * UN_ROUNDS);
	nmi_disestablish(handle);
	if (un.un_gap == 0)
		KT_SKIP("an NMI to oneself is not taken right after SYSCALL");
	KT_CHECK(nt_lines == 2);
	KT_CHECK(NT_SAID("syscall_entry() at kernel:syscall_entry+0x0\n",
	    "user mode, at its boundary\n"));
}

/* A breakpoint where SYSCALL comes in; it hits as the NMI returns there. */
static int
un_entry_watch(const struct trapframe *tf, void *arg __unused)
{
	if (tf->tf_rip == (vaddr_t)syscall_entry) {
		__asm volatile("mov %0,%%dr0" :: "r"(syscall_entry));
		ldr7(DR7_G0);
	}
	atomic_inc_uint(&un.un_data->ud_count);
	return 1;
}

KDEATH(trap_entry, "trap-entry", "a debug trap where SYSCALL comes in, the user's GS still there")
{
	static struct cpu_info fake;

	if (nmi_establish(un_entry_watch, NULL) == NULL)
		return;
	un_gap_run((uint64_t)&fake, 1UL << 63);
}

static int
un_registers(const struct trapframe *tf, void *arg __unused)
{
	un_check_ours(tf);
	KT_CHECK(USERMODE(tf->tf_cs));
	KT_CHECK(tf->tf_cs == GSEL_UCODE && tf->tf_ss == GSEL_UDATA);
	KT_CHECK(tf->tf_rax == 0xff && tf->tf_rbx == 0x11 && tf->tf_rcx == 0x22);
	KT_CHECK(tf->tf_rdx == 0x33 && tf->tf_rsi == 0x44 && tf->tf_rdi == 0x55);
	KT_CHECK(tf->tf_rbp == 0x66 && tf->tf_r8 == 0x77 && tf->tf_r9 == 0x88);
	KT_CHECK(tf->tf_r10 == 0x99 && tf->tf_r11 == 0xaa && tf->tf_r12 == 0xbb);
	KT_CHECK(tf->tf_r13 == 0xcc && tf->tf_r14 == 0xdd && tf->tf_r15 == 0xee);
	KT_CHECK((tf->tf_rflags & (UT_FLAGS | PSL_I)) == (UT_FLAGS | PSL_I));
	KT_CHECK(tf->tf_rsp == un.un_data->ud_rsp);
	atomic_inc_uint(&un.un_data->ud_count);
	return 1;
}

KTEST(user_nmi, "an NMI in user mode sees, and leaves, every register")
{
	nmi_handler_t *handle = nmi_establish(un_registers, NULL);

	for (u_int i = 0; i < UN_ROUNDS; i++) {
		un_create(UT(nmi, 0, .up_cpu = cpu_infos[ncpu - 1]));
		proc_start(un.un_proc);
		KT_CHECK(un_end() == 42);
	}
	nmi_disestablish(handle);
}

/* The program has had its time; whoever is its equal may run. */
static int
un_ask(const struct trapframe *tf __unused, void *arg __unused)
{
	curlwp->l_slice = 0;
	cpu_need_resched(curcpu());
	un.un_asked = 1;
	return 1;
}

/*
 * The program's equal, on its CPU.  The clock is off: only what the NMI asks
 * for makes the program lose the CPU.
 */
static void
un_equal(void *arg __unused)
{
	lapic_timer_stop();
	proc_start(un.un_proc);
	while (un.un_asked == 0)
		yield();
	KT_CHECK(!nmi_in_progress(curcpu()));
	lapic_timer_start((u_int)hz);
	KT_CHECK(nt_self());		/* nor does the CPU block them */
}

KTEST(user_resched, "a reschedule that an NMI in user mode asks for comes after its iret, and does come")
{
	nmi_handler_t *handle = nmi_establish(un_ask, NULL);

	un.un_asked = 0;
	un_create(UT(nag, 0, .up_cpu = cpu_infos[ncpu - 1]));
	kt_thread(PRI_USER, un.un_cpu, un_equal, NULL);
	kt_threads_join();
	proc_kill(un.un_proc);
	KT_CHECK(ut_wait(un.un_proc).ps_end == PROC_KILLED);
	nmi_disestablish(handle);
}

/* Asleep in its system call: while we have the lock it stays so. */
static bool
un_trace_asleep(const struct lwp *l)
{
	bool asleep;

	mutex_spin_enter(&sched_lock);
	asleep = l->l_stat == LSSLEEP;
	if (asleep)
		db_lwp_trace(l, nt_print);
	mutex_spin_exit(&sched_lock);
	return asleep;
}

KTEST(user_trace, "the trace of a thread in a system call ends where user mode begins")
{
	struct proc *p = ut_start(UT(sleep, 0));

	nt_print_reset();
	KT_CHECK(KT_WAIT(un_trace_asleep(p->p_lwp)));
	KT_CHECK(NT_SAID("kpause() at ", "syscall() at ", "--- system call ---\n",
	    "user mode at 0x40000c\n"));
	proc_kill(p);
	KT_CHECK(ut_wait(p).ps_end == PROC_KILLED);
}
