/*
 * xcall(9).  One request at a time is under way in each class; who comes
 * later waits, with interrupts on.  A request is one word a CPU, until that
 * has run the function; the last to finish wakes whoever waits.  High-priority functions run in the IPI handler, on the caller's
 * CPU with interrupts off; low-priority ones in a bound thread of each CPU.
 *
 * Tickets are numbers that grow, one sequence a class.  Before the other
 * CPUs run, and after a panic, the function is called here and that is all.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/condvar.h>
#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/xcall.h>
#include <machine/lock.h>

#define XC_HIGHPRI_BIT	(1UL << 63)	/* in a ticket: its class */
/* xs_pending */
#define XC_NOTHING	0U
#define XC_ASKED	1U
#define XC_RUNNING	2U

#define XC_SPINS	2000		/* an IPI is served sooner than a switch */

struct xc_state {
	kmutex_t xs_lock;
	kcondvar_t xs_work;		/* low-priority threads */
	kcondvar_t xs_idle;		/* the request is done */
	xcfunc_t xs_func;
	void *xs_arg1, *xs_arg2;
	uint64_t xs_head;		/* last ticket given out */
	volatile uint64_t xs_done;	/* last ticket done */
	u_int xs_left;			/* CPUs that have not finished */
	volatile u_int xs_pending[MAXCPUS];
};

static struct xc_state xc_low = {
	.xs_lock = MUTEX_SPIN_INITIALIZER,
	.xs_work = { .cv_wmesg = "xcall" },
	.xs_idle = { .cv_wmesg = "xcwait" },
};
static struct xc_state xc_high = {
	.xs_lock = MUTEX_SPIN_INITIALIZER,
	.xs_idle = { .cv_wmesg = "xcwait" },
};

static void
xc_finish(struct xc_state *xs)
{
	mutex_spin_enter(&xs->xs_lock);
	KASSERT(xs->xs_left != 0);
	xs->xs_pending[cpu_number()] = XC_NOTHING;
	if (--xs->xs_left == 0) {
		atomic_store_release(&xs->xs_done, xs->xs_head);
		cv_broadcast(&xs->xs_idle);
	}
	mutex_spin_exit(&xs->xs_lock);
}

/* With interrupts off, on the CPU that was asked. */
void
xc_ipi_handler(void)
{
	struct xc_state *xs = &xc_high;

	if (atomic_cas_uint(&xs->xs_pending[cpu_number()], XC_ASKED,
	    XC_RUNNING) != XC_ASKED)
		return;
	(*xs->xs_func)(xs->xs_arg1, xs->xs_arg2);
	xc_finish(xs);
}

static void
xc_thread(void *arg)
{
	struct xc_state *xs = &xc_low;
	volatile u_int *pending = arg;

	for (;;) {
		mutex_spin_enter(&xs->xs_lock);
		while (*pending != XC_ASKED)
			cv_wait(&xs->xs_work, &xs->xs_lock);
		*pending = XC_RUNNING;
		mutex_spin_exit(&xs->xs_lock);
		(*xs->xs_func)(xs->xs_arg1, xs->xs_arg2);
		xc_finish(xs);
	}
}

void
xc_init_cpu(struct cpu_info *ci)
{
	struct lwp *l;

	l = lwp_create(PRI_XCALL, 0, ci, xc_thread,
	    __UNVOLATILE(&xc_low.xs_pending[cpu_index(ci)]), "xcall/%u",
	    cpu_index(ci));
	if (l == NULL)
		panic("no memory for the xcall thread of %s", cpu_name(ci));
	ci->ci_data.cpu_xcall = l;
	lwp_start(l);
}

/* Whoever waits for a second, an NMI handler's removal too, says for whom. */
static void
xc_report_late(const struct xc_state *xs)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci))
		if (xs->xs_pending[cpu_index(ci)] != XC_NOTHING)
			printf("xcall: %s has not answered for a second\n",
			    cpu_name(ci));
}

/* A part of the wait until the request is done; once it is said for whom. */
static void
xc_sleep(struct xc_state *xs, bool *said)
{
	KASSERT(mutex_owned(&xs->xs_lock));
	if (cv_timedwait(&xs->xs_idle, &xs->xs_lock, hz) == 0 || *said)
		return;
	*said = true;
	mutex_spin_exit(&xs->xs_lock);
	xc_report_late(xs);
	mutex_spin_enter(&xs->xs_lock);
}

/* Wait for our turn and fill in the request; ci NULL means every CPU. */
static uint64_t
xc_post(struct xc_state *xs, xcfunc_t func, void *arg1, void *arg2,
    struct cpu_info *only)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	bool said = false;

	KASSERT(mutex_owned(&xs->xs_lock));
	while (xs->xs_left != 0)
		xc_sleep(xs, &said);
	xs->xs_func = func;
	xs->xs_arg1 = arg1;
	xs->xs_arg2 = arg2;
	for (CPU_INFO_FOREACH(cii, ci)) {
		if (!ci->ci_running || (only != NULL && ci != only))
			continue;
		xs->xs_left++;
		atomic_store_release(&xs->xs_pending[cpu_index(ci)], XC_ASKED);
	}
	KASSERT(xs->xs_left != 0);
	return ++xs->xs_head;
}

/* Preemption stays off until our own part is done: it is for this CPU. */
static uint64_t
xc_highpri(xcfunc_t func, void *arg1, void *arg2, struct cpu_info *ci)
{
	uint64_t ticket;
	int s;

	mutex_spin_enter(&xc_high.xs_lock);
	ticket = xc_post(&xc_high, func, arg1, arg2, ci);
	kpreempt_disable();
	mutex_spin_exit(&xc_high.xs_lock);
	if (ci != curcpu() && ncpu > 1)
		xc_send_ipi(ci);
	s = splhigh();
	xc_ipi_handler();
	splx(s);
	kpreempt_enable();
	return ticket | XC_HIGHPRI_BIT;
}

static uint64_t
xc_lowpri(xcfunc_t func, void *arg1, void *arg2, struct cpu_info *ci)
{
	uint64_t ticket;

	mutex_spin_enter(&xc_low.xs_lock);
	ticket = xc_post(&xc_low, func, arg1, arg2, ci);
	cv_broadcast(&xc_low.xs_work);
	mutex_spin_exit(&xc_low.xs_lock);
	return ticket;
}

static uint64_t
xc_local(xcfunc_t func, void *arg1, void *arg2)
{
	int s = splhigh();

	(*func)(arg1, arg2);
	splx(s);
	return 0;
}

uint64_t
xc_unicast(unsigned int flags, xcfunc_t func, void *arg1, void *arg2,
    struct cpu_info *ci)
{
	if (cold || panicstr != NULL)
		return xc_local(func, arg1, arg2);
	assert_sleepable();
	if ((flags & XC_HIGHPRI) != 0)
		return xc_highpri(func, arg1, arg2, ci);
	return xc_lowpri(func, arg1, arg2, ci);
}

uint64_t
xc_broadcast(unsigned int flags, xcfunc_t func, void *arg1, void *arg2)
{
	return xc_unicast(flags, func, arg1, arg2, NULL);
}

void
xc_wait(uint64_t ticket)
{
	struct xc_state *xs = (ticket & XC_HIGHPRI_BIT) != 0 ? &xc_high :
	    &xc_low;
	bool said = false;
	u_int spins;

	ticket &= ~XC_HIGHPRI_BIT;
	for (spins = 0; spins < XC_SPINS; spins++) {
		if (atomic_load_acquire(&xs->xs_done) >= ticket ||
		    panicstr != NULL)
			return;
		SPINLOCK_BACKOFF_HOOK;
	}
	mutex_spin_enter(&xs->xs_lock);
	while (xs->xs_done < ticket && panicstr == NULL)
		xc_sleep(xs, &said);
	mutex_spin_exit(&xs->xs_lock);
}

static void
xc_nullop(void *arg1 __unused, void *arg2 __unused)
{
}

/* Everything that ran with interrupts off on another CPU is over. */
void
xc_barrier(unsigned int flags)
{
	xc_wait(xc_broadcast(flags, xc_nullop, NULL, NULL));
}
