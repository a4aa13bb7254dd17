/*
 * sysmon_wdog(9): the hardware watchdogs there are, and the one that is
 * armed.
 *
 * A mutex serializes threads.  Whoever stops the machine (debugger, panic)
 * suspends the armed device without it, perhaps between any two steps of a
 * thread; so smw_mode is the truth that both go by, written before the device
 * is, and an armed device is known as armed before it counts.
 *
 * A callout at half of the period tickles in the kernel's name, and arms again
 * what has bitten: after a bite most devices stop.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/mutex.h>
#include <sys/sysmon_wdog.h>

static kmutex_t wdog_lock = MUTEX_ADAPTIVE_INITIALIZER;
static TAILQ_HEAD(, sysmon_wdog) wdog_list = { NULL, &wdog_list.tqh_first };
static struct sysmon_wdog *volatile wdog_armed;
static volatile u_int wdog_suspended;	/* the mode to resume with */
static volatile bool wdog_failed;	/* the last call of the device; said once */
static callout_t wdog_callout;

static struct sysmon_wdog *
wdog_find(const char *name)
{
	struct sysmon_wdog *smw;

	KASSERT(mutex_owned(&wdog_lock));
	TAILQ_FOREACH(smw, &wdog_list, smw_list)
		if (strcmp(smw->smw_name, name) == 0)
			return smw;
	return NULL;
}

static int
wdog_setmode(struct sysmon_wdog *smw, u_int mode)
{
	atomic_store_release(&smw->smw_mode, mode);
	return (*smw->smw_setmode)(smw);
}

/* At most half a minute: what has bitten is armed again that soon. */
static int
wdog_interval(const struct sysmon_wdog *smw)
{
	return (int)MIN(smw->smw_period, 60) * hz / 2;
}

/* A device that goes deaf is told of once. */
static void
wdog_result(struct sysmon_wdog *smw, int error, const char *what)
{
	if (error == 0)
		atomic_store_relaxed(&smw->smw_tickled, uptime_us());
	if (error != 0 && !wdog_failed)
		printf("watchdog: %s could not be %s, error %d; tried again\n",
		    smw->smw_name, what, error);
	wdog_failed = error != 0;
}

static void
wdog_rearm(struct sysmon_wdog *smw)
{
	int error = (*smw->smw_setmode)(smw);

	wdog_result(smw, error, "armed again");
	if (error == 0)
		sysmon_wdog_rearmed(smw);
}

/* In a thread of callout(9). */
static void
wdog_tick(void *arg __unused)
{
	struct sysmon_wdog *smw;

	mutex_enter(&wdog_lock);
	if ((smw = wdog_armed) != NULL) {
		/* What failed may have lost its mode, too. */
		if (sysmon_wdog_bitten(smw) || wdog_failed)
			wdog_rearm(smw);
		else if (smw->smw_mode == WDOG_MODE_KTICKLE)
			wdog_result(smw, (*smw->smw_tickle)(smw), "tickled");
		callout_schedule(&wdog_callout, wdog_interval(smw));
	}
	mutex_exit(&wdog_lock);
}

int
sysmon_wdog_register(struct sysmon_wdog *smw)
{
	int error = EEXIST;

	mutex_enter(&wdog_lock);
	if (wdog_find(smw->smw_name) == NULL) {
		TAILQ_INSERT_TAIL(&wdog_list, smw, smw_list);
		error = 0;
	}
	mutex_exit(&wdog_lock);
	return error;
}

/* With the lock, which is let go while the callout ends. */
static int
wdog_disarm(struct sysmon_wdog *smw)
{
	u_int mode = smw->smw_mode;
	int error;

	error = wdog_setmode(smw, WDOG_MODE_DISARMED);
	if (error != 0) {
		atomic_store_release(&smw->smw_mode, mode);
		return error;
	}
	atomic_store_release(&wdog_armed, NULL);
	sysmon_wdog_rearmed(smw);
	callout_halt(&wdog_callout, &wdog_lock);
	return 0;
}

void
sysmon_wdog_unregister(struct sysmon_wdog *smw)
{
	mutex_enter(&wdog_lock);
	if (wdog_armed == smw)
		(void)wdog_disarm(smw);
	TAILQ_REMOVE(&wdog_list, smw, smw_list);
	mutex_exit(&wdog_lock);
	if (smw->smw_handler != NULL)
		nmi_disestablish(smw->smw_handler);
	smw->smw_handler = NULL;
}

/* The handler stays when it is disarmed: an NMI may still be on its way. */
static bool
wdog_handler(struct sysmon_wdog *smw)
{
	smw->smw_cause = nmi_cause_add(smw->smw_name);
	if (smw->smw_handler == NULL)
		smw->smw_handler = nmi_establish(smw->smw_nmi, smw);
	return smw->smw_handler != NULL;
}

static int
wdog_arm(struct sysmon_wdog *smw, u_int mode, u_int period)
{
	int error;

	if (smw == NULL)
		return ENOENT;
	if (period == WDOG_PERIOD_DEFAULT)
		period = smw->smw_defperiod;
	if (period < smw->smw_minperiod || period > smw->smw_maxperiod)
		return ERANGE;
	if (wdog_armed != NULL)
		return EBUSY;
	if (!wdog_handler(smw))
		return ENOMEM;
	smw->smw_period = period;
	smw->smw_tickled = uptime_us();
	atomic_store_release(&wdog_armed, smw);
	if ((error = wdog_setmode(smw, mode)) != 0) {
		smw->smw_mode = WDOG_MODE_DISARMED;
		atomic_store_release(&wdog_armed, NULL);
		return error;
	}
	smw->smw_tickled = uptime_us();
	wdog_failed = false;
	if (wdog_callout.c_func == NULL)
		callout_init(&wdog_callout, CALLOUT_MPSAFE);
	callout_reset(&wdog_callout, wdog_interval(smw), wdog_tick, NULL);
	return 0;
}

int
sysmon_wdog_arm(const char *name, u_int mode, u_int period)
{
	int error;

	mutex_enter(&wdog_lock);
	error = wdog_arm(wdog_find(name), mode, period);
	mutex_exit(&wdog_lock);
	return error;
}

/* With the lock: the device of that name, if it is the one that is armed. */
static int
wdog_find_armed(const char *name, struct sysmon_wdog **smw)
{
	*smw = wdog_find(name);
	if (*smw == NULL)
		return ENOENT;
	return *smw == wdog_armed ? 0 : ENXIO;
}

int
sysmon_wdog_disarm(const char *name)
{
	struct sysmon_wdog *smw;
	int error;

	mutex_enter(&wdog_lock);
	error = wdog_find_armed(name, &smw);
	if (error == 0)
		error = wdog_disarm(smw);
	mutex_exit(&wdog_lock);
	return error;
}

int
sysmon_wdog_utickle(const char *name)
{
	struct sysmon_wdog *smw;
	int error;

	mutex_enter(&wdog_lock);
	error = wdog_find_armed(name, &smw);
	if (error == 0 && smw->smw_mode != WDOG_MODE_UTICKLE)
		error = EPERM;
	if (error == 0)
		error = (*smw->smw_tickle)(smw);
	if (error == 0)
		smw->smw_tickled = uptime_us();
	mutex_exit(&wdog_lock);
	return error;
}

bool
sysmon_wdog_get(u_int n, struct sysmon_wdog *copy)
{
	const struct sysmon_wdog *smw;

	mutex_enter(&wdog_lock);
	TAILQ_FOREACH(smw, &wdog_list, smw_list)
		if (n-- == 0)
			break;
	if (smw != NULL)
		*copy = *smw;
	mutex_exit(&wdog_lock);
	return smw != NULL;
}

bool
sysmon_wdog_lookup(const char *name, struct sysmon_wdog *copy)
{
	const struct sysmon_wdog *smw;

	mutex_enter(&wdog_lock);
	if ((smw = wdog_find(name)) != NULL)
		*copy = *smw;
	mutex_exit(&wdog_lock);
	return smw != NULL;
}

/* Any context, machine stopped: nobody tickles while it is. */
void
sysmon_wdog_suspend(void)
{
	struct sysmon_wdog *smw = wdog_armed;

	if (smw == NULL || smw->smw_mode == WDOG_MODE_DISARMED)
		return;
	wdog_suspended = smw->smw_mode;
	(void)wdog_setmode(smw, WDOG_MODE_DISARMED);
}

/*
 * The same, about to go on.  A device that does not answer is armed by the
 * next callout.
 */
void
sysmon_wdog_resume(void)
{
	struct sysmon_wdog *smw = wdog_armed;
	u_int mode = wdog_suspended;

	wdog_suspended = 0;
	if (smw == NULL || mode == 0)
		return;
	if (wdog_setmode(smw, mode) != 0) {
		wdog_failed = true;
		return;
	}
	smw->smw_tickled = uptime_us();
	sysmon_wdog_rearmed(smw);
}
