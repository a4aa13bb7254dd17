/* softint(9): levels, CPUs, and disestablish. */

#include <sys/intr.h>
#include <sys/mutex.h>
#include <sys/xcall.h>
#include "ktest.h"

static const struct {
	u_int level;
	pri_t pri;
} si_levels[] = {
	{ SOFTINT_CLOCK, PRI_SOFTCLOCK },
	{ SOFTINT_BIO, PRI_SOFTBIO },
	{ SOFTINT_NET, PRI_SOFTNET },
	{ SOFTINT_SERIAL, PRI_SOFTSERIAL },
};

static void *si_cookie[__arraycount(si_levels)];
static volatile u_int si_ran, si_running, si_go, si_cpu;
static pri_t si_order[8];
static kmutex_t si_mutex;

static void
si_record(void *arg __unused)
{
	KT_CHECK((curlwp->l_flag & LW_INTR) != 0);
	KT_CHECK(kt_intr_on());
	si_cpu = cpu_number();
	si_order[si_ran] = curlwp->l_basepri;
	si_ran++;
}

KTEST(softint_levels, "scheduled together, the highest level runs first, each in its thread")
{
	u_int i;
	int s;

	si_ran = 0;
	for (i = 0; i < __arraycount(si_levels); i++)
		si_cookie[i] = softint_establish(si_levels[i].level |
		    SOFTINT_MPSAFE, si_record, NULL);
	s = splhigh();
	for (i = 0; i < __arraycount(si_levels); i++)
		softint_schedule(si_cookie[i]);
	KT_CHECK(si_ran == 0);
	splx(s);
	KT_ASSERT(KT_WAIT(si_ran == __arraycount(si_levels)));
	for (i = 0; i < __arraycount(si_levels); i++) {
		KT_CHECK(si_order[i] == PRI_SOFTSERIAL - (pri_t)i);
		softint_disestablish(si_cookie[i]);
	}
}

KTEST(softint_once, "scheduled twice before it runs, it runs once")
{
	int s;

	si_ran = 0;
	si_cookie[0] = softint_establish(SOFTINT_NET, si_record, NULL);
	s = splhigh();
	softint_schedule(si_cookie[0]);
	softint_schedule(si_cookie[0]);
	splx(s);
	KT_ASSERT(KT_WAIT(si_ran != 0));
	kpause("ktest", false, 2, NULL);
	KT_CHECK(si_ran == 1);
	softint_schedule(si_cookie[0]);
	KT_CHECK(KT_WAIT(si_ran == 2));
	softint_disestablish(si_cookie[0]);
}

static void
si_from_intr(void *arg1, void *arg2 __unused)
{
	softint_schedule(arg1);
}

KTEST(softint_from_interrupt, "it runs on the CPU whose interrupt scheduled it")
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	si_cookie[0] = softint_establish(SOFTINT_SERIAL, si_record, NULL);
	for (CPU_INFO_FOREACH(cii, ci)) {
		si_ran = 0;
		xc_wait(xc_unicast(XC_HIGHPRI, si_from_intr, si_cookie[0], NULL,
		    ci));
		KT_ASSERT(KT_WAIT(si_ran == 1));
		KT_CHECK(si_cpu == cpu_index(ci));
	}
	softint_disestablish(si_cookie[0]);
}

static void
si_slow(void *arg __unused)
{
	si_running = 1;
	KT_CHECK(KT_SPIN(si_go != 0));
	si_running = 0;
}

static void
si_release(void *arg __unused)
{
	kpause("ktest", false, 3, NULL);
	si_go = 1;
}

KTEST(softint_disestablish, "waits for a handler that is running on another CPU")
{
	struct cpu_info *ci = cpu_lookup((u_int)ncpu - 1);

	if (ncpu == 1)
		KT_SKIP("another CPU to run the handler");
	si_go = si_running = 0;
	si_cookie[0] = softint_establish(SOFTINT_BIO, si_slow, NULL);
	kt_thread(PRI_NONE, cpu_lookup(0), si_release, NULL);
	xc_wait(xc_unicast(XC_HIGHPRI, si_from_intr, si_cookie[0], NULL, ci));
	KT_ASSERT(KT_SPIN(si_running == 1 || si_go == 1));
	softint_disestablish(si_cookie[0]);
	KT_CHECK(si_running == 0 && si_go == 1);
	kt_threads_join();
}

static void
si_lock(void *arg __unused)
{
	mutex_enter(&si_mutex);
	si_ran++;
	mutex_exit(&si_mutex);
}

KTEST(softint_mutex, "a handler may wait for an adaptive mutex")
{
	mutex_init(&si_mutex, MUTEX_DEFAULT, IPL_SOFTNET);
	si_ran = 0;
	si_cookie[0] = softint_establish(SOFTINT_NET, si_lock, NULL);
	mutex_enter(&si_mutex);
	softint_schedule(si_cookie[0]);
	kpause("ktest", false, 3, NULL);
	KT_CHECK(si_ran == 0);
	mutex_exit(&si_mutex);
	KT_CHECK(KT_WAIT(si_ran == 1));
	softint_disestablish(si_cookie[0]);
	mutex_destroy(&si_mutex);
}
