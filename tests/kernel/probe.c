/*
 * The probe: which of the promises a CPU makes about NMIs this machine
 * keeps.  Emulators differ; a test that relies on one of them asks first.
 *
 * All of it happens in one handler, on one CPU, with interrupts off.  An
 * NMI that comes while the handler runs is seen by the stub's count of
 * latched ones.
 */

#include "nmitest.h"

#define PROBE_SPINS	1000	/* any NMI that can come has come */
#define PROBE_SENT	3

enum probe_step { STEP_IDLE, STEP_BLOCKED, STEP_INT3, STEP_FAULT };

static const char *const probe_names[PROBE_NFACTS] = {
	[PROBE_BLOCKED] = "NMIs are blocked until the handler's iret",
	[PROBE_LATCHED] = "of several blocked NMIs one is delivered",
	[PROBE_INT3] = "a breakpoint's iret in a handler unblocks NMIs",
	[PROBE_FAULT] = "a page fault's iret in a handler unblocks NMIs",
	[PROBE_PROMPT] = "an NMI to oneself is taken before the sender goes on",
};

static bool probe_done, probe_fact[PROBE_NFACTS];
static volatile enum probe_step probe_step;
static volatile u_int probe_runs;
static volatile uint64_t probe_seen[2];	/* latched before, after the iret */
static volatile uint64_t probe_start, probe_cycles;

static void
probe_wait(void)
{
	for (u_int i = 0; i < PROBE_SPINS; i++)
		x86_pause();
}

static int
probe_handler(const struct trapframe *tf __unused, void *arg __unused)
{
	struct cpu_info *ci = curcpu();
	enum probe_step step = probe_step;
	uint64_t before = nmi_latched(ci);

	probe_cycles = rdtsc() - probe_start;
	probe_step = STEP_IDLE;
	probe_runs++;
	if (step == STEP_IDLE)
		return 1;
	for (u_int i = 0; i < PROBE_SENT; i++) {
		lapic_send_nmi(ci->ci_apicid);
		probe_wait();
	}
	probe_seen[0] = nmi_latched(ci) - before;
	if (step == STEP_INT3)
		nt_breakpoint();
	else if (step == STEP_FAULT)
		nt_fault();
	probe_wait();
	probe_seen[1] = nmi_latched(ci) - before;
	return 1;
}

static void
probe_try(enum probe_step step)
{
	int s = splhigh();

	probe_runs = 0;
	probe_step = step;
	probe_seen[0] = probe_seen[1] = 0;
	(void)nt_send(curcpu());
	probe_wait();
	splx(s);
}

/* One that waited is let in; with DEBUG_ENTRY=1 none has to wait. */
static bool
probe_unblocked(void)
{
	return (probe_seen[0] == 0 && probe_seen[1] == 1) ||
	    probe_seen[0] == PROBE_SENT;
}

/* The first times are slower: an emulator translates. */
static void
probe_timing(void)
{
	uint64_t least = UINT64_MAX;
	int s = splhigh();
	u_int i;

	probe_fact[PROBE_PROMPT] = true;
	for (i = 0; i < 20; i++) {
		probe_runs = 0;
		probe_start = rdtsc();
		lapic_send_nmi(curcpu()->ci_apicid);
		if (probe_runs == 0)
			probe_fact[PROBE_PROMPT] = false;
		(void)KT_SPIN(probe_runs != 0);
		least = MIN(least, probe_cycles);
	}
	splx(s);
	printf("# probe: an NMI to oneself takes %lu cycles\n", least);
}

static void
probe_run(void)
{
	nmi_handler_t *handle = nmi_establish(probe_handler, NULL);

	probe_done = true;
	KT_ASSERT(handle != NULL);
	probe_try(STEP_BLOCKED);
	probe_fact[PROBE_BLOCKED] = probe_seen[1] == 0;
	probe_fact[PROBE_LATCHED] = probe_seen[1] == 0 && probe_runs == 2;
	probe_try(STEP_INT3);
	probe_fact[PROBE_INT3] = probe_unblocked();
	probe_try(STEP_FAULT);
	probe_fact[PROBE_FAULT] = probe_unblocked();
	probe_timing();
	nmi_disestablish(handle);
	for (u_int i = 0; i < PROBE_NFACTS; i++)
		printf("# probe: %s: %s\n", probe_names[i],
		    probe_fact[i] ? "yes" : "no");
}

bool
probe_holds(enum probe_fact fact)
{
	if (!probe_done)
		probe_run();
	return probe_fact[fact];
}

const char *
probe_name(enum probe_fact fact)
{
	return probe_names[fact];
}

/* Whatever the machine keeps or does not, nothing may be lost on the way. */
KTEST(probe, "which promises about NMIs this machine keeps")
{
	probe_run();
	KT_CHECK(nt_unclaimed() == 0);
}
