/*
 * The hard-lockup watchdog: a CPU that takes no clock interrupts any more is
 * found by NMI and says itself where it is.
 *
 * In rounds, some a second, somebody looks whether each CPU's clock ticks have
 * moved.  As long as one CPU lives its clock interrupt does that; and each
 * time it puts off an NMI that a device would raise, as on a dead man's
 * handle.  So in a healthy machine there are no NMIs.  Once nobody puts it
 * off, it comes, and its handler makes the round and sets it again: then
 * rounds go on though no CPU takes interrupts.
 *
 * Rounds are counted, not time: a machine that stands still, or that its host
 * keeps waiting, makes none.  A CPU without a tick in as many rounds as make up
 * the period is sent NMIs, one a round.  Only when it has taken some of them,
 * each after it had returned from the one before, and no clock interrupt in
 * between, which would have come at the first one's iretq, is it stuck: it
 * runs, but with interrupts off.  One that takes no NMI, either, is reported by
 * who made the round.
 *
 * What is ours.  The device's NMI goes to one CPU, and is claimed there if its
 * time has come; the others are sent by us, and known by wc_owed.  Whoever
 * claims one lets in what waits behind it: if that was not ours as well it
 * is not claimed, so the debug switch is answered.
 *
 * NMI context and clock interrupts: no locks, no allocation.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kernel.h>
#include <sys/sysctl.h>
#include <sys/watchdog.h>

#include <machine/cpu.h>
#include <machine/frame.h>

#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/nmivar.h>
#include <x86/wdogvar.h>

#define WDOG_INTERVAL_US	500000	/* from round to round, at most */
#define WDOG_ROUNDS		8	/* of a period, at least */
#define WDOG_ROUND_OFFS		5	/* times the device is put off in one */
#define TICK_US			(1000000 / hz)

static struct {
	const struct wdog_source *volatile w_source;	/* NULL: off */
	const struct wdog_source *volatile w_tested;
	volatile bool w_quiet;		/* the machine is stopped */
	volatile u_int w_busy;		/* somebody makes a round */
	volatile uint64_t w_last;	/* TSC of the last one */
	volatile uint64_t w_put_off;	/* TSC when a clock interrupt put it off */
	u_int w_us;			/* from round to round */
	uint64_t w_tsc;
	u_int w_off_ticks, w_off_us;	/* as often it is put off */
	uint64_t w_off_min, w_min;	/* not much less, by the TSC */
	u_int w_ahead;			/* us that a healthy CPU puts it off by */
} wdog;

volatile u_int wdog_arrived;
static nmi_handler_t *wdog_handle;
static uint32_t cause_ours, cause_fired;	/* in the log of NMIs */
static int64_t nfired;

/* Who gets the device's NMI that this CPU puts off. */
static struct cpu_info *
target(const struct wdog_source *src, struct cpu_info *ci)
{
	return src->ws_percpu ? ci : WDOG_TARGET;
}

/* Another time for the device's NMI.  If it came just now, its CPU is told. */
static void
put_off(const struct wdog_source *src, struct cpu_info *ci, u_int us)
{
	if (src->ws_put_off(us)) {
		wdog_owe(target(src, ci));	/* first: it may be taken at any moment */
		src->ws_commit();
	}
}

/* Is it time for a round, and are we the one to make it? */
static bool
round_begin(uint64_t now)
{
	if (now - wdog.w_last < wdog.w_min ||
	    atomic_cas_uint(&wdog.w_busy, 0, 1) != 0)
		return false;
	wdog.w_last = now;
	return true;
}

static void
round_end(void)
{
	atomic_store_release(&wdog.w_busy, 0);
}

/*
 * A device of all CPUs is put off by the first one that finds it is time; by
 * two at the same moment does no harm.
 */
static bool
is_to_put_off(const struct wdog_source *src, uint64_t now)
{
	if (!src->ws_percpu && now - wdog.w_put_off < wdog.w_off_min)
		return false;
	wdog.w_put_off = now;
	return true;
}

u_int
cpu_watchdog_check(struct cpu_info *ci)
{
	const struct wdog_source *src = wdog.w_source;
	uint64_t now = rdtsc();

	if (src == NULL || wdog.w_quiet)
		return hz;
	if (wdog_owed_p(ci))
		wdog_settle(ci);
	if (is_to_put_off(src, now)) {
		put_off(src, ci, wdog.w_ahead);
		if (wdog.w_quiet)	/* meanwhile, and may not know of us */
			put_off(src, ci, 0);
	}
	if (!round_begin(now))
		return wdog.w_off_ticks;
	wdog_round(ci, 0);
	round_end();
	if (wdog_hung_p())
		wdog_send(ci);	/* what is to be said is said in an NMI */
	return wdog.w_off_ticks;
}

/*
 * The device's NMI: nobody has put it off.  That it came we know.  w_put_off
 * is left alone: the next clock interrupt, if there is one, puts it off further.
 */
static void
fire(const struct wdog_source *src, struct cpu_info *ci)
{
	uint64_t now = rdtsc(), before = wdog.w_last;

	nfired++;
	wdog_set(src, wdog.w_off_us);
	if (!round_begin(now))
		return;
	wdog_round(ci, now - before > wdog.w_tsc + wdog.w_tsc / 2);
	round_end();
}

static int
wdog_nmi(const struct trapframe *tf, void *arg __unused)
{
	struct cpu_info *ci = curcpu();
	const struct wdog_source *tested = wdog.w_tested;
	const struct wdog_source *src = tested != NULL ? tested : wdog.w_source;
	bool fired = src != NULL && target(src, ci) == ci && src->ws_fired();

	if (!fired && !wdog_owed_p(ci))
		return 0;
	nmi_cause_note(fired ? cause_ours | cause_fired : cause_ours);
	if (fired && src == tested) {
		wdog_set(src, 0);
		wdog_arrived++;
	} else if (fired && !wdog.w_quiet)
		fire(src, ci);
	wdog_claim(ci, fired);
	if (wdog.w_source != NULL && !wdog.w_quiet)
		wdog_judge(tf, ci);
	return 1;
}

/* Thread context from here on, but for the hooks at the end. */

bool
wdog_establish(void)
{
	cause_ours = nmi_cause_add("watchdog");
	if (wdog_handle == NULL)
		wdog_handle = nmi_establish(wdog_nmi, NULL);
	return wdog_handle != NULL;
}

void
wdog_disestablish(void)
{
	if (wdog_handle != NULL)
		nmi_disestablish(wdog_handle);
	wdog_handle = NULL;
}

/* Of a source that is used later, too: each that fires is tested first. */
void
wdog_test_begin(const struct wdog_source *src)
{
	cause_fired = nmi_cause_add(src->ws_name);
	atomic_store_release(&wdog.w_tested, src);
}

void
wdog_test_end(void)
{
	atomic_store_release(&wdog.w_tested, NULL);
}

static void
restart(void)
{
	const struct wdog_source *src = wdog.w_source;

	wdog_forget();
	wdog.w_last = wdog.w_put_off = rdtsc();
	atomic_store_release(&wdog.w_quiet, false);
	put_off(src, curcpu(), wdog.w_ahead);
}

static uint64_t
us_to_tsc(u_int us)
{
	return (uint64_t)us * (tsc_freq / 1000000);
}

/* Watch, by a source that was started, or with another period. */
void
wdog_begin(const struct wdog_source *src, u_int seconds)
{
	u_int us = MIN(WDOG_INTERVAL_US, seconds * 1000000 / WDOG_ROUNDS);

	watchdog_quiet();
	wdog.w_off_ticks = MIN(us, src->ws_longest() / 4 * 3) / TICK_US;
	wdog.w_off_us = wdog.w_off_ticks * TICK_US;
	wdog.w_off_min = us_to_tsc(wdog.w_off_us) / 8 * 7;
	wdog.w_ahead = MIN(2 * wdog.w_off_us, src->ws_longest());
	/* The NMI comes so often then, and every so many make a round. */
	us = MIN(us, WDOG_ROUND_OFFS * wdog.w_off_us);
	wdog.w_us = us / wdog.w_off_us * wdog.w_off_us;
	wdog.w_tsc = us_to_tsc(wdog.w_us);
	wdog.w_min = wdog.w_tsc - us_to_tsc(wdog.w_off_us) / 2;
	wdog_patience(seconds, wdog.w_us);
	wdog.w_quiet = true;
	atomic_store_release(&wdog.w_source, src);
	restart();
}

void
wdog_end(void)
{
	watchdog_quiet();
	atomic_store_release(&wdog.w_source, NULL);
}

bool
cpu_watchdog_on(void)
{
	return wdog.w_source != NULL;
}

/*
 * watchdog_quiet():
 *
 *	The machine stands still, or is about to: nobody is stuck.
 *	=> any context; until watchdog_resume().
 */
void
watchdog_quiet(void)
{
	const struct wdog_source *src = wdog.w_source;

	if (src == NULL || wdog.w_quiet)
		return;
	atomic_store_release(&wdog.w_quiet, true);
	put_off(src, curcpu(), 0);
}

/* Any context; where it was not quiet it begins anew as well. */
void
watchdog_resume(void)
{
	if (wdog.w_source != NULL && wdog.w_quiet)
		restart();
}

SYSCTL_NODE(wdog_fired, "kern.watchdog.fired", CTLTYPE_QUAD, CTLFLAG_READONLY,
    "NMIs of the source that nobody put off", .sn_data = &nfired);
