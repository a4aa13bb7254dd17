/* mutex(9): exclusion, sleeping, interrupts, kinds. */

#include <sys/mutex.h>
#include <sys/xcall.h>
#include "ktest.h"

#define MT_THREADS	6
#define MT_ROUNDS	1500

static kmutex_t mt_mutex;
static u_long mt_count;			/* deliberately not atomic */
static volatile u_int mt_flag, mt_state;

static void
mt_worker(void *arg)
{
	u_int i;
	bool sleepy = arg != NULL;

	for (i = 0; i < MT_ROUNDS; i++) {
		mutex_enter(&mt_mutex);
		u_long n = mt_count;
		if (sleepy && i % 64 == 0)
			yield();	/* the others find a sleeping owner */
		mt_count = n + 1;
		mutex_exit(&mt_mutex);
	}
}

static void
mt_contend(kmutex_type_t type, int ipl, void *arg)
{
	u_int i;

	mutex_init(&mt_mutex, type, ipl);
	mt_count = 0;
	for (i = 0; i < MT_THREADS; i++)
		kt_thread(PRI_NONE, NULL, mt_worker, arg);
	kt_threads_join();
	KT_CHECK(mt_count == MT_THREADS * MT_ROUNDS);
	KT_CHECK(!mutex_owned(&mt_mutex));
	mutex_destroy(&mt_mutex);
}

KTEST(mutex_adaptive_contention, "no update is lost, though owners yield")
{
	mt_contend(MUTEX_DEFAULT, IPL_NONE, &mt_mutex);
}

KTEST(mutex_spin_contention, "no update is lost under a spin mutex")
{
	mt_contend(MUTEX_DEFAULT, IPL_HIGH, NULL);
}

static void
mt_interrupt(void *arg1 __unused, void *arg2 __unused)
{
	mutex_spin_enter(&mt_mutex);
	mt_count++;
	mutex_spin_exit(&mt_mutex);
}

KTEST(mutex_spin_interrupt, "threads and interrupt handlers share a spin mutex")
{
	u_int i;

	mutex_init(&mt_mutex, MUTEX_DEFAULT, IPL_HIGH);
	mt_count = 0;
	for (i = 0; i < MT_THREADS; i++)
		kt_thread(PRI_USER, NULL, mt_worker, NULL);
	for (i = 0; i < 100; i++)
		xc_wait(xc_broadcast(XC_HIGHPRI, mt_interrupt, NULL, NULL));
	kt_threads_join();
	KT_CHECK(mt_count == MT_THREADS * MT_ROUNDS + 100 * (u_long)ncpu);
	mutex_destroy(&mt_mutex);
}

KTEST(mutex_kinds, "MUTEX_DEFAULT is adaptive up to the soft levels")
{
	static const int soft[] = { IPL_NONE, IPL_SOFTCLOCK, IPL_SOFTSERIAL };
	static const int hard[] = { IPL_VM, IPL_SCHED, IPL_HIGH };
	kmutex_t m;
	u_int i;

	for (i = 0; i < __arraycount(soft); i++) {
		mutex_init(&m, MUTEX_DEFAULT, soft[i]);
		mutex_enter(&m);
		KT_CHECK(kt_intr_on());
		mutex_exit(&m);
		mutex_destroy(&m);
	}
	for (i = 0; i < __arraycount(hard); i++) {
		mutex_init(&m, MUTEX_DEFAULT, hard[i]);
		mutex_enter(&m);
		KT_CHECK(!kt_intr_on());
		mutex_exit(&m);
		KT_CHECK(kt_intr_on());
		mutex_destroy(&m);
	}
}

KTEST(mutex_spin_nesting, "interrupts come back with the last release, in any order")
{
	kmutex_t a, b;

	mutex_init(&a, MUTEX_SPIN, IPL_VM);
	mutex_init(&b, MUTEX_SPIN, IPL_HIGH);
	mutex_spin_enter(&a);
	mutex_spin_enter(&b);
	KT_CHECK(mutex_owned(&a) && mutex_owned(&b));
	mutex_spin_exit(&a);
	KT_CHECK(!kt_intr_on());
	KT_CHECK(!mutex_owned(&a) && mutex_owned(&b));
	mutex_spin_exit(&b);
	KT_CHECK(kt_intr_on());
	KT_CHECK(mutex_tryenter(&a));
	KT_CHECK(!kt_intr_on());
	mutex_exit(&a);
	KT_CHECK(kt_intr_on());
}

static void
mt_trier(void *arg __unused)
{
	KT_CHECK(!mutex_owned(&mt_mutex));
	KT_CHECK(!mutex_tryenter(&mt_mutex));
	mt_flag = 1;
	mutex_enter(&mt_mutex);
	KT_CHECK(mutex_owned(&mt_mutex));
	mt_state = 1;
	mutex_exit(&mt_mutex);
}

KTEST(mutex_adaptive_sleep, "tryenter fails, and enter sleeps until the owner is done")
{
	mutex_init(&mt_mutex, MUTEX_DEFAULT, IPL_NONE);
	mt_flag = mt_state = 0;
	mutex_enter(&mt_mutex);
	KT_CHECK(mutex_owned(&mt_mutex));
	kt_thread(PRI_NONE, NULL, mt_trier, NULL);
	/* While we sleep in KT_WAIT the waiter sees an owner not running. */
	KT_ASSERT(KT_WAIT(kt_lwp(0)->l_wchan == &mt_mutex));
	KT_CHECK(mt_flag == 1 && mt_state == 0);
	mutex_exit(&mt_mutex);
	kt_threads_join();
	KT_CHECK(mt_state == 1);
	KT_CHECK(mutex_tryenter(&mt_mutex));
	mutex_exit(&mt_mutex);
	mutex_destroy(&mt_mutex);
}

static void
mt_low(void *arg __unused)
{
	mutex_enter(&mt_mutex);
	mt_state = 1;
	KT_CHECK(KT_SPIN(mt_flag != 0));
	mutex_exit(&mt_mutex);
	KT_CHECK(curlwp->l_priority == curlwp->l_basepri);
}

static void
mt_middle(void *arg __unused)
{
	KT_CHECK(KT_SPIN(mt_state == 2));
}

static void
mt_high(void *arg __unused)
{
	mutex_enter(&mt_mutex);
	mt_state = 2;
	mutex_exit(&mt_mutex);
}

KTEST(mutex_lends_priority, "a busy thread in between does not keep owner and waiter apart")
{
	struct cpu_info *ci = cpu_lookup((u_int)ncpu - 1);

	mutex_init(&mt_mutex, MUTEX_DEFAULT, IPL_NONE);
	mt_flag = mt_state = 0;
	kt_thread(PRI_USER, ci, mt_low, NULL);
	KT_ASSERT(KT_WAIT(mt_state == 1));
	kt_thread(PRI_USER + 10, ci, mt_middle, NULL);
	kt_thread(PRI_USER + 20, ci, mt_high, NULL);
	KT_ASSERT(KT_WAIT(kt_lwp(2)->l_wchan == &mt_mutex));
	mt_flag = 1;
	kt_threads_join();
	KT_CHECK(mt_state == 2);
	mutex_destroy(&mt_mutex);
}
