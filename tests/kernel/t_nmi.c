/*
 * nmi(9): what its manual page promises, a test each.
 *
 *	runs to completion on the processor where it began,
 *	    without being preempted by a thread or interrupt	nmi_completes
 *	except for another NMI				nmi_nest_*
 *	may run simultaneously on more than one CPU		nmi_parallel
 *	may not sleep, acquire a mutex, schedule a software
 *	    interrupt, write to the message buffer	deaths nmi-*
 *	may use atomic_ops(3)				nmi_atomics
 *	may reference per-CPU storage			nmi_percpu
 *	establish in thread context			nmi_establish_*
 *	called every time an NMI occurs			nmi_every_handler
 *	with tf and arg					nmi_arguments
 *	until the handler is removed			nmi_disestablished
 *	non-zero if it handled a condition		nmi_any_nonzero
 *	all return zero: panic or ddb(4)		death nmi-unclaimed
 *	NULL on failure					nmi_null_function,
 *							nmi_no_memory
 *	a handle on success				nmi_counts
 *	disestablish in thread context		deaths nmi-disestablish-*
 *	stops calling a handler, and none is left in it	nmi_disestablish_waits,
 *							nmi_remove_*
 */

#include <sys/percpu.h>
#include <x86/intrvec.h>
#include "nmitest.h"

#define PR_ROUNDS	200
#define PR_SPINS	2000
#define PR_HANDLERS	4
#define PR_STAY_US	50000

static volatile u_int pr_inside, pr_met, pr_go, pr_gone, pr_done, pr_seq;
static volatile u_int pr_order[PR_HANDLERS];
static volatile u_int pr_count;
static percpu_t *pr_percpu;

/* With an interrupt pending that would switch to another thread. */
static int
pr_long(const struct trapframe *tf __unused, void *arg __unused)
{
	struct cpu_info *ci = curcpu();
	uint64_t nintr = ci->ci_data.cpu_nintr;
	struct lwp *l = curlwp;

	lapic_send_ipi(ci->ci_apicid, INTRVEC_RESCHED);
	for (u_int i = 0; i < PR_SPINS; i++)
		x86_pause();
	KT_CHECK(curcpu() == ci && curlwp == l && !kt_intr_on());
	KT_CHECK(ci->ci_data.cpu_nintr == nintr);
	pr_done++;
	return 1;
}

KTEST(nmi_completes, "a handler runs to its end where it began, whatever interrupts are pending")
{
	nmi_handler_t *handle = nmi_establish(pr_long, NULL);
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	KT_ASSERT(handle != NULL);
	pr_done = 0;
	for (CPU_INFO_FOREACH(cii, ci))
		KT_CHECK(nt_send(ci));
	nmi_disestablish(handle);
	KT_CHECK(pr_done >= (u_int)ncpu);
}

/* Nobody leaves before everybody is in. */
static int
pr_meet(const struct trapframe *tf __unused, void *arg __unused)
{
	atomic_inc_uint(&pr_inside);
	if (KT_SPIN(pr_inside >= (u_int)ncpu))
		atomic_inc_uint(&pr_met);
	return 1;
}

KTEST(nmi_parallel, "a handler runs on all CPUs at once")
{
	nmi_handler_t *handle;
	int s;

	KT_NEEDS_CPUS(2);
	pr_inside = pr_met = 0;
	handle = nmi_establish(pr_meet, NULL);
	s = splhigh();
	lapic_nmi_all_others();
	KT_CHECK(nt_send(curcpu()));
	splx(s);
	nmi_disestablish(handle);
	KT_CHECK(pr_met == (u_int)ncpu);
}

/* The argument says which one, and whether it claims. */
static int
pr_note(const struct trapframe *tf __unused, void *arg)
{
	u_int n = (u_int)(uintptr_t)arg;

	pr_order[n] = ++pr_seq;
	return n % 2 == 0 ? 0 : 1;
}

KTEST(nmi_every_handler, "every handler is called on every NMI, the newest first, claimed or not")
{
	nmi_handler_t *handle[PR_HANDLERS];
	u_int i, cpu;
	int s;

	for (i = 0; i < PR_HANDLERS; i++)
		handle[i] = nmi_establish(pr_note, (void *)(uintptr_t)i);
	s = splhigh();
	pr_seq = 0;
	cpu = cpu_number();
	for (i = 0; i < PR_ROUNDS; i++)
		KT_CHECK(nt_self());
	splx(s);
	for (i = 0; i < PR_HANDLERS; i++) {
		KT_CHECK(nt_calls(handle[i], cpu) == PR_ROUNDS);
		KT_CHECK(nt_claims(handle[i], cpu) == (i % 2) * PR_ROUNDS);
		KT_CHECK(pr_order[i] ==
		    PR_ROUNDS * PR_HANDLERS - i);
		nmi_disestablish(handle[i]);
	}
}

static int
pr_value(const struct trapframe *tf __unused, void *arg)
{
	return (int)(intptr_t)arg;
}

KTEST(nmi_any_nonzero, "any value but zero claims the NMI")
{
	static const int values[] = { 1, -1, 2, 0x100, 0x10000, INT_MIN, INT_MAX };
	uint64_t unclaimed = nt_unclaimed();
	nmi_handler_t *handle;
	u_int i, cpu;
	int s;

	for (i = 0; i < __arraycount(values); i++) {
		handle = nmi_establish(pr_value, (void *)(intptr_t)values[i]);
		s = splhigh();
		cpu = cpu_number();
		KT_CHECK(nt_self());
		splx(s);
		KT_CHECK(nt_claims(handle, cpu) == 1);
		nmi_disestablish(handle);
	}
	KT_CHECK(nt_unclaimed() == unclaimed);
}

static int
pr_arguments(const struct trapframe *tf, void *arg)
{
	KT_CHECK(arg == &pr_order);
	nt_registers_check(tf);
	nt_regs.nr_seen = 1;
	return 1;
}

KTEST(nmi_arguments, "a handler gets its argument and the interrupted registers, and changes none")
{
	nmi_handler_t *handle = nmi_establish(pr_arguments, __UNVOLATILE(&pr_order));
	int s;

	for (u_int i = 0; i < PR_ROUNDS; i++) {
		s = splhigh();
		nt_registers(0);
		splx(s);
	}
	nmi_disestablish(handle);
}

static int
pr_percpu_inc(const struct trapframe *tf __unused, void *arg __unused)
{
	u_int *p = percpu_getref(pr_percpu);

	++*p;
	percpu_putref(pr_percpu);
	return 1;
}

static void
pr_percpu_sum(void *p, void *arg, struct cpu_info *ci __unused)
{
	KT_CHECK(*(u_int *)p == PR_ROUNDS);
	*(u_int *)arg += *(u_int *)p;
}

KTEST(nmi_percpu, "a handler may use percpu(9) storage")
{
	nmi_handler_t *handle;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	u_int sum = 0;

	pr_percpu = percpu_alloc(sizeof(u_int));
	handle = nmi_establish(pr_percpu_inc, NULL);
	for (CPU_INFO_FOREACH(cii, ci))
		for (u_int i = 0; i < PR_ROUNDS; i++)
			KT_CHECK(nt_send(ci));
	nmi_disestablish(handle);
	percpu_foreach(pr_percpu, pr_percpu_sum, &sum);
	KT_CHECK(sum == (u_int)ncpu * PR_ROUNDS);
	percpu_free(pr_percpu, sizeof(u_int));
}

static int
pr_atomic(const struct trapframe *tf __unused, void *arg __unused)
{
	atomic_inc_uint(&pr_count);
	return 1;
}

static void
pr_counter(void *arg __unused)
{
	for (u_int i = 0; i < PR_ROUNDS; i++) {
		atomic_inc_uint(&pr_count);
		KT_CHECK(nt_self());
	}
}

KTEST(nmi_atomics, "a handler may use atomic_ops(3) on what threads use, too")
{
	nmi_handler_t *handle;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	pr_count = 0;
	handle = nmi_establish(pr_atomic, NULL);
	for (CPU_INFO_FOREACH(cii, ci))
		kt_thread(PRI_USER, ci, pr_counter, NULL);
	kt_threads_join();
	nmi_disestablish(handle);
	KT_CHECK(pr_count == 2 * PR_ROUNDS * (u_int)ncpu);
}

KTEST(nmi_disestablished, "a handler that was removed is never called again")
{
	nmi_handler_t *claim = nmi_establish(nt_claim, NULL);
	nmi_handler_t *handle = nmi_establish(pr_atomic, NULL);
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	pr_count = 0;
	for (CPU_INFO_FOREACH(cii, ci))
		KT_CHECK(nt_send(ci));
	KT_CHECK(pr_count == (u_int)ncpu);
	nmi_disestablish(handle);
	for (CPU_INFO_FOREACH(cii, ci))
		KT_CHECK(nt_send(ci));
	KT_CHECK(pr_count == (u_int)ncpu);
	nmi_disestablish(claim);
}

/* Stays long after the removal has begun. */
static int
pr_stay(const struct trapframe *tf __unused, void *arg __unused)
{
	pr_inside = 1;
	(void)KT_SPIN(pr_go != 0);
	delay(PR_STAY_US);
	KT_CHECK(pr_gone == 0);
	pr_inside = 0;
	return 1;
}

static void
pr_remove(void *handle)
{
	lapic_send_nmi(cpu_lookup(1)->ci_apicid);
	KT_CHECK(KT_SPIN(pr_inside != 0));
	pr_go = 1;
	nmi_disestablish(handle);
	pr_gone = 1;
	KT_CHECK(pr_inside == 0);
}

KTEST(nmi_disestablish_waits, "a removal returns only when no CPU is in the handler")
{
	nmi_handler_t *claim;

	KT_NEEDS_CPUS(2);
	claim = nmi_establish(nt_claim, NULL);
	pr_inside = pr_go = pr_gone = 0;
	kt_thread(PRI_USER, cpu_lookup(0), pr_remove, nmi_establish(pr_stay, NULL));
	kt_threads_join();
	nmi_disestablish(claim);
}
