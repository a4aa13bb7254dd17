/*
 * The scheduler: who runs next, and the switch.
 *
 * One spin lock, sched_lock, covers the run queues, the sleep queues and
 * every thread's state.  Threads that may run anywhere wait in one global
 * queue, so that no CPU idles while another has two; bound threads wait in
 * their CPU's own.  Of two threads with the same priority the one that has
 * waited longer runs.
 *
 * The hand-off.  sched_switch() is entered with sched_lock held, and the
 * lock is released by whatever runs next on this CPU.  Until then no other
 * CPU can choose the old thread, whose stack pointer is being saved, and
 * nobody can free the stack of one that is exiting.  The lock is held by the
 * CPU, not by a thread, so its owner does not change; only what splx() gets
 * when it is released belongs to the thread, and travels with it.
 *
 * ci_want_resched asks a CPU to come here.  It is set with sched_lock held,
 * after the queue has changed, and cleared with sched_lock held, before the
 * queue is read: a request can be served once too often, but not lost.
 * (The clock sets it without the lock, and asks again at the next tick.)
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/proc.h>
#include <sys/sched.h>

kmutex_t sched_lock = MUTEX_SPIN_INITIALIZER;

static struct runq sched_runq;	/* threads that are not bound */
static struct runq sched_runq0;	/* cpu0's, before there is an allocator */

void
sched_init(void)
{
	struct cpu_info *ci = curcpu();

	KASSERT(curlwp == &lwp0);
	runq_init(&sched_runq);
	runq_init(&sched_runq0);
	ci->ci_data.cpu_runq = &sched_runq0;
	ci->ci_idlelwp = &lwp0;
	lwp0.l_cpu = ci;
	TAILQ_INSERT_TAIL(&alllwp, &lwp0, l_list);
}

/* The queue a thread belongs to while it waits for a CPU. */
static struct runq *
sched_runqof(struct lwp *l)
{
	if ((l->l_flag & LW_BOUND) != 0)
		return l->l_cpu->ci_data.cpu_runq;
	return &sched_runq;
}

/* The best thread for this CPU, or NULL.  It stays in its queue. */
static struct lwp *
sched_best(struct cpu_info *ci)
{
	struct lwp *any = runq_first(&sched_runq);
	struct lwp *own = runq_first(ci->ci_data.cpu_runq);

	if (any == NULL || own == NULL)
		return any != NULL ? any : own;
	if (any->l_priority != own->l_priority)
		return any->l_priority > own->l_priority ? any : own;
	return any->l_runseq < own->l_runseq ? any : own;
}

static bool
sched_isidle(struct cpu_info *ci)
{
	/* With the flag set it is already on its way to some other thread. */
	return ci->ci_running && ci->ci_curlwp == ci->ci_idlelwp &&
	    ci->ci_want_resched == 0;
}

/*
 * Which CPU should look at the queue because this thread is in it: where it
 * ran last if that idles, else any idle one, else the one with the least to
 * lose, if that is less than this thread.
 */
static struct cpu_info *
sched_choosecpu(struct lwp *l)
{
	struct cpu_info *ci, *least = NULL;
	CPU_INFO_ITERATOR cii;

	if ((l->l_flag & LW_BOUND) != 0 || sched_isidle(l->l_cpu))
		return l->l_cpu;
	for (CPU_INFO_FOREACH(cii, ci)) {
		if (sched_isidle(ci))
			return ci;
		if (!ci->ci_running || ci->ci_want_resched != 0)
			continue;
		if (least == NULL ||
		    ci->ci_curlwp->l_priority < least->ci_curlwp->l_priority)
			least = ci;
	}
	return least;
}

static void
sched_kick(struct lwp *l)
{
	struct cpu_info *ci = sched_choosecpu(l);

	if (ci == NULL || !ci->ci_running)
		return;
	if (ci->ci_curlwp == ci->ci_idlelwp ||
	    ci->ci_curlwp->l_priority < l->l_priority)
		cpu_need_resched(ci);
}

void
sched_enqueue(struct lwp *l)
{
	KASSERT(mutex_owned(&sched_lock));
	l->l_stat = LSRUN;
	l->l_slice = SCHED_SLICE;
	runq_insert(sched_runqof(l), l, false);
	sched_kick(l);
}

/*
 * A thread that matters more waits for this one: it runs with the waiter's
 * priority until it releases a mutex somebody waits for.
 */
void
sched_lendpri(struct lwp *l, pri_t pri)
{
	KASSERT(mutex_owned(&sched_lock));
	if (l->l_stat != LSRUN) {
		l->l_priority = pri;
		return;
	}
	runq_remove(sched_runqof(l), l);
	l->l_priority = pri;
	runq_insert(sched_runqof(l), l, false);
	sched_kick(l);
}

/*
 * On the new thread's stack, whether it was here before or is starting.
 * The old thread's registers are safe now.
 */
void
sched_switched(struct lwp *prev)
{
	KASSERT(mutex_owned(&sched_lock));
	if (prev->l_stat == LSZOMB)
		lwp_zombie(prev);
}

/*
 * Give the CPU to the best thread there is, the idle one if there is none.
 * The caller has put curlwp where it is to wait and set its l_stat.
 */
void
sched_switch(void)
{
	struct lwp *l = curlwp, *next;
	struct cpu_info *ci = curcpu();
	int oldspl = ci->ci_data.cpu_mtx_oldspl;

	KASSERTMSG(ci->ci_data.cpu_mtx_count == -1,
	    "switching with %d spin mutexes held", -ci->ci_data.cpu_mtx_count);
	ci->ci_want_resched = 0;
	ci->ci_data.cpu_nsched++;
	if ((next = sched_best(ci)) != NULL)
		runq_remove(sched_runqof(next), next);
	else
		next = ci->ci_idlelwp;
	next->l_stat = LSONPROC;
	next->l_cpu = ci;
	if (next == l)
		return;
	ci->ci_data.cpu_nswtch++;
	if (l->l_proc != NULL || next->l_proc != NULL)
		cpu_proc_switch(l, next);
	sched_switched(cpu_switchto(l, next));
	/* Perhaps on another CPU. */
	curcpu()->ci_data.cpu_mtx_oldspl = oldspl;
}

/* Back to the queue; at its head if the slice is not used up. */
static void
sched_requeue(struct lwp *l, bool head)
{
	l->l_stat = LSRUN;
	if (!head)
		l->l_slice = SCHED_SLICE;
	if ((l->l_flag & LW_IDLE) == 0)	/* the idle thread needs no queue */
		runq_insert(sched_runqof(l), l, head);
	sched_switch();
}

/*
 * Let others of the same priority run.  No other CPU is told about the
 * caller: were one idle, it would have nothing to yield to.
 */
void
yield(void)
{
	if (cold)
		return;
	mutex_spin_enter(&sched_lock);
	sched_requeue(curlwp, false);
	mutex_spin_exit(&sched_lock);
}

void
preempt(void)
{
	yield();
}

/* Has anybody a better right to this CPU than the thread it runs? */
static bool
sched_wanted(struct cpu_info *ci, struct lwp *l)
{
	struct lwp *best = sched_best(ci);

	if (best == NULL)
		return false;
	if ((l->l_flag & LW_IDLE) != 0)
		return true;
	if (best->l_priority == l->l_priority)
		return l->l_slice <= 0;
	return best->l_priority > l->l_priority;
}

static bool
sched_maypreempt(struct cpu_info *ci, struct lwp *l)
{
	return ci->ci_want_resched != 0 && !cold && panicstr == NULL &&
	    l->l_nopreempt == 0 && ci->ci_intr_depth == 0 &&
	    ci->ci_data.cpu_mtx_count == 0 && ci->ci_running;
}

void
sched_intr_return(void)
{
	struct cpu_info *ci = curcpu();
	struct lwp *l = curlwp;

	if (!sched_maypreempt(ci, l))
		return;
	mutex_spin_enter(&sched_lock);
	ci->ci_want_resched = 0;
	ci->ci_data.cpu_nsched++;
	if (sched_wanted(ci, l))
		sched_requeue(l, l->l_slice > 0);
	else if (l->l_slice <= 0)
		l->l_slice = SCHED_SLICE;
	mutex_spin_exit(&sched_lock);
}

void
kpreempt_disable(void)
{
	curlwp->l_nopreempt++;
	__insn_barrier();
}

/* A request that came meanwhile found l_nopreempt set: serve it here. */
void
kpreempt_enable(void)
{
	struct lwp *l = curlwp;
	int s;

	__insn_barrier();
	KASSERT(l->l_nopreempt > 0);
	if (--l->l_nopreempt != 0 || curcpu()->ci_want_resched == 0)
		return;
	if ((s = splhigh()) != 0)
		sched_intr_return();
	splx(s);
}

bool
kpreempt_disabled(void)
{
	struct lwp *l = curlwp;
	int s = splhigh();

	splx(s);	/* a handler, or a spin mutex, means that they were off */
	return cold || s == 0 || l->l_nopreempt != 0 ||
	    (l->l_flag & LW_IDLE) != 0;
}

/*
 * A thread that has used its slice must look whether an equal waits.  An
 * idle CPU looks at the queue too: a thread that was preempted tells nobody
 * that it could go on elsewhere.
 */
void
sched_tick(struct cpu_info *ci)
{
	struct lwp *l = ci->ci_curlwp;

	l->l_ticks++;
	if ((l->l_flag & LW_IDLE) != 0) {
		if (runq_first(&sched_runq) != NULL)
			cpu_need_resched(ci);
	} else if (--l->l_slice <= 0)
		cpu_need_resched(ci);
}

/*
 * The idle loop.  Interrupts are off from the look at the queue to the hlt,
 * and cpu_idle() looks at ci_want_resched in between: what is queued after
 * we looked has either set it or has an interrupt pending that ends the hlt.
 */
void
sched_start_cpu(void)
{
	struct cpu_info *ci = curcpu();

	KASSERT(curlwp == ci->ci_idlelwp);
	(void)splhigh();
	ci->ci_running = true;
	for (;;) {
		mutex_spin_enter(&sched_lock);
		sched_requeue(curlwp, false);
		mutex_spin_exit(&sched_lock);
		cpu_idle();
		(void)splhigh();
	}
}
