/*
 * Deaths: each breaks one rule that DIAGNOSTIC watches, and must end in the
 * panic that names it.  The scenarios in tests/qemu run and judge them.
 */

#include <sys/callout.h>
#include <sys/condvar.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/mutex.h>
#include <sys/xcall.h>
#include "ktest.h"

static kmutex_t de_mutex;
static kcondvar_t de_cv;
static callout_t de_callout;
static volatile u_int de_held;
/* Asked through memory: the compiler must not see what is wrong. */
static volatile u_int de_zero;

KDEATH(mutex_self, "mutex-self", "an adaptive mutex entered twice")
{
	mutex_init(&de_mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&de_mutex);
	mutex_enter(&de_mutex);
}

KDEATH(spin_self, "spin-self", "a spin mutex entered twice")
{
	mutex_init(&de_mutex, MUTEX_DEFAULT, IPL_HIGH);
	mutex_spin_enter(&de_mutex);
	mutex_spin_enter(&de_mutex);
}

KDEATH(mutex_not_owned, "mutex-not-owned", "an adaptive mutex released by a stranger")
{
	mutex_init(&de_mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_exit(&de_mutex);
}

KDEATH(spin_not_owned, "spin-not-owned", "a spin mutex released that is free")
{
	mutex_init(&de_mutex, MUTEX_DEFAULT, IPL_HIGH);
	mutex_spin_exit(&de_mutex);
}

KDEATH(mutex_uninit, "mutex-uninit", "a mutex that nobody initialized")
{
	memset(&de_mutex, 0, sizeof(de_mutex));
	mutex_enter(&de_mutex);
}

KDEATH(mutex_destroy_held, "mutex-destroy-held", "a mutex destroyed by its owner")
{
	mutex_init(&de_mutex, MUTEX_DEFAULT, IPL_NONE);
	mutex_enter(&de_mutex);
	mutex_destroy(&de_mutex);
}

static void
de_keep(void *arg __unused)
{
	mutex_spin_enter(&de_mutex);
	de_held = 1;
	for (;;)
		SPINLOCK_BACKOFF_HOOK;
}

KDEATH(spinout, "spinout", "a spin mutex another CPU never releases (2 CPUs)")
{
	if (ncpu < 2)
		panic("spinout needs two CPUs");
	mutex_init(&de_mutex, MUTEX_DEFAULT, IPL_HIGH);
	kt_thread(PRI_USER, cpu_lookup(cpu_number() == 0), de_keep, NULL);
	(void)KT_SPIN(de_held != 0);
	mutex_spin_enter(&de_mutex);
}

static void
de_sleep_there(void *arg1 __unused, void *arg2 __unused)
{
	kpause("death", false, 1, NULL);
}

KDEATH(sleep_in_intr, "sleep-in-intr", "kpause in an interrupt handler")
{
	struct cpu_info *ci = cpu_lookup(cpu_number() == 0 ? (u_int)ncpu - 1 : 0);

	xc_wait(xc_unicast(XC_HIGHPRI, de_sleep_there, NULL, NULL, ci));
	for (;;)	/* nothing is waited for any more: it has panicked there */
		SPINLOCK_BACKOFF_HOOK;
}

KDEATH(sleep_with_spin, "sleep-with-spin", "cv_wait with another spin mutex held")
{
	kmutex_t m;

	mutex_init(&m, MUTEX_DEFAULT, IPL_HIGH);
	mutex_init(&de_mutex, MUTEX_DEFAULT, IPL_HIGH);
	cv_init(&de_cv, "death");
	mutex_enter(&m);
	mutex_enter(&de_mutex);
	cv_wait(&de_cv, &de_mutex);
}

KDEATH(sleep_intr_off, "sleep-intr-off", "kpause with interrupts off")
{
	(void)splhigh();
	kpause("death", false, 1, NULL);
}

static void
de_sleep_soft(void *arg __unused)
{
	kpause("death", false, 1, NULL);
}

KDEATH(sleep_in_softint, "sleep-in-softint", "kpause in a softint handler")
{
	softint_schedule(softint_establish(SOFTINT_NET, de_sleep_soft, NULL));
	kpause("death", false, 10, NULL);
}

KDEATH(cv_not_locked, "cv-not-locked", "cv_wait without its mutex")
{
	mutex_init(&de_mutex, MUTEX_DEFAULT, IPL_NONE);
	cv_init(&de_cv, "death");
	cv_wait(&de_cv, &de_mutex);
}

KDEATH(callout_pending, "callout-pending", "a pending callout destroyed")
{
	callout_init(&de_callout, CALLOUT_MPSAFE);
	callout_reset(&de_callout, KT_PATIENCE, de_sleep_soft, NULL);
	callout_destroy(&de_callout);
}

KDEATH(kassert, "kassert", "an assertion that is false")
{
	KASSERTMSG(de_zero != 0, "zero is %u", de_zero);
}

KDEATH(kmem_wrong_size, "kmem-wrong-size", "memory freed with another size")
{
	kmem_free(kmem_alloc(40, KM_SLEEP), 41 + de_zero);
}

KDEATH(kmem_redzone, "kmem-redzone", "a byte written past the end")
{
	volatile u_char *p = kmem_alloc(40, KM_SLEEP);

	p[40 + de_zero] = 1;
	kmem_free(__UNVOLATILE(p), 40);
}

KDEATH(kmem_double_free, "kmem-double-free", "memory freed twice")
{
	void *volatile p = kmem_alloc(40, KM_SLEEP);

	kmem_free(p, 40);
	kmem_free(p, 40);
}

/* Found when the memory is given out again. */
KDEATH(kmem_poison, "kmem-poison", "memory written after it was freed")
{
	volatile u_char *p = kmem_alloc(40, KM_SLEEP);
	void *volatile q;
	u_int i;

	kmem_free(__UNVOLATILE(p), 40);
	p[24 + de_zero] = 1;
	for (i = 0; i < 10000; i++)
		q = kmem_alloc(40, KM_SLEEP);
	(void)q;
}

static void
de_nested(void *arg __unused)
{
	lwp_exit();
}

KDEATH(exit_with_nopreempt, "exit-nopreempt", "a thread that ends with preemption disabled")
{
	kpreempt_disable();
	de_nested(NULL);
}

/* As in crashme overflow: what a level returns depends on its caller's byte. */
static __noinline u_int
de_recurse(volatile u_char *above)
{
	volatile u_char pad[256];

	pad[0] = (u_char)(above[0] + 1);
	if (pad[0] == above[0])
		return 0;
	return de_recurse(pad) + pad[0];
}

static void
de_overflow(void *arg __unused)
{
	volatile u_char bottom[1] = { 0 };

	printf("not ok: %u levels and no end\n", de_recurse(bottom));
}

KDEATH(overflow_softint, "overflow-softint", "a softint handler that runs off its stack")
{
	softint_schedule(softint_establish(SOFTINT_NET, de_overflow, NULL));
	kpause("death", false, 10, NULL);
}

static void
de_overflow_idle(void *arg1, void *arg2 __unused)
{
	if (curlwp == arg1)
		de_overflow(NULL);
}

/* An interrupt handler runs on the stack of the thread that it interrupts. */
KDEATH(overflow_idle, "overflow-idle", "an interrupt handler that runs off another CPU's idle stack")
{
	struct cpu_info *ci = cpu_lookup(1);
	u_int i;

	KASSERT(ncpu > 1);
	for (i = 0; i < 1000; i++) {
		xc_wait(xc_unicast(XC_HIGHPRI, de_overflow_idle,
		    ci->ci_idlelwp, NULL, ci));
		kpause("death", false, 1, NULL);
	}
}
