/*
 * callout(9), on a hashed wheel: a callout due at tick t is in list
 * t % CALLOUT_WHEEL, in the order of scheduling.  The clock interrupt that
 * makes time advances callout_now; when that list is not empty it asks for the
 * software interrupt, which catches up from callout_done to callout_now.
 *
 * callout_lock covers it all and is dropped round the function.  callout_cur
 * is then the only thing that says so: the function may have freed its
 * callout, which is not looked at again.  Only one runs at a time.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/callout.h>
#include <sys/condvar.h>
#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/lwp.h>

#define CALLOUT_WHEEL	256
#define CALLOUT_MAGIC	0x11deeba1

TAILQ_HEAD(callout_list, callout);

static kmutex_t callout_lock = MUTEX_SPIN_INITIALIZER;
static struct callout_list callout_wheel[CALLOUT_WHEEL];
static u_int callout_now, callout_done;
static bool callout_busy;		/* some CPU is catching up */
static callout_t *callout_cur;		/* its function is running ... */
static struct lwp *callout_lwp;		/* ... in this thread ... */
static u_int callout_halters;		/* ... and so many wait for its end */
static kcondvar_t callout_cv = { .cv_wmesg = "callout" };
static void *callout_sih;

static struct callout_list *
callout_bucket(u_int when)
{
	struct callout_list *b = &callout_wheel[when % CALLOUT_WHEEL];

	if (b->tqh_last == NULL)	/* first use of this one */
		TAILQ_INIT(b);
	return b;
}

void
callout_init(callout_t *c, u_int flags)
{
	memset(c, 0, sizeof(*c));
	c->c_flags = flags & CALLOUT_MPSAFE;
	c->c_magic = CALLOUT_MAGIC;
}

void
callout_destroy(callout_t *c)
{
	KASSERTMSG(c->c_magic == CALLOUT_MAGIC, "callout_destroy: %p bad magic",
	    (void *)c);
	mutex_spin_enter(&callout_lock);
	KASSERTMSG((c->c_flags & CALLOUT_PENDING) == 0,
	    "callout_destroy: %p is pending", (void *)c);
	KASSERTMSG(callout_cur != c || callout_lwp == curlwp,
	    "callout_destroy: %p is running", (void *)c);
	c->c_magic = 0;
	mutex_spin_exit(&callout_lock);
}

static void
callout_unlink(callout_t *c)
{
	if ((c->c_flags & CALLOUT_PENDING) != 0)
		TAILQ_REMOVE(callout_bucket((u_int)c->c_time), c, c_list);
	c->c_flags &= ~(u_int)CALLOUT_PENDING;
}

static void
callout_link(callout_t *c, int ticks)
{
	KASSERTMSG(c->c_magic == CALLOUT_MAGIC && c->c_func != NULL,
	    "callout %p is not initialized", (void *)c);
	callout_unlink(c);
	c->c_time = (int)(callout_now + (u_int)MAX(ticks, 1));
	c->c_flags &= ~(u_int)CALLOUT_FIRED;
	c->c_flags |= CALLOUT_PENDING;
	TAILQ_INSERT_TAIL(callout_bucket((u_int)c->c_time), c, c_list);
}

void
callout_setfunc(callout_t *c, void (*func)(void *), void *arg)
{
	mutex_spin_enter(&callout_lock);
	c->c_func = func;
	c->c_arg = arg;
	mutex_spin_exit(&callout_lock);
}

void
callout_reset(callout_t *c, int ticks, void (*func)(void *), void *arg)
{
	mutex_spin_enter(&callout_lock);
	c->c_func = func;
	c->c_arg = arg;
	callout_link(c, ticks);
	mutex_spin_exit(&callout_lock);
}

void
callout_schedule(callout_t *c, int ticks)
{
	mutex_spin_enter(&callout_lock);
	callout_link(c, ticks);
	mutex_spin_exit(&callout_lock);
}

/* With callout_lock held: off the wheel; true if it had expired already. */
static bool
callout_cancel(callout_t *c)
{
	bool fired = (c->c_flags & CALLOUT_FIRED) != 0;

	KASSERTMSG(c->c_magic == CALLOUT_MAGIC, "callout_stop: %p bad magic",
	    (void *)c);
	callout_unlink(c);
	c->c_flags &= ~(u_int)CALLOUT_FIRED;
	return fired;
}

bool
callout_stop(callout_t *c)
{
	bool fired;

	mutex_spin_enter(&callout_lock);
	fired = callout_cancel(c);
	mutex_spin_exit(&callout_lock);
	return fired;
}

/*
 * Like callout_stop(), and the function is not running any more, unless the
 * caller is that function.  The interlock, which it may want, is released
 * while we wait for it.  If it schedules itself again, that is cancelled too.
 */
bool
callout_halt(callout_t *c, void *interlock)
{
	bool fired;

	mutex_spin_enter(&callout_lock);
	fired = callout_cancel(c);
	if (callout_cur != c || callout_lwp == curlwp) {
		mutex_spin_exit(&callout_lock);
		return fired;
	}
	mutex_spin_exit(&callout_lock);
	if (interlock != NULL)
		mutex_exit(interlock);
	mutex_spin_enter(&callout_lock);
	while (callout_cur == c) {
		callout_halters++;
		cv_wait(&callout_cv, &callout_lock);
	}
	(void)callout_cancel(c);
	mutex_spin_exit(&callout_lock);
	if (interlock != NULL)
		mutex_enter(interlock);
	return true;
}

static bool
callout_flag(const callout_t *c, u_int flag)
{
	bool set;

	mutex_spin_enter(&callout_lock);
	set = (c->c_flags & flag) != 0;
	mutex_spin_exit(&callout_lock);
	return set;
}

bool
callout_pending(callout_t *c)
{
	return callout_flag(c, CALLOUT_PENDING);
}

bool
callout_expired(callout_t *c)
{
	return callout_flag(c, CALLOUT_FIRED);
}

bool
callout_active(callout_t *c)
{
	return callout_flag(c, CALLOUT_PENDING | CALLOUT_FIRED);
}

bool
callout_invoking(callout_t *c)
{
	return callout_flag(c, CALLOUT_INVOKING);
}

void
callout_ack(callout_t *c)
{
	mutex_spin_enter(&callout_lock);
	c->c_flags &= ~(u_int)CALLOUT_INVOKING;
	mutex_spin_exit(&callout_lock);
}

/* With callout_lock held, which is dropped meanwhile. */
static void
callout_invoke(callout_t *c)
{
	void (*func)(void *) = c->c_func;
	void *arg = c->c_arg;

	callout_unlink(c);
	c->c_flags |= CALLOUT_FIRED | CALLOUT_INVOKING;
	callout_cur = c;
	callout_lwp = curlwp;
	mutex_spin_exit(&callout_lock);
	(*func)(arg);
	mutex_spin_enter(&callout_lock);
	callout_cur = NULL;
	if (callout_halters == 0)
		return;
	callout_halters = 0;
	(void)callout_cancel(c);	/* it is still there: they wait for it */
	cv_broadcast(&callout_cv);
}

static callout_t *
callout_due(u_int when)
{
	callout_t *c;

	TAILQ_FOREACH(c, callout_bucket(when), c_list) {
		if ((u_int)c->c_time == when)
			break;
	}
	return c;
}

/*
 * When another CPU has taken over the clock, its software interrupt may find
 * ours still in a function: that one goes on with what is due then.
 */
static void
callout_softclock(void *arg __unused)
{
	callout_t *c;

	mutex_spin_enter(&callout_lock);
	if (callout_busy) {
		mutex_spin_exit(&callout_lock);
		return;
	}
	callout_busy = true;
	while (callout_done != callout_now) {
		/* Nothing can become due at a tick that has been reached. */
		while ((c = callout_due(callout_done + 1)) != NULL)
			callout_invoke(c);
		callout_done++;
	}
	callout_busy = false;
	mutex_spin_exit(&callout_lock);
}

/*
 * callout_now moves under the lock: what is scheduled for the next tick is
 * on the wheel before that tick looks at its list, or due one later.
 */
void
callout_hardclock(int now)
{
	bool due;

	mutex_spin_enter(&callout_lock);
	if ((int)((u_int)now - callout_now) <= 0) {
		mutex_spin_exit(&callout_lock);
		return;		/* of a CPU that was overtaken */
	}
	due = callout_done != callout_now ||
	    !TAILQ_EMPTY(callout_bucket((u_int)now));
	callout_now = (u_int)now;
	if (!due)
		callout_done = callout_now;	/* the usual tick */
	mutex_spin_exit(&callout_lock);
	if (due && callout_sih != NULL)
		softint_schedule(callout_sih);
}

void
callout_startup(void)
{
	callout_sih = softint_establish(SOFTINT_CLOCK | SOFTINT_MPSAFE,
	    callout_softclock, NULL);
	if (callout_sih == NULL)
		panic("callout_startup: no memory");
}
