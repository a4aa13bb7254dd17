/*
 * A performance counter of each CPU as a source of its watchdog NMI: it counts
 * the cycles that the CPU does not sleep, and overflows when so many have passed.
 *
 * Intel's architectural counters and AMD's.  A CPU that is halted counts
 * nothing: it is not woken, nor noticed if it halts with interrupts off.
 *
 * A counter is written with 31 bits at most, which is what every model takes
 * as they are; its top bit is set until it overflows.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/xcall.h>

#include <machine/cpu.h>

#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/lapicvar.h>
#include <x86/perfctr.h>
#include <x86/wdogvar.h>

#define COUNT_MAX	0x7fffffffU
#define COUNT_SOON	10000		/* may overflow while we look */

static struct {
	uint32_t pc_select, pc_counter;	/* registers */
	uint32_t pc_event;
	uint64_t pc_top;		/* the counter's top bit */
	bool pc_global;			/* there are Intel's global ones */
} pc;

/* Each touched by its own CPU alone. */
static struct {
	bool pn_on;
	bool pn_late;		/* overflowed as it was set */
} percpu[MAXCPUS];

static bool
perfctr_intel(void)
{
	uint32_t r[4];

	x86_cpuid(0, r);
	if (r[0] < 0xa)
		return false;
	x86_cpuid(0xa, r);
	/* Version, counters, their width; ebx: events that there are not. */
	if ((r[0] & 0xff) == 0 || (r[0] >> 8 & 0xff) == 0 || (r[1] & 1) != 0 ||
	    (r[0] >> 16 & 0xff) < 32 || (r[0] >> 16 & 0xff) > 64)
		return false;
	pc.pc_select = MSR_PERFEVTSEL0;
	pc.pc_counter = MSR_PERFCTR0;
	pc.pc_event = PERFEVT_CYCLES;
	pc.pc_top = (uint64_t)1 << ((r[0] >> 16 & 0xff) - 1);
	pc.pc_global = (r[0] & 0xff) >= 2;
	return true;
}

static bool
perfctr_amd(void)
{
	uint32_t r[4];

	x86_cpuid(0, r);
	if (memcmp(&r[1], "Auth", 4) != 0 || memcmp(&r[3], "enti", 4) != 0 ||
	    memcmp(&r[2], "cAMD", 4) != 0)
		return false;
	x86_cpuid(0x80000000, r);
	if (r[0] < 0x80000001)
		return false;
	x86_cpuid(0x80000001, r);
	pc.pc_select = r[2] >> 23 & 1 ? MSR_F15_PERFEVTSEL0 : MSR_K7_PERFEVTSEL0;
	pc.pc_counter = r[2] >> 23 & 1 ? MSR_F15_PERFCTR0 : MSR_K7_PERFCTR0;
	pc.pc_event = PERFEVT_AMD_CYCLES;
	pc.pc_top = (uint64_t)1 << (AMD_PERFCTR_WIDTH - 1);
	pc.pc_global = false;
	return true;
}

static void
perfctr_set(u_int us)
{
	uint64_t n = MIN((uint64_t)us * (tsc_freq / 1000000), COUNT_MAX);
	u_int cpu = cpu_number();
	uint64_t v;

	if (percpu[cpu].pn_on) {
		v = rdmsr(pc.pc_counter);
		percpu[cpu].pn_late = (v & pc.pc_top) == 0 ||
		    ((v + COUNT_SOON) & pc.pc_top) == 0;
	}
	wrmsr(pc.pc_select, 0);
	percpu[cpu].pn_on = us != 0;
	if (us == 0)
		return;
	wrmsr(pc.pc_counter, (uint64_t)-(int64_t)n & (pc.pc_top | (pc.pc_top - 1)));
	if (pc.pc_global) {
		wrmsr(MSR_PERF_GLOBAL_OVF, 1);
		wrmsr(MSR_PERF_GLOBAL_CTRL, 1);
	}
	lapic_perf_nmi(true);		/* it masks itself as it delivers one */
	wrmsr(pc.pc_select, pc.pc_event | PERFEVT_USR | PERFEVT_OS |
	    PERFEVT_INT | PERFEVT_ENABLE);
}

static bool
perfctr_fired(void)
{
	u_int cpu = cpu_number();

	return percpu[cpu].pn_late ||
	    (percpu[cpu].pn_on && (rdmsr(pc.pc_counter) & pc.pc_top) == 0);
}

static void
perfctr_commit(void)
{
	percpu[cpu_number()].pn_late = false;
}

/* Is there anything behind the register?  Hypervisors often have none. */
static const char *
perfctr_start(u_int apicid __unused)
{
	const uint64_t event = PERFEVT_OS | PERFEVT_CYCLES;
	uint64_t v = 0;

	if (!perfctr_intel() && !perfctr_amd())
		return "this CPU has none";
	if (wrmsr_safe(pc.pc_select, event) != 0 || rdmsr_safe(pc.pc_select, &v) != 0 ||
	    v != event)
		return "there are none behind the registers";
	wrmsr(pc.pc_select, 0);
	return NULL;
}

static void
perfctr_off(void *a __unused, void *b __unused)
{
	perfctr_set(0);
	perfctr_commit();
	lapic_perf_nmi(false);
}

static void
perfctr_stop(void)
{
	xc_wait(xc_broadcast(XC_HIGHPRI, perfctr_off, NULL, NULL));
}

static u_int
perfctr_longest(void)
{
	return (u_int)(COUNT_MAX / (tsc_freq / 1000000));
}

static bool
perfctr_put_off(u_int us)
{
	bool late;

	perfctr_set(us);
	late = perfctr_fired();
	if (!late)
		perfctr_commit();
	return late;
}

const struct wdog_source perfctr_source = {
	.ws_name = "perfctr",
	.ws_percpu = true,
	.ws_start = perfctr_start,
	.ws_stop = perfctr_stop,
	.ws_longest = perfctr_longest,
	.ws_put_off = perfctr_put_off,
	.ws_commit = perfctr_commit,
	.ws_fired = perfctr_fired,
};
