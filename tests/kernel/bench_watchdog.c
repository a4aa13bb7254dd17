/*
 * What the watchdog over CPUs costs, and how soon it reports:
 * ktest_bench=watchdog, on one CPU, under -icount where idle time jumps.
 *
 * The cost is counted by the plugin of tests/bench, between the calls of
 * the functions named bench_watchdog_*: IDLE seconds without, and with
 * each source.  How late a report is, beyond the period, is told here.
 */

#include <sys/sysctl.h>
#include <machine/intr.h>
#include "ktest.h"

#define IDLE	10		/* seconds */
#define PERIOD	10
#define WEDGES	2		/* at different moments between two rounds */

void bench_watchdog_begin(void);
void bench_watchdog_off(void);
void bench_watchdog_hpet(void);
void bench_watchdog_pit(void);

__noinline void
bench_watchdog_begin(void)
{
	__insn_barrier();
}

__noinline void
bench_watchdog_off(void)
{
	__insn_barrier();
}

__noinline void
bench_watchdog_hpet(void)
{
	__insn_barrier();
}

__noinline void
bench_watchdog_pit(void)
{
	__insn_barrier();
}

static void
set(const char *name, const char *value)
{
	char err[SYSCTL_ERRLEN];

	if (sysctl_set_text(name, value, err, sizeof(err)) != 0)
		panic("bench: %s", err);
}

static void
idle(void (*end)(void))
{
	(void)kpause("bench", false, hz, NULL);
	bench_watchdog_begin();
	(void)kpause("bench", false, IDLE * hz, NULL);
	(*end)();
}

static uint64_t
reports(void)
{
	char text[SYSCTL_NUMLEN];
	uint64_t n = 0;

	(void)sysctl_get_text("kern.watchdog.reports", text, sizeof(text));
	(void)kstrtou64(text, 10, &n);
	return n;
}

/* us from cli to the end of the report. */
static uint64_t
wedge(void)
{
	int s = splhigh();
	uint64_t before = reports(), start = uptime_us();

	while (reports() == before)
		continue;
	start = uptime_us() - start;
	splx(s);
	return start;
}

static void
latest(const char *source)
{
	uint64_t us, most = 0;

	set("kern.watchdog.source", source);
	set("kern.watchdog.period", "10");
	for (int i = 0; i < WEDGES; i++) {
		(void)kpause("bench", false, hz + i * hz / 9, NULL);
		us = wedge();
		most = MAX(us, most);
		if (us < PERIOD * 1000000)
			panic("bench: %s reports %lu us early", source,
			    PERIOD * 1000000 - us);
	}
	printf("bench watchdog_late_%s %lu us\n", source, most - PERIOD * 1000000);
}

bool
bench_watchdog(void)
{
	set("kern.watchdog.action", "log");
	set("kern.watchdog.period", "0");
	set("kern.watchdog.soft", "0");
	idle(bench_watchdog_off);
	set("kern.watchdog.soft", "20");
	set("kern.watchdog.period", "10");
	set("kern.watchdog.source", "hpet");
	idle(bench_watchdog_hpet);
	set("kern.watchdog.source", "pit");
	idle(bench_watchdog_pit);
	latest("hpet");
	latest("pit");
	return true;
}
