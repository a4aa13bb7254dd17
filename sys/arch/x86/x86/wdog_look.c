/*
 * Who is stuck: what the rounds of nmi_watchdog.c look at, and the report.
 *
 * A round compares each CPU's clock ticks with those of the round before.  One
 * at a time makes it; the CPU that takes an NMI of ours judges itself.
 *
 * NMI context and clock interrupts: no locks, no allocation.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/sysctl.h>
#include <sys/watchdog.h>

#include <machine/cpu.h>
#include <machine/frame.h>

#include <x86/nmivar.h>
#include <x86/wdogvar.h>

/*
 * NMIs taken, and no tick between them.  Two would do, but for a CPU that its
 * host stops for long, lets go for a moment, and stops again there.
 */
#define ANSWERS		3
#define HUNG_US		2000000	/* beyond the period: takes no NMI */

struct wdog_cpu {
	volatile uint64_t wc_ticks;	/* its progress at the last round... */
	volatile u_int wc_missed;	/* and how many rounds it stands */
	volatile uint64_t wc_answered;	/* the same when it took our NMI... */
	volatile u_int wc_answers;	/* and how often since */
	volatile bool wc_told;
};

static struct wdog_cpu wdog_cpus[MAXCPUS];

static struct cpu_info *volatile to_tell;	/* hangs in an NMI */
static u_int round_us;
static u_int stuck_rounds, hung_rounds;	/* so many without a tick */

static int64_t rounds;
SYSCTL_NODE(wdog_rounds, "kern.watchdog.rounds", CTLTYPE_QUAD, CTLFLAG_READONLY,
    "looks at all CPUs so far", .sn_data = &rounds);

static struct wdog_cpu *
wdog_cpu(const struct cpu_info *ci)
{
	return &wdog_cpus[cpu_index(ci)];
}

/*
 * Moves, unless it is stuck: with its clock interrupts or, while these are off
 * for a device that is slow, with watchdog_touch().
 */
static uint64_t
progress(const struct cpu_info *ci)
{
	return ci->ci_data.cpu_ticks + ci->ci_data.cpu_touched;
}

static bool
hung(const struct cpu_info *ci, const struct wdog_cpu *wc)
{
	return wc->wc_missed >= hung_rounds &&
	    (wc->wc_answered != progress(ci) ||
	    wc->wc_answers < ANSWERS);
}

/* One CPU, in a round.  True: it takes no NMIs. */
static bool
look(struct cpu_info *ci, bool me, u_int extra)
{
	struct wdog_cpu *wc = wdog_cpu(ci);
	uint64_t ticks = progress(ci);

	if (ticks != wc->wc_ticks) {
		wc->wc_ticks = ticks;
		wc->wc_missed = extra;
		wc->wc_told = false;
		return false;
	}
	wc->wc_missed += 1 + extra;
	if (me || wc->wc_told || wc->wc_missed + ANSWERS <= stuck_rounds)
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
void
wdog_round(struct cpu_info *me, u_int extra)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	rounds++;
	for (CPU_INFO_FOREACH(cii, ci))
		if (ci->ci_running && look(ci, ci == me, extra))
			to_tell = ci;
}

/* This CPU has taken an NMI of ours.  Is it stuck? */
static void
judge(const struct trapframe *tf, const struct cpu_info *ci, struct wdog_cpu *wc)
{
	uint64_t ticks = progress(ci);
	char where[80];

	/* It came before the iretq of the last one, as no clock interrupt can. */
	if ((ci->ci_nmi.nc_entry->le_why & NMI_LOG_LATCHED) != 0)
		return;
	if (wc->wc_answered != ticks) {
		wc->wc_answered = ticks;
		wc->wc_answers = 0;
	}
	wc->wc_answers++;
	if (wc->wc_told || wc->wc_ticks != ticks ||
	    wc->wc_missed < stuck_rounds || wc->wc_answers < ANSWERS)
		return;
	wc->wc_told = true;
	if (!watchdog_act(tf, true, "%s stuck for %u s at %s", cpu_name(ci),
	    (u_int)((uint64_t)wc->wc_missed * round_us / 1000000),
	    ksyms_format(where, sizeof(where), tf->tf_rip)))
		wc->wc_told = false;
}

/* Another CPU takes no NMI: in one that does not end, most likely. */
static void
tell_hung(const struct trapframe *tf)
{
	struct cpu_info *ci = atomic_swap_ptr(&to_tell, NULL);
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
	seconds = (u_int)((uint64_t)wc->wc_missed * round_us / 1000000);
	wc->wc_told = true;
	if (!watchdog_act(tf, false, na != NULL ?
	    "%s stuck for %u s at %s, an NMI handler that does not return" :
	    "%s stuck for %u s, takes no NMI%s", cpu_name(ci), seconds, where))
		wc->wc_told = false;
}

/* In an NMI of ours. */
void
wdog_judge(const struct trapframe *tf, const struct cpu_info *ci)
{
	judge(tf, ci, wdog_cpu(ci));
	tell_hung(tf);
}

bool
wdog_hung_p(void)
{
	return to_tell != NULL;
}

/* Thread context: after so many seconds of rounds, one in so many us. */
void
wdog_patience(u_int seconds, u_int us)
{
	round_us = us;
	stuck_rounds = (seconds * 1000000 + us - 1) / us;
	hung_rounds = stuck_rounds + HUNG_US / us;
}

/* Everybody begins anew; a CPU that was told of stays so until it ticks. */
void
wdog_forget(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		wdog_cpu(ci)->wc_missed = 0;
		wdog_cpu(ci)->wc_answers = 0;
		ci->ci_data.cpu_watchdog_due = 0;
	}
	to_tell = NULL;
}
