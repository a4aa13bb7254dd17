/* kthread(9): birth, end, join, priority, binding. */

#include <sys/page.h>
#include "ktest.h"

#define TT_MANY		200

static volatile u_int tt_count, tt_go;
static pri_t tt_order[4];

static void
tt_inc(void *arg __unused)
{
	atomic_inc_uint(&tt_count);
}

KTEST(kthread_join, "join returns after the thread has ended, however it ends")
{
	lwp_t *l;
	u_int i;

	tt_count = 0;
	for (i = 0; i < 10; i++) {
		KT_ASSERT(kthread_create(PRI_NONE, KTHREAD_MUSTJOIN, NULL,
		    tt_inc, NULL, &l, "join%u", i) == 0);
		KT_CHECK(strncmp(l->l_name, "join", 4) == 0);
		KT_CHECK(kthread_join(l) == 0);
		KT_CHECK(tt_count == i + 1);
	}
}

static void
tt_exit(void *arg __unused)
{
	atomic_inc_uint(&tt_count);
	kthread_exit(0);
}

static void
tt_fail(void *arg __unused)
{
	kthread_exit(5);
}

KTEST(kthread_status, "an end with a status is told on the console")
{
	kt_thread(PRI_NONE, NULL, tt_fail, NULL);
	kt_threads_join();
}

static u_int
tt_lwps(void)
{
	struct lwp *l;
	u_int n = 0;

	mutex_spin_enter(&sched_lock);
	TAILQ_FOREACH(l, &alllwp, l_list)
		n++;
	mutex_spin_exit(&sched_lock);
	return n;
}

KTEST(kthread_many, "what ends is reaped: threads and memory come back")
{
	u_int i, before = tt_lwps();
	size_t pages;

	tt_count = 0;
	for (i = 0; i < TT_MANY; i++) {
		while (kthread_create(PRI_NONE, 0, NULL, tt_exit, NULL, NULL,
		    "many") != 0)
			kpause("ktest", false, 1, NULL);
	}
	KT_CHECK(KT_WAIT(tt_lwps() == before));
	KT_CHECK(tt_count == TT_MANY);
	pages = page_free_count();
	for (i = 0; i < TT_MANY; i++) {
		kt_thread(PRI_NONE, NULL, tt_inc, NULL);
		kt_threads_join();
	}
	KT_CHECK(tt_count == 2 * TT_MANY);
	KT_CHECK(page_free_count() + 8 >= pages);
}

static void
tt_bound(void *arg)
{
	struct cpu_info *ci = arg;
	u_int i;

	for (i = 0; i < 50; i++) {
		KT_CHECK(curcpu() == ci);
		if (i % 10 == 0)
			kpause("ktest", false, 1, NULL);
		else
			yield();
	}
}

KTEST(kthread_bound, "a bound thread never leaves its CPU")
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		kt_thread(PRI_NONE, ci, tt_bound, ci);
		kt_thread(PRI_USER, ci, tt_bound, ci);
	}
	kt_threads_join();
}

static void
tt_blocker(void *arg __unused)
{
	KT_CHECK(KT_SPIN(tt_go != 0));
}

static void
tt_record(void *arg __unused)
{
	tt_order[tt_count] = curlwp->l_basepri;
	tt_count++;
}

KTEST(kthread_priority, "of several runnable threads the highest priority runs first")
{
	struct cpu_info *ci = cpu_lookup(0);
	u_int i;

	tt_count = tt_go = 0;
	/* Something higher keeps the CPU until all of them are there. */
	kt_thread(PRI_KERNEL - 1, ci, tt_blocker, NULL);
	for (i = 0; i < __arraycount(tt_order); i++)
		kt_thread(PRI_USER + 2 * (pri_t)(i ^ 1), ci, tt_record, NULL);
	tt_go = 1;
	kt_threads_join();
	for (i = 0; i < __arraycount(tt_order); i++)
		KT_CHECK(tt_order[i] == PRI_USER + 6 - 2 * (pri_t)i);
}

static void
tt_intr(void *arg)
{
	KT_CHECK(cpu_softintr_p());
	atomic_inc_uint(&tt_count);
	if (arg == curlwp->l_cpu)
		kthread_exit(0);
}

KTEST(kthread_intr, "a thread that works for interrupts ends like any other")
{
	struct cpu_info *cpus[] = { NULL, cpu_lookup(0) };
	lwp_t *l;
	u_int i;

	tt_count = 0;
	for (i = 0; i < __arraycount(cpus); i++) {
		KT_ASSERT(kthread_create(PRI_NONE, KTHREAD_MUSTJOIN |
		    KTHREAD_MPSAFE | KTHREAD_INTR, cpus[i], tt_intr, cpus[i],
		    &l, "intr") == 0);
		kthread_join(l);
	}
	KT_CHECK(tt_count == __arraycount(cpus));
}

static void
tt_pri(void *arg __unused)
{
	tt_order[0] = curlwp->l_basepri;
}

KTEST(kthread_ts, "without a priority KTHREAD_TS says which kind of thread it is")
{
	lwp_t *l;

	KT_ASSERT(kthread_create(PRI_NONE, KTHREAD_MUSTJOIN | KTHREAD_TS, NULL,
	    tt_pri, NULL, &l, "ts") == 0);
	kthread_join(l);
	KT_CHECK(tt_order[0] == PRI_USER);
	KT_ASSERT(kthread_create(PRI_NONE, KTHREAD_MUSTJOIN, NULL, tt_pri,
	    NULL, &l, "ts") == 0);
	kthread_join(l);
	KT_CHECK(tt_order[0] == PRI_KERNEL);
}

KTEST(kthread_idle, "KTHREAD_IDLE makes a thread that waits to be started")
{
	lwp_t *l;

	tt_count = 0;
	KT_ASSERT(kthread_create(PRI_NONE, KTHREAD_IDLE | KTHREAD_MUSTJOIN,
	    NULL, tt_inc, NULL, &l, "idle") == 0);
	kpause("ktest", false, 2, NULL);
	KT_CHECK(tt_count == 0);
	lwp_start(l);
	kthread_join(l);
	KT_CHECK(tt_count == 1);
}
