/* callout(9): order, stop, halt, and callouts that schedule themselves. */

#include <sys/callout.h>
#include <sys/mutex.h>
#include "ktest.h"

#define CO_N	6

static callout_t co_callout[CO_N], co_one;
static volatile u_int co_fired, co_go, co_entered;
static u_int co_order[CO_N];
static kmutex_t co_mutex, co_gate;

static void
co_record(void *arg)
{
	co_order[co_fired] = (u_int)(uintptr_t)arg;
	co_fired++;
}

/* On cpu0, whose clock is the time: no tick comes in between. */
static void
co_schedule(void *arg __unused)
{
	static const int delay_ticks[CO_N] = { 20, 10, 15, 10, 25, 1 };
	u_int i;
	int s = splhigh();

	for (i = 0; i < CO_N; i++)
		callout_reset(&co_callout[i], delay_ticks[i], co_record,
		    (void *)(uintptr_t)i);
	splx(s);
}

KTEST(callout_order, "they run in the order they are due, equals as scheduled")
{
	static const u_int expect[CO_N] = { 5, 1, 3, 2, 0, 4 };
	u_int i;

	co_fired = 0;
	for (i = 0; i < CO_N; i++)
		callout_init(&co_callout[i], CALLOUT_MPSAFE);
	kt_thread(PRI_NONE, cpu_lookup(0), co_schedule, NULL);
	kt_threads_join();
	KT_ASSERT(KT_WAIT(co_fired == CO_N));
	for (i = 0; i < CO_N; i++) {
		KT_CHECK(co_order[i] == expect[i]);
		KT_CHECK(callout_expired(&co_callout[i]));
		KT_CHECK(!callout_pending(&co_callout[i]));
		callout_halt(&co_callout[i], NULL);
		callout_destroy(&co_callout[i]);
	}
}

KTEST(callout_stop, "a stopped callout does not run, and says whether it had")
{
	co_fired = 0;
	callout_init(&co_one, CALLOUT_MPSAFE);
	KT_CHECK(!callout_stop(&co_one));
	callout_reset(&co_one, KT_PATIENCE, co_record, NULL);
	KT_CHECK(callout_pending(&co_one));
	KT_CHECK(!callout_stop(&co_one));
	KT_CHECK(!callout_pending(&co_one));
	callout_schedule(&co_one, 1);
	KT_ASSERT(KT_WAIT(co_fired == 1));
	KT_CHECK(callout_expired(&co_one));
	KT_CHECK(callout_invoking(&co_one));
	callout_ack(&co_one);
	KT_CHECK(!callout_invoking(&co_one));
	KT_CHECK(callout_halt(&co_one, NULL));
	KT_CHECK(!callout_expired(&co_one));
	callout_destroy(&co_one);
}

KTEST(callout_wheel, "one that is due a turn of the wheel later stays")
{
	callout_t *far = &co_callout[0];

	co_fired = 0;
	callout_init(&co_one, CALLOUT_MPSAFE);
	callout_init(far, CALLOUT_MPSAFE);
	callout_reset(far, 256 * 400 + 2, co_record, NULL);
	callout_reset(&co_one, 2, co_record, NULL);
	KT_ASSERT(KT_WAIT(co_fired == 1));
	kpause("ktest", false, 3, NULL);
	KT_CHECK(callout_pending(far));
	KT_CHECK(!callout_stop(far));
	callout_halt(&co_one, NULL);
	callout_destroy(&co_one);
	callout_destroy(far);
}

static void
co_again(void *arg __unused)
{
	KT_CHECK(!callout_pending(&co_one));
	callout_ack(&co_one);
	if (++co_fired < 5)
		callout_schedule(&co_one, 1);
}

KTEST(callout_again, "a callout may schedule itself from its function")
{
	co_fired = 0;
	callout_init(&co_one, CALLOUT_MPSAFE);
	callout_setfunc(&co_one, co_again, NULL);
	callout_schedule(&co_one, 1);
	KT_ASSERT(KT_WAIT(co_fired == 5));
	kpause("ktest", false, 3, NULL);
	KT_CHECK(co_fired == 5);
	callout_halt(&co_one, NULL);
	callout_destroy(&co_one);
}

static struct cpu_info *volatile co_cpu;	/* that co_slow() runs on */

/* Runs until the halter waits, then schedules itself once more. */
static void
co_slow(void *arg __unused)
{
	co_cpu = curcpu();
	co_entered = 1;
	KT_CHECK(KT_SPIN(co_go != 0));
	mutex_enter(&co_mutex);		/* the halter's interlock is free */
	callout_schedule(&co_one, 1);
	mutex_exit(&co_mutex);
	co_fired++;
}

static void
co_halter(void *arg __unused)
{
	mutex_enter(&co_mutex);
	callout_halt(&co_one, &co_mutex);
	KT_CHECK(mutex_owned(&co_mutex));
	KT_CHECK(co_fired == 1);
	mutex_exit(&co_mutex);
}

KTEST(callout_halt, "waits for the function without its interlock, and cancels the next")
{
	if (ncpu == 1)
		KT_SKIP("the function, which spins, needs a CPU of its own");
	mutex_init(&co_mutex, MUTEX_DEFAULT, IPL_NONE);
	co_fired = co_go = co_entered = 0;
	callout_init(&co_one, CALLOUT_MPSAFE);
	callout_reset(&co_one, 1, co_slow, NULL);
	KT_ASSERT(KT_SPIN(co_entered != 0));
	kt_thread(PRI_NONE, cpu_lookup((cpu_index(co_cpu) + 1) % (u_int)ncpu),
	    co_halter, NULL);
	KT_ASSERT(KT_SPIN(kt_lwp(0)->l_stat == LSSLEEP));
	co_go = 1;
	kt_threads_join();
	kpause("ktest", false, 3, NULL);
	KT_CHECK(co_fired == 1 && !callout_pending(&co_one));
	callout_destroy(&co_one);
	mutex_destroy(&co_mutex);
}

/* As co_slow(), but it sleeps: a halter on the same CPU can run. */
static void
co_asleep(void *arg __unused)
{
	co_entered = 1;
	mutex_enter(&co_gate);
	mutex_exit(&co_gate);
	mutex_enter(&co_mutex);
	callout_schedule(&co_one, 1);
	mutex_exit(&co_mutex);
	co_fired++;
}

KTEST(callout_halt_asleep, "waits as well while the function sleeps, on one CPU too")
{
	mutex_init(&co_mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_init(&co_gate, MUTEX_DEFAULT, IPL_NONE);
	co_fired = co_entered = 0;
	callout_init(&co_one, CALLOUT_MPSAFE);
	mutex_enter(&co_gate);
	callout_reset(&co_one, 1, co_asleep, NULL);
	KT_CHECK(KT_WAIT(co_entered != 0));
	kt_thread(PRI_NONE, NULL, co_halter, NULL);
	KT_CHECK(KT_WAIT(kt_lwp(0)->l_stat == LSSLEEP));
	mutex_exit(&co_gate);
	kt_threads_join();
	kpause("ktest", false, 3, NULL);
	KT_CHECK(co_fired == 1 && !callout_pending(&co_one));
	callout_destroy(&co_one);
	mutex_destroy(&co_gate);
	mutex_destroy(&co_mutex);
}

KTEST(callout_active, "from the schedule until it is stopped, even when it has run")
{
	co_fired = 0;
	callout_init(&co_one, CALLOUT_MPSAFE);
	KT_CHECK(!callout_active(&co_one));
	callout_reset(&co_one, KT_PATIENCE, co_record, NULL);
	KT_CHECK(callout_active(&co_one));
	callout_stop(&co_one);
	KT_CHECK(!callout_active(&co_one));
	callout_schedule(&co_one, 1);
	KT_ASSERT(KT_WAIT(co_fired == 1));
	KT_CHECK(callout_active(&co_one));
	callout_halt(&co_one, NULL);
	KT_CHECK(!callout_active(&co_one));
	callout_destroy(&co_one);
}

static callout_t co_other;

/* Until another CPU has taken over the clock, and seen what is due. */
static void
co_away(void *arg __unused)
{
	int s = splhigh(), start;

	start = getticks();
	KT_CHECK(KT_SPIN(getticks() - start >= 4));
	splx(s);
	KT_CHECK(co_fired == 0);	/* only one function at a time */
}

static void
co_count(void *arg __unused)
{
	co_fired++;
}

KTEST(callout_overtaken, "a function that keeps its CPU from the clock: the others run after it, once")
{
	if (ncpu == 1)
		KT_SKIP("another CPU to take over the clock");
	co_fired = 0;
	callout_init(&co_one, CALLOUT_MPSAFE);
	callout_init(&co_other, CALLOUT_MPSAFE);
	for (u_int i = 1; i <= 3; i++) {
		callout_reset(&co_one, 1, co_away, NULL);
		callout_reset(&co_other, 2, co_count, NULL);
		KT_ASSERT(KT_WAIT(co_fired == 1));
		co_fired = 0;
	}
	kpause("ktest", false, 10, NULL);
	KT_CHECK(co_fired == 0);
	callout_destroy(&co_one);
	callout_destroy(&co_other);
}
