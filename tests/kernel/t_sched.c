/* The scheduler: preemption, fairness, every CPU used, atomics under it. */

#include <sys/condvar.h>
#include <sys/evcnt.h>
#include "ktest.h"

#define ST_KICKS	20
#define ST_ATOMIC_ROUNDS	20000

static volatile u_int st_progress[2], st_stop, st_arrived, st_ran;
static volatile uint64_t st_a64;
static volatile uint32_t st_a32, st_bits;
static volatile u_int st_cas;
static kmutex_t st_mutex;
static kcondvar_t st_cv;

/* Does not yield: goes on only if the other gets the CPU by preemption. */
static void
st_spinner(void *arg)
{
	u_int me = (u_int)(uintptr_t)arg, i;

	for (i = 1; i <= 5; i++) {
		st_progress[me] = i;
		KT_CHECK(KT_SPIN(st_progress[!me] >= i));
	}
}

KTEST(sched_preemption, "two threads that never yield share one CPU")
{
	struct cpu_info *ci = cpu_lookup((u_int)ncpu - 1);

	st_progress[0] = st_progress[1] = 0;
	kt_thread(PRI_USER, ci, st_spinner, (void *)0);
	kt_thread(PRI_USER, ci, st_spinner, (void *)1);
	kt_threads_join();
	KT_CHECK(st_progress[0] == 5 && st_progress[1] == 5);
}

KTEST(sched_bound_and_free, "a bound and an unbound spinner share one CPU")
{
	st_progress[0] = st_progress[1] = 0;
	kt_thread(PRI_USER, cpu_lookup(0), st_spinner, (void *)0);
	kt_thread(PRI_USER, NULL, st_spinner, (void *)1);
	kt_threads_join();
}

static void
st_runner(void *arg __unused)
{
	st_ran = 1;
}

static void
st_guarded(void *arg)
{
	kpreempt_disable();
	KT_CHECK(kpreempt_disabled());
	lwp_start(arg);
	delay(50000);		/* several ticks */
	KT_CHECK(st_ran == 0);
	kpreempt_enable();	/* here it is due */
	KT_CHECK(st_ran == 1);
	KT_CHECK(!kpreempt_disabled());
}

KTEST(sched_nopreempt, "kpreempt_disable holds off a higher thread, enable lets it in at once")
{
	struct cpu_info *ci = cpu_lookup((u_int)ncpu - 1);
	lwp_t *l;

	st_ran = 0;
	KT_ASSERT(kthread_create(PRI_KERNEL + 10, KTHREAD_IDLE, ci, st_runner,
	    NULL, &l, "runner") == 0);
	kt_thread(PRI_USER, ci, st_guarded, l);
	kt_threads_join();
}

static void
st_meet(void *arg __unused)
{
	kpreempt_disable();	/* each keeps a CPU to itself */
	atomic_inc_uint(&st_arrived);
	KT_CHECK(KT_SPIN(st_arrived == (u_int)ncpu));
	kpreempt_enable();
}

KTEST(sched_all_cpus, "as many runnable threads as CPUs are run all at once")
{
	u_int i, n;

	for (n = 0; n < 5; n++) {
		st_arrived = 0;
		for (i = 0; i < (u_int)ncpu; i++)
			kt_thread(PRI_USER, NULL, st_meet, NULL);
		kt_threads_join();
		KT_CHECK(st_arrived == (u_int)ncpu);
	}
}

static void
st_find_resched(const struct evcnt *ev, void *arg)
{
	if (strcmp(ev->ev_name, "reschedule") == 0)
		*(uint64_t *)arg += ev->ev_count;
}

static uint64_t
st_resched_count(void)
{
	uint64_t n = 0;

	evcnt_foreach(EVCNT_TYPE_INTR, st_find_resched, &n);
	return n;
}

static void
st_sleeper(void *arg __unused)
{
	mutex_enter(&st_mutex);
	while (st_progress[0] < ST_KICKS) {
		st_progress[1] = st_progress[0];
		cv_wait(&st_cv, &st_mutex);
	}
	mutex_exit(&st_mutex);
}

static void
st_waker(void *arg __unused)
{
	u_int i;

	for (i = 1; i <= ST_KICKS; i++) {
		kpause("ktest", false, 1, NULL);	/* the other CPU idles */
		mutex_enter(&st_mutex);
		st_progress[0] = i;
		cv_signal(&st_cv);
		mutex_exit(&st_mutex);
		KT_CHECK(KT_WAIT(i == ST_KICKS || st_progress[1] == i));
	}
}

KTEST(sched_kick, "a thread woken on an idle CPU does not wait for that CPU's clock")
{
	uint64_t before = st_resched_count();

	if (ncpu == 1)
		KT_SKIP("an idle CPU beside this one");
	mutex_init(&st_mutex, MUTEX_DEFAULT, IPL_NONE);
	cv_init(&st_cv, "ktestcv");
	st_progress[0] = st_progress[1] = 0;
	kt_thread(PRI_NONE, cpu_lookup(1), st_sleeper, NULL);
	kt_thread(PRI_NONE, cpu_lookup(0), st_waker, NULL);
	kt_threads_join();
	KT_CHECK(st_resched_count() - before >= ST_KICKS / 2);
	cv_destroy(&st_cv);
	mutex_destroy(&st_mutex);
}

static void
st_burn(void *arg __unused)
{
	while (st_stop == 0)
		SPINLOCK_BACKOFF_HOOK;
}

KTEST(sched_fairness, "equal threads get comparable time on crowded CPUs")
{
	u_int i, n = 2 * (u_int)ncpu + 1;
	uint64_t total = 0, mean;

	KT_ASSERT(n <= KT_THREADS);
	st_stop = 0;
	for (i = 0; i < n; i++)
		kt_thread(PRI_USER, NULL, st_burn, NULL);
	kpause("ktest", false, 60 * 2, NULL);
	st_stop = 1;
	for (i = 0; i < n; i++)
		total += kt_lwp(i)->l_ticks;
	mean = total / n;
	for (i = 0; i < n; i++)
		KT_CHECK(kt_lwp(i)->l_ticks >= mean / 4);
	kt_threads_join();
	KT_CHECK(mean >= 5);
}

static void
st_atomic(void *arg)
{
	u_int me = (u_int)(uintptr_t)arg, i, old;

	for (i = 0; i < ST_ATOMIC_ROUNDS; i++) {
		atomic_inc_64(&st_a64);
		atomic_add_32(&st_a32, 3);
		do {
			old = st_cas;
		} while (atomic_cas_uint(&st_cas, old, old + 1) != old);
		atomic_or_32(&st_bits, 1U << me);
		if (i + 1 < ST_ATOMIC_ROUNDS)
			atomic_and_32(&st_bits, ~(1U << me));
	}
}

KTEST(atomic_ops, "concurrent read-modify-write operations lose nothing")
{
	uintptr_t i;

	st_a64 = 0;
	st_a32 = st_bits = st_cas = 0;
	for (i = 0; i < 4; i++)
		kt_thread(PRI_USER, NULL, st_atomic, (void *)i);
	kt_threads_join();
	KT_CHECK(st_a64 == 4 * ST_ATOMIC_ROUNDS);
	KT_CHECK(st_a32 == 3 * 4 * ST_ATOMIC_ROUNDS);
	KT_CHECK(st_cas == 4 * ST_ATOMIC_ROUNDS);
	KT_CHECK(st_bits == 0xf);
}

KTEST(atomic_values, "_nv, swap and cas return what the manual page says")
{
	volatile u_int u = 5;
	volatile uint64_t q = 1;
	int a, b;
	void *volatile p = &a;

	KT_CHECK(atomic_inc_uint_nv(&u) == 6);
	KT_CHECK(atomic_add_uint_nv(&u, -2) == 4);
	KT_CHECK(atomic_swap_uint(&u, 9) == 4);
	KT_CHECK(atomic_cas_uint(&u, 8, 1) == 9 && u == 9);
	KT_CHECK(atomic_cas_uint(&u, 9, 1) == 9 && u == 1);
	KT_CHECK(atomic_dec_64_nv(&q) == 0);
	KT_CHECK(atomic_cas_ptr(&p, &a, &b) == &a && p == &b);
	KT_CHECK(atomic_swap_ptr(&p, &a) == &b && p == &a);
}

static struct lwp *volatile sc_stayer;

static void
sc_stay(void *arg __unused)
{
	sc_stayer = curlwp;
	(void)kpause("stays", false, 0, NULL);
	panic("t_sched: kpause without a timeout returned");
}

KTEST(kpause_forever, "kpause without a timeout sleeps for good")
{
	KT_ASSERT(kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, sc_stay, NULL,
	    NULL, "stay") == 0);
	KT_CHECK(KT_WAIT(sc_stayer != NULL && sc_stayer->l_stat == LSSLEEP));
	(void)kpause("ktest", false, 5, NULL);
	KT_CHECK(sc_stayer->l_stat == LSSLEEP);
}
