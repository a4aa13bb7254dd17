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
 * the period is sent NMIs.  Only when it has taken two of them and no clock
 * interrupt in between, which would have come at the first one's iretq,
 * is it stuck: it runs, but with interrupts off.  One that takes no NMI,
 * either, is reported by who made the round.
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
#define WDOG_ANSWERS		2	/* NMIs taken, and no tick between them */
#define WDOG_HUNG_US		2000000	/* beyond the period: takes no NMI */
#define WDOG_QUIET_PAUSES	10000

struct wdog_cpu {
	volatile uint64_t wc_ticks;	/* its clock's at the last round... */
	volatile u_int wc_missed;	/* and how many rounds they stand */
	volatile uint64_t wc_answered;	/* its ticks when it took our NMI... */
	volatile u_int wc_answers;	/* and how often since */
	volatile bool wc_told;
};

static struct wdog_cpu wdog_cpus[MAXCPUS];

static struct {
	const struct wdog_source *volatile w_source;	/* NULL: off */
	const struct wdog_source *volatile w_tested;
	volatile bool w_quiet;		/* the machine is stopped */
	volatile u_int w_busy;		/* somebody makes a round */
	volatile uint64_t w_last;	/* TSC of the last one */
	struct cpu_info *volatile w_hung;	/* to be reported */
	u_int w_seconds;		/* the period */
	u_int w_ticks, w_us;		/* from round to round */
	uint64_t w_tsc;
	u_int w_rounds;			/* without a tick: stuck */
	u_int w_hung_rounds;
	u_int w_ahead;			/* us that a healthy CPU puts it off by */
} wdog;

volatile u_int wdog_arrived;
static nmi_handler_t *wdog_handle;
static int64_t wdog_nrounds, wdog_nfired;

static struct wdog_cpu *
wdog_cpu(const struct cpu_info *ci)
{
	return &wdog_cpus[cpu_index(ci)];
}

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
	src->ws_set(us);
	if (src->ws_fired())
		wdog_owe(target(src, ci));
	src->ws_commit();
}

static bool
hung(const struct cpu_info *ci, const struct wdog_cpu *wc)
{
	return wc->wc_missed >= wdog.w_hung_rounds &&
	    (wc->wc_answered != ci->ci_data.cpu_ticks ||
	    wc->wc_answers < WDOG_ANSWERS);
}

/* One CPU, in a round.  True: it takes no NMIs. */
static bool
look(struct cpu_info *ci, bool me, u_int extra)
{
	struct wdog_cpu *wc = wdog_cpu(ci);
	uint64_t ticks = ci->ci_data.cpu_ticks;

	if (ticks != wc->wc_ticks) {
		wc->wc_ticks = ticks;
		wc->wc_missed = extra;
		wc->wc_told = false;
		return false;
	}
	wc->wc_missed += 1 + extra;
	if (me || wc->wc_told || wc->wc_missed + 1 < wdog.w_rounds)
		return false;
	if (hung(ci, wc))
		return true;
	wdog_send(ci);
	return false;
}

/*
 * extra: the time before this round was that of two.  The NMI comes only
 * then, when it was a healthy CPU that put it off.
 */
static void
round(struct cpu_info *me, u_int extra)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	wdog_nrounds++;
	for (CPU_INFO_FOREACH(cii, ci))
		if (ci->ci_running && look(ci, ci == me, extra))
			wdog.w_hung = ci;
}

/* Is it time for a round, and are we the one to make it? */
static bool
round_begin(uint64_t now)
{
	if (now - wdog.w_last < wdog.w_tsc - wdog.w_tsc / 8 ||
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

u_int
cpu_watchdog_check(struct cpu_info *ci)
{
	const struct wdog_source *src = wdog.w_source;

	if (src == NULL || wdog.w_quiet)
		return hz;
	wdog_settle(ci);
	if (src->ws_percpu)
		put_off(src, ci, wdog.w_ahead);
	if (!round_begin(rdtsc()))
		return wdog.w_ticks;
	if (!src->ws_percpu && !wdog.w_quiet)
		put_off(src, ci, wdog.w_ahead);
	round(ci, 0);
	round_end();
	if (wdog.w_hung != NULL)
		wdog_send(ci);	/* what is to be said is said in an NMI */
	return wdog.w_ticks;
}

/* The device's NMI: nobody has put it off.  That it came we know. */
static void
fire(const struct wdog_source *src, struct cpu_info *ci)
{
	uint64_t now = rdtsc(), before = wdog.w_last;

	wdog_nfired++;
	src->ws_set(wdog.w_us);
	src->ws_commit();
	if (!round_begin(now))
		return;
	round(ci, now - before > wdog.w_tsc + wdog.w_tsc / 2);
	round_end();
}

/* This CPU has taken an NMI of ours.  Is it stuck? */
static void
judge(const struct trapframe *tf, const struct cpu_info *ci, struct wdog_cpu *wc)
{
	uint64_t ticks = ci->ci_data.cpu_ticks;
	char where[80];

	if (wc->wc_answered != ticks) {
		wc->wc_answered = ticks;
		wc->wc_answers = 0;
	}
	wc->wc_answers++;
	if (wc->wc_told || wc->wc_ticks != ticks ||
	    wc->wc_missed < wdog.w_rounds || wc->wc_answers < WDOG_ANSWERS)
		return;
	wc->wc_told = true;
	if (!watchdog_act(tf, true, "%s stuck for %u s at %s", cpu_name(ci),
	    (u_int)((uint64_t)wc->wc_missed * wdog.w_us / 1000000),
	    ksyms_format(where, sizeof(where), tf->tf_rip)))
		wc->wc_told = false;
}

/* Another CPU takes no NMI: in one that does not end, most likely. */
static void
tell_hung(const struct trapframe *tf)
{
	struct cpu_info *ci = atomic_swap_ptr(&wdog.w_hung, NULL);
	const struct nmi_account *na;
	struct wdog_cpu *wc;
	char where[80] = "";
	u_int seconds;

	if (ci == NULL || ci == curcpu())
		return;
	wc = wdog_cpu(ci);
	na = ci->ci_nmi.nc_current;
	if (na != NULL)
		ksyms_format(where, sizeof(where), (vaddr_t)na->na_func);
	seconds = (u_int)((uint64_t)wc->wc_missed * wdog.w_us / 1000000);
	wc->wc_told = true;
	if (!watchdog_act(tf, false, na != NULL ?
	    "%s stuck for %u s at %s, an NMI handler that does not return" :
	    "%s stuck for %u s, takes no NMI%s", cpu_name(ci), seconds, where))
		wc->wc_told = false;
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
	if (fired && src == tested) {
		src->ws_set(0);
		src->ws_commit();
		wdog_arrived++;
	} else if (fired && !wdog.w_quiet)
		fire(src, ci);
	wdog_claim(ci, fired);
	if (wdog.w_source != NULL && !wdog.w_quiet) {
		judge(tf, ci, wdog_cpu(ci));
		tell_hung(tf);
	}
	return 1;
}

/* Thread context from here on, but for the hooks at the end. */

bool
wdog_establish(void)
{
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

void
wdog_test_begin(const struct wdog_source *src)
{
	atomic_store_release(&wdog.w_tested, src);
}

void
wdog_test_end(void)
{
	atomic_store_release(&wdog.w_tested, NULL);
}

/* Everybody begins anew; a CPU that was told of stays so until it ticks. */
static void
restart(void)
{
	const struct wdog_source *src = wdog.w_source;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		wdog_cpu(ci)->wc_missed = 0;
		wdog_cpu(ci)->wc_answers = 0;
		ci->ci_data.cpu_watchdog_due = 0;
	}
	wdog.w_hung = NULL;
	wdog.w_last = rdtsc();
	atomic_store_release(&wdog.w_quiet, false);
	put_off(src, curcpu(), wdog.w_ahead);
}

/* Watch, by a source that was started, or with another period. */
void
wdog_begin(const struct wdog_source *src, u_int seconds)
{
	u_int us = MIN(WDOG_INTERVAL_US, seconds * 1000000 / WDOG_ROUNDS);

	watchdog_quiet();
	us = MIN(us, src->ws_longest() * 3 / 5);
	wdog.w_ticks = us / (1000000 / hz);
	wdog.w_us = wdog.w_ticks * (1000000 / hz);
	wdog.w_tsc = (uint64_t)wdog.w_us * (tsc_freq / 1000000);
	wdog.w_ahead = MIN(2 * wdog.w_us, src->ws_longest());
	wdog.w_rounds = (seconds * 1000000 + wdog.w_us - 1) / wdog.w_us;
	wdog.w_hung_rounds = wdog.w_rounds + WDOG_HUNG_US / wdog.w_us;
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
	/* Who makes a round might set the device once more. */
	for (int i = 0; i < WDOG_QUIET_PAUSES && wdog.w_busy; i++)
		x86_pause();
	put_off(src, curcpu(), 0);
}

/* Any context; where it was not quiet it begins anew as well. */
void
watchdog_resume(void)
{
	if (wdog.w_source != NULL && wdog.w_quiet)
		restart();
}

#define COUNTER(sym, name, data, descr) \
	SYSCTL_NODE(sym, name, CTLTYPE_QUAD, CTLFLAG_READONLY, descr, .sn_data = &(data))
COUNTER(wdog_rounds, "kern.watchdog.rounds", wdog_nrounds,
    "looks at all CPUs so far");
COUNTER(wdog_fired, "kern.watchdog.fired", wdog_nfired,
    "NMIs of the source that nobody put off");
