/*
 * Sleep queues: threads that wait for an address.
 *
 * A thread puts itself on a queue and switches away without letting go of
 * sched_lock in between, and a waker needs sched_lock: there is no moment
 * at which the condition has been found false but the sleeper cannot be
 * found.  Timed sleepers are on a second list, in the order of their ends,
 * that the boot CPU's clock interrupt looks at.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/lwp.h>

#define SLEEPQ_HASH	64

static struct lwplist sleepq_hash[SLEEPQ_HASH];
static struct lwplist sleepq_timed = TAILQ_HEAD_INITIALIZER(sleepq_timed);

static struct lwplist *
sleepq_of(const void *wchan)
{
	struct lwplist *q;

	q = &sleepq_hash[((u_long)wchan >> 4 ^ (u_long)wchan >> 10) %
	    SLEEPQ_HASH];
	if (q->tqh_last == NULL)	/* first use of this one */
		TAILQ_INIT(q);
	return q;
}

/*
 * May this context sleep for long?  Not an interrupt handler, not with
 * interrupts off, not with a spin mutex held, and not the idle thread.
 */
void
assert_sleepable(void)
{
	int s;
	const char *why = NULL;

	NMI_FORBIDDEN();
	if (panicstr != NULL || cold)
		return;
	s = splhigh();
	if (cpu_intr_p())
		why = "in interrupt context";
	else if (curcpu()->ci_data.cpu_mtx_count != 0)
		why = "with a spin mutex held";
	else if (s == 0)
		why = "with interrupts off";
	else if ((curlwp->l_flag & LW_IDLE) != 0)
		why = "in the idle thread";
	else if ((curlwp->l_flag & LW_INTR) != 0)
		why = "in a software interrupt";
	else if (curlwp->l_nopreempt != 0)
		why = "with preemption disabled";
	splx(s);
	if (why != NULL)
		panic("assert_sleepable: %s would sleep %s", curlwp->l_name,
		    why);
}

/* By priority, in order of arrival among equals. */
void
sleepq_enter(const void *wchan, const char *wmesg)
{
	struct lwplist *q = sleepq_of(wchan);
	struct lwp *l = curlwp, *o;

	KASSERT(mutex_owned(&sched_lock));
	KASSERT(l->l_stat == LSONPROC);
	l->l_wchan = wchan;
	l->l_wmesg = wmesg;
	l->l_wakeerr = 0;
	l->l_stat = LSSLEEP;
	TAILQ_FOREACH(o, q, l_runq) {
		if (o->l_priority < l->l_priority)
			break;
	}
	if (o != NULL)
		TAILQ_INSERT_BEFORE(o, l, l_runq);
	else
		TAILQ_INSERT_TAIL(q, l, l_runq);
}

static void
sleepq_settimo(struct lwp *l, int timo)
{
	struct lwp *o;

	l->l_timeo = (int)((u_int)getticks() + (u_int)timo);
	l->l_timed = true;
	TAILQ_FOREACH(o, &sleepq_timed, l_timeq) {
		if ((int)((u_int)o->l_timeo - (u_int)l->l_timeo) > 0)
			break;
	}
	if (o != NULL)
		TAILQ_INSERT_BEFORE(o, l, l_timeq);
	else
		TAILQ_INSERT_TAIL(&sleepq_timed, l, l_timeq);
}

/* Take it off its queues; it is the caller's to run. */
static void
sleepq_unsleep(struct lwp *l, int error)
{
	KASSERT(l->l_stat == LSSLEEP);
	TAILQ_REMOVE(sleepq_of(l->l_wchan), l, l_runq);
	if (l->l_timed)
		TAILQ_REMOVE(&sleepq_timed, l, l_timeq);
	l->l_timed = false;
	l->l_wchan = NULL;
	l->l_wmesg = NULL;
	l->l_wakeerr = error;
}

/*
 * curlwp is on its queue, nothing but sched_lock is held.  timo 0 waits for
 * ever.  After a panic nobody is left to wake us: come back at once, and
 * the caller finds its condition unchanged.
 */
int
sleepq_block(int timo)
{
	struct lwp *l = curlwp;
	struct cpu_info *ci = curcpu();

	if (panicstr != NULL) {
		sleepq_unsleep(l, EWOULDBLOCK);
		l->l_stat = LSONPROC;
		mutex_spin_exit(&sched_lock);
		return EWOULDBLOCK;
	}
	KASSERTMSG(!cold, "%s sleeps on %s while cold", l->l_name, l->l_wmesg);
	KASSERTMSG((l->l_flag & LW_IDLE) == 0, "%s sleeps", l->l_name);
	KASSERTMSG(!cpu_intr_p(), "%s sleeps in interrupt context", l->l_name);
	KASSERTMSG(l->l_nopreempt == 0, "%s sleeps with preemption disabled",
	    l->l_name);
	KASSERTMSG(ci->ci_data.cpu_mtx_count == -1,
	    "%s sleeps with a spin mutex held", l->l_name);
	KASSERTMSG(ci->ci_data.cpu_mtx_oldspl != 0,
	    "%s sleeps with interrupts off", l->l_name);
	if (timo != 0)
		sleepq_settimo(l, timo);
	sched_switch();
	mutex_spin_exit(&sched_lock);
	return l->l_wakeerr;
}

int
sleepq_wait(const void *wchan, const char *wmesg, int timo, kmutex_t *interlock)
{
	mutex_spin_enter(&sched_lock);
	sleepq_enter(wchan, wmesg);
	if (interlock != NULL)
		mutex_exit_interlock(interlock);
	return sleepq_block(timo);
}

static struct lwp *
sleepq_find(const void *wchan)
{
	struct lwp *l;

	KASSERT(mutex_owned(&sched_lock));
	TAILQ_FOREACH(l, sleepq_of(wchan), l_runq) {
		if (l->l_wchan == wchan)
			break;
	}
	return l;
}

bool
sleepq_waiters(const void *wchan)
{
	return sleepq_find(wchan) != NULL;
}

struct lwp *
sleepq_wakeone(const void *wchan)
{
	struct lwp *l = sleepq_find(wchan);

	if (l != NULL) {
		sleepq_unsleep(l, 0);
		sched_enqueue(l);
	}
	return l;
}

void
sleepq_wakeall(const void *wchan)
{
	while (sleepq_wakeone(wchan) != NULL)
		continue;
}

/*
 * From the boot CPU's clock interrupt.  The first look needs no lock: whom
 * it just misses is seen at the next tick.
 */
void
sleepq_tick(int now)
{
	struct lwp *l;

	if (TAILQ_EMPTY(&sleepq_timed))
		return;
	mutex_spin_enter(&sched_lock);
	while ((l = TAILQ_FIRST(&sleepq_timed)) != NULL &&
	    (int)((u_int)l->l_timeo - (u_int)now) <= 0) {
		sleepq_unsleep(l, EWOULDBLOCK);
		sched_enqueue(l);
	}
	mutex_spin_exit(&sched_lock);
}

/*
 * kpause(9): sleep that many ticks, without mtx meanwhile.  There are no
 * signals, so intr makes no difference, and without a timeout, 0, nothing
 * ever wakes it: a thread that has gone to stay.
 */
int
kpause(const char *wmesg, bool intr __unused, int timo, kmutex_t *mtx)
{
	int error;

	NMI_FORBIDDEN();
	KASSERTMSG(timo > 0 || (timo == 0 && !cold), "kpause: %d ticks", timo);
	if (cold) {	/* the clock does not tick yet */
		delay((u_int)(timo * (1000000 / hz)));
		return EWOULDBLOCK;
	}
	if (mtx == NULL)
		assert_sleepable();
	error = sleepq_wait(&curlwp->l_timeq, wmesg, timo, mtx);
	if (mtx != NULL)
		mutex_enter(mtx);
	return error;
}
