/*
 * condvar(9), on sleep queues: the condvar's address is what threads wait
 * for, and the structure itself only carries a name.
 *
 * A waiter is on the queue before it releases the mutex, so whoever changes
 * the condition with the mutex held finds it.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/lwp.h>

void
cv_init(kcondvar_t *cv, const char *wmesg)
{
	KASSERT(wmesg != NULL);
	cv->cv_wmesg = wmesg;
}

void
cv_destroy(kcondvar_t *cv)
{
	KASSERT(cv->cv_wmesg != NULL);
	KASSERTMSG(!cv_has_waiters(cv), "cv_destroy: %s has waiters",
	    cv->cv_wmesg);
	cv->cv_wmesg = NULL;
}

/* timo is in ticks, 0 waits for ever.  0, or EWOULDBLOCK when time is up. */
int
cv_timedwait(kcondvar_t *cv, kmutex_t *mtx, int timo)
{
	int error;

	NMI_FORBIDDEN();
	KASSERTMSG(cv->cv_wmesg != NULL, "cv_wait: destroyed condvar");
	KASSERTMSG(mutex_owned(mtx), "cv_wait: %s: mutex not owned",
	    cv->cv_wmesg);
	KASSERTMSG((curlwp->l_flag & LW_INTR) == 0,
	    "cv_wait: %s: in a software interrupt", cv->cv_wmesg);
	KASSERT(timo >= 0);
	error = sleepq_wait(cv, cv->cv_wmesg, timo, mtx);
	mutex_enter(mtx);
	return error;
}

void
cv_wait(kcondvar_t *cv, kmutex_t *mtx)
{
	(void)cv_timedwait(cv, mtx, 0);
}

void
cv_signal(kcondvar_t *cv)
{
	KASSERT(cv->cv_wmesg != NULL);
	mutex_spin_enter(&sched_lock);
	sleepq_wakeone(cv);
	mutex_spin_exit(&sched_lock);
}

void
cv_broadcast(kcondvar_t *cv)
{
	KASSERT(cv->cv_wmesg != NULL);
	mutex_spin_enter(&sched_lock);
	sleepq_wakeall(cv);
	mutex_spin_exit(&sched_lock);
}

bool
cv_has_waiters(kcondvar_t *cv)
{
	bool has;

	mutex_spin_enter(&sched_lock);
	has = sleepq_waiters(cv);
	mutex_spin_exit(&sched_lock);
	return has;
}
