/*
 * Which source the watchdog's NMIs come from: sysctl kern.watchdog.source.
 *
 * At boot, and where "auto" is asked for, the first one that works.  That is
 * seen, not believed: two NMIs must arrive.  One that is asked for at run time
 * and does not work is refused, and the old one goes on.
 *
 * Thread context, one caller at a time: the boot, then sysctl's lock.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/sysctl.h>
#include <sys/watchdog.h>

#include <machine/cpu.h>

#include <x86/nmivar.h>
#include <x86/wdogvar.h>

#define TEST_NMIS	2
#define TEST_US		1000	/* until each comes */
#define TEST_TICKS	hz	/* of the CPU that is to take it */

enum { SRC_NONE, SRC_PERFCTR, SRC_HPET, SRC_PIT, SRC_BUDDY, SRC_AUTO };
static const char *const source_words[] = {
	[SRC_NONE] = "none", [SRC_PERFCTR] = "perfctr", [SRC_HPET] = "hpet",
	[SRC_PIT] = "pit", [SRC_BUDDY] = "buddy", [SRC_AUTO] = "auto", NULL
};
/* In the order of preference. */
static const struct wdog_source *const sources[] = {
	[SRC_PERFCTR] = &perfctr_source, [SRC_HPET] = &hpet_source,
	[SRC_PIT] = &i8254_source, [SRC_BUDDY] = &buddy_source
};

static u_int wanted = SRC_AUTO;		/* boot argument, or what was in use */
static u_int current = SRC_NONE;	/* started */
static bool configured;

static bool
arrives(const struct wdog_source *src)
{
	const struct cpu_info *ci = src->ws_percpu ? curcpu() : WDOG_TARGET;
	uint64_t start = ci->ci_data.cpu_ticks;
	u_int before = wdog_arrived;

	wdog_set(src, TEST_US);
	while (wdog_arrived == before && ci->ci_data.cpu_ticks - start < TEST_TICKS)
		delay(10);
	wdog_set(src, 0);
	if (wdog_arrived == before)
		wdog_owe(ci);		/* if it comes after all */
	return wdog_arrived != before;
}

/* On one CPU, which its own source is to reach. */
static bool
works(const struct wdog_source *src)
{
	bool ok = true;

	if (src->ws_test != NULL)
		return src->ws_test();
	kpreempt_disable();
	wdog_test_begin(src);
	for (int i = 0; i < TEST_NMIS && ok; i++)
		ok = arrives(src);
	wdog_test_end();
	kpreempt_enable();
	return ok;
}

/* NULL: it runs.  Else why it does not, and nothing has changed. */
static const char *
source_start(u_int which)
{
	const struct wdog_source *src = sources[which];
	const char *why;

	if (!wdog_establish())
		return "no memory for a handler";
	if ((why = src->ws_start(WDOG_TARGET->ci_apicid)) != NULL)
		return why;
	if (!works(src)) {
		src->ws_stop();
		return "its NMIs do not arrive";
	}
	current = which;
	return NULL;
}

static void
source_stop(void)
{
	if (current == SRC_NONE)
		return;
	wdog_end();
	sources[current]->ws_stop();
	current = SRC_NONE;
}

static bool
source_auto(void)
{
	for (u_int i = SRC_PERFCTR; i < SRC_AUTO; i++)
		if (source_start(i) == NULL)
			return true;
	return false;
}

/* What was wanted, if it works, else any.  False: there is none. */
static bool
source_choose(void)
{
	const char *why;

	if (wanted != SRC_AUTO && wanted != SRC_NONE) {
		if ((why = source_start(wanted)) == NULL)
			return true;
		printf("watchdog: %s: %s\n", source_words[wanted], why);
	}
	if (wanted != SRC_NONE && source_auto())
		return true;
	wdog_disestablish();
	if (wanted != SRC_NONE)
		printf("watchdog: no source of NMIs works here, a CPU that is stuck "
		    "is not noticed\n");
	return false;
}

static void
source_begin(u_int seconds)
{
	wdog_begin(sources[current], seconds);
	printf("watchdog: NMIs by %s, period %u s\n", source_words[current], seconds);
}

void
cpu_watchdog_configure(void)
{
	u_int seconds = watchdog_period();

	configured = true;
	if (seconds != 0 && source_choose())
		source_begin(seconds);
}

int
cpu_watchdog_set(u_int seconds)
{
	if (!configured)
		return 0;
	if (seconds == 0) {
		if (current != SRC_NONE)
			wanted = current;
		source_stop();
		wdog_disestablish();
	} else if (current != SRC_NONE)
		wdog_begin(sources[current], seconds);
	else if (source_choose())
		source_begin(seconds);
	else if (wanted != SRC_NONE)
		return ENXIO;
	else
		printf("watchdog: kern.watchdog.source is none, no CPU is watched\n");
	return 0;
}

/* Another one, while one runs or none.  The old one is not given up for nothing. */
static int
source_change(u_int which)
{
	u_int old = current, seconds = watchdog_period();
	const char *why;

	source_stop();
	if (which == SRC_AUTO && source_auto())
		which = current;
	else if (which == SRC_AUTO)
		why = "none works here";
	if (current == SRC_NONE && which != SRC_AUTO)
		why = source_start(which);
	if (current != SRC_NONE) {
		source_begin(seconds);
		return 0;
	}
	if (old != SRC_NONE && source_start(old) == NULL)
		wdog_begin(sources[old], seconds);
	printf("watchdog: %s: %s, %s stays\n", source_words[which], why,
	    source_words[current]);
	return ENXIO;
}

static void
get_source(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = current;
}

static int
set_source(const struct sysctl_node *n __unused, const struct sysctl_value *v)
{
	u_int which = (u_int)v->sv_num;
	int error = 0;

	if (!configured || watchdog_period() == 0) {
		wanted = which;
		return 0;
	}
	if (which == SRC_NONE) {
		source_stop();
		wdog_disestablish();
	} else
		error = source_change(which);
	if (error == 0)
		wanted = which;
	return error;
}

SYSCTL_NODE(watchdog_source, "kern.watchdog.source", CTLTYPE_ENUM,
    CTLFLAG_READWRITE, "where the NMIs of the watchdog over CPUs come from",
    .sn_words = source_words, .sn_get = get_source, .sn_set = set_source);
