/* condvar(9) and kpause(9): who is woken, when, and that nobody is forgotten. */

#include <sys/condvar.h>
#include <sys/mutex.h>
#include "ktest.h"

#define CT_THREADS	5
#define CT_ROUNDS	1000

static kmutex_t ct_mutex;
static kcondvar_t ct_cv;
static volatile u_int ct_waiting, ct_awake, ct_tokens, ct_turn;
static u_int ct_order[CT_THREADS];

static void
ct_init(void)
{
	mutex_init(&ct_mutex, MUTEX_DEFAULT, IPL_NONE);
	cv_init(&ct_cv, "ktestcv");
	ct_waiting = ct_awake = ct_tokens = ct_turn = 0;
}

static void
ct_fini(void)
{
	cv_destroy(&ct_cv);
	mutex_destroy(&ct_mutex);
}

static void
ct_waiter(void *arg)
{
	mutex_enter(&ct_mutex);
	ct_waiting++;
	while (ct_tokens == 0)
		cv_wait(&ct_cv, &ct_mutex);
	KT_CHECK(mutex_owned(&ct_mutex));
	ct_tokens--;
	ct_order[ct_awake++] = (u_int)(uintptr_t)arg;
	mutex_exit(&ct_mutex);
}

/* One after the other, so that they wait in this order. */
static bool
ct_start_waiters(void)
{
	u_int i;

	for (i = 0; i < CT_THREADS; i++) {
		kt_thread(PRI_NONE, NULL, ct_waiter, (void *)(uintptr_t)i);
		if (!KT_WAIT(kt_lwp(i)->l_wchan == &ct_cv))
			return false;
	}
	return true;
}

KTEST(condvar_signal, "wakes one, the one that has waited longest")
{
	u_int i;

	ct_init();
	KT_ASSERT(ct_start_waiters());
	KT_CHECK(cv_has_waiters(&ct_cv));
	for (i = 0; i < CT_THREADS; i++) {
		mutex_enter(&ct_mutex);
		ct_tokens = 1;
		cv_signal(&ct_cv);
		mutex_exit(&ct_mutex);
		KT_ASSERT(KT_WAIT(ct_awake == i + 1));
		KT_CHECK(ct_order[i] == i);
	}
	KT_CHECK(!cv_has_waiters(&ct_cv));
	kt_threads_join();
	ct_fini();
}

KTEST(condvar_broadcast, "wakes everybody")
{
	ct_init();
	KT_ASSERT(ct_start_waiters());
	mutex_enter(&ct_mutex);
	ct_tokens = CT_THREADS;
	cv_broadcast(&ct_cv);
	KT_CHECK(!cv_has_waiters(&ct_cv));
	KT_CHECK(ct_awake == 0);	/* they need the mutex first */
	mutex_exit(&ct_mutex);
	kt_threads_join();
	KT_CHECK(ct_awake == CT_THREADS);
	ct_fini();
}

static void
ct_ping(void *arg)
{
	u_int me = (u_int)(uintptr_t)arg, i;

	for (i = 0; i < CT_ROUNDS; i++) {
		mutex_enter(&ct_mutex);
		while (ct_turn % 2 != me)
			cv_wait(&ct_cv, &ct_mutex);
		ct_turn++;
		cv_signal(&ct_cv);
		mutex_exit(&ct_mutex);
	}
}

KTEST(condvar_pingpong, "two threads take a thousand turns and no wake-up is lost")
{
	ct_init();
	kt_thread(PRI_NONE, NULL, ct_ping, (void *)0);
	kt_thread(PRI_NONE, NULL, ct_ping, (void *)1);
	kt_threads_join();
	KT_CHECK(ct_turn == 2 * CT_ROUNDS);
	ct_fini();
}

KTEST(condvar_spin_interlock, "waits with a spin mutex too")
{
	ct_init();
	mutex_destroy(&ct_mutex);
	mutex_init(&ct_mutex, MUTEX_DEFAULT, IPL_HIGH);
	kt_thread(PRI_NONE, NULL, ct_ping, (void *)0);
	kt_thread(PRI_NONE, NULL, ct_ping, (void *)1);
	kt_threads_join();
	KT_CHECK(ct_turn == 2 * CT_ROUNDS);
	KT_CHECK(kt_intr_on());
	ct_fini();
}

KTEST(condvar_timeout, "cv_timedwait gives up, with the mutex held, and not early")
{
	int start;

	ct_init();
	mutex_enter(&ct_mutex);
	start = getticks();
	KT_CHECK(cv_timedwait(&ct_cv, &ct_mutex, 5) == EWOULDBLOCK);
	KT_CHECK(getticks() - start >= 5);
	KT_CHECK(mutex_owned(&ct_mutex));
	mutex_exit(&ct_mutex);
	KT_CHECK(!cv_has_waiters(&ct_cv));
	ct_fini();
}

static void
ct_signaller(void *arg __unused)
{
	mutex_enter(&ct_mutex);
	ct_tokens = 1;
	cv_signal(&ct_cv);
	mutex_exit(&ct_mutex);
}

KTEST(condvar_timed_signal, "cv_timedwait returns 0 when it is signalled first")
{
	ct_init();
	mutex_enter(&ct_mutex);
	kt_thread(PRI_NONE, NULL, ct_signaller, NULL);
	while (ct_tokens == 0)
		KT_CHECK(cv_timedwait(&ct_cv, &ct_mutex, KT_PATIENCE) == 0);
	mutex_exit(&ct_mutex);
	kt_threads_join();
	ct_fini();
}

static void
ct_pauser(void *arg)
{
	u_int n = (u_int)(uintptr_t)arg;

	mutex_enter(&ct_mutex);
	while (ct_tokens == 0)
		cv_wait(&ct_cv, &ct_mutex);
	mutex_exit(&ct_mutex);
	kpause("ktest", false, 10 + 10 * (int)n, NULL);
	mutex_enter(&ct_mutex);
	ct_order[ct_awake++] = n;
	mutex_exit(&ct_mutex);
}

KTEST(kpause_order, "sleepers wake in the order of their ends")
{
	u_int i;

	ct_init();
	/* All on cpu0, whose clock is the time; the longest sleeper first. */
	for (i = 0; i < CT_THREADS; i++) {
		kt_thread(PRI_NONE, cpu_lookup(0), ct_pauser,
		    (void *)(uintptr_t)(CT_THREADS - 1 - i));
		KT_ASSERT(KT_WAIT(kt_lwp(i)->l_wchan == &ct_cv));
	}
	mutex_enter(&ct_mutex);
	ct_tokens = 1;
	cv_broadcast(&ct_cv);
	mutex_exit(&ct_mutex);
	kt_threads_join();
	for (i = 1; i < CT_THREADS; i++)
		KT_CHECK(ct_order[i] > ct_order[i - 1]);
	ct_fini();
}

KTEST(kpause_mutex, "the mutex is free during the pause and held after it")
{
	int start;

	ct_init();
	mutex_enter(&ct_mutex);
	kt_thread(PRI_NONE, NULL, ct_signaller, NULL);
	start = getticks();
	while (ct_tokens == 0 && !kt_timeout(start))
		KT_CHECK(kpause("ktest", false, 2, &ct_mutex) == EWOULDBLOCK);
	KT_CHECK(mutex_owned(&ct_mutex));
	KT_CHECK(ct_tokens == 1);
	mutex_exit(&ct_mutex);
	kt_threads_join();
	ct_fini();
}
