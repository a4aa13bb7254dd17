/* What is counted and logged of NMIs adds up. */

#include <sys/evcnt.h>
#include <x86/cpuvar.h>
#include "nmitest.h"

#define CO_ROUNDS	100
#define CO_SPINS	500

static volatile uint64_t co_rip, co_cycles;
static volatile u_int co_faults;

static int
co_log(const struct trapframe *tf, void *arg __unused)
{
	co_rip = tf->tf_rip;
	return 1;
}

KTEST(nmi_counts, "NMIs taken, calls and claims add up on each CPU")
{
	nmi_handler_t *claim = nmi_establish(nt_claim, NULL);
	nmi_handler_t *decline = nmi_establish(nt_decline, NULL);
	uint64_t unclaimed = nt_unclaimed(), taken;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		taken = ci->ci_nmi.nc_taken.ev_count;
		for (u_int i = 0; i < CO_ROUNDS; i++)
			KT_CHECK(nt_send(ci));
		KT_CHECK(ci->ci_nmi.nc_taken.ev_count == taken + CO_ROUNDS);
		KT_CHECK(nt_calls(claim, cpu_index(ci)) == CO_ROUNDS);
		KT_CHECK(nt_claims(claim, cpu_index(ci)) == CO_ROUNDS);
		KT_CHECK(nt_calls(decline, cpu_index(ci)) == CO_ROUNDS);
		KT_CHECK(nt_claims(decline, cpu_index(ci)) == 0);
	}
	KT_CHECK(nt_unclaimed() == unclaimed);
	nmi_disestablish(claim);
	nmi_disestablish(decline);
}

static int
co_fault(const struct trapframe *tf __unused, void *arg __unused)
{
	if (co_faults == 0)
		return 1;
	co_faults--;
	nt_fault();
	lapic_send_nmi(curcpu()->ci_apicid);
	for (u_int i = 0; i < CO_SPINS; i++)
		x86_pause();
	return 1;
}

KTEST(nmi_count_latched, "an NMI that is latched is counted, and handled by one more run")
{
	nmi_handler_t *handle;
	struct cpu_info *ci;
	uint64_t taken, latched;
	int s;

	KT_NEEDS(PROBE_FAULT);
	handle = nmi_establish(co_fault, NULL);
	s = splhigh();
	ci = curcpu();
	taken = ci->ci_nmi.nc_taken.ev_count;
	latched = nmi_latched(ci);
	for (u_int i = 0; i < CO_ROUNDS; i++) {
		co_faults = 1;
		KT_CHECK(nt_self());
	}
	KT_CHECK(nmi_latched(ci) == latched + CO_ROUNDS);
	KT_CHECK(ci->ci_nmi.nc_latched.ev_count == nmi_latched(ci));
	KT_CHECK(ci->ci_nmi.nc_taken.ev_count == taken + 2 * CO_ROUNDS);
	splx(s);
	nmi_disestablish(handle);
}

static uint64_t
co_tsc(const struct nmi_log_entry *le)
{
	return (uint64_t)le->le_tsc[1] << 32 | le->le_tsc[0];
}

KTEST(nmi_log_entry, "the log says when, where, in which ring, and who claimed")
{
	nmi_handler_t *handle = nmi_establish(co_log, NULL);
	nmi_handler_t *decline = nmi_establish(nt_decline, NULL);
	const struct nmi_log_entry *le;
	uint64_t before, after;
	int s = splhigh();

	before = rdtsc();
	KT_CHECK(nt_self());
	after = rdtsc();
	le = curcpu()->ci_nmi.nc_entry;
	KT_CHECK(co_tsc(le) >= before && co_tsc(le) <= after);
	KT_CHECK(le->le_rip == co_rip && le->le_cs == GSEL_KCODE);
	KT_CHECK(le->le_claimer == co_log);
	splx(s);
	nmi_disestablish(decline);
	nmi_disestablish(handle);
}

KTEST(nmi_log_ring, "the log keeps the last NMIs in their order")
{
	nmi_handler_t *handle = nmi_establish(co_log, NULL);
	const struct nmi_log_entry *le;
	uint64_t before, last;
	int s = splhigh();
	u_int i;

	last = before = rdtsc();
	for (i = 0; i < NMI_LOG_SIZE + 5; i++) {
		if (i == 5)
			last = before = rdtsc();
		KT_CHECK(nt_self());
	}
	le = curcpu()->ci_nmi.nc_entry;
	for (i = 0; i < NMI_LOG_SIZE; i++) {
		le = le->le_next;
		KT_CHECK(co_tsc(le) > last && le->le_claimer == co_log);
		last = co_tsc(le);
	}
	KT_CHECK(le == curcpu()->ci_nmi.nc_entry);
	splx(s);
	nmi_disestablish(handle);
}

KTEST(nmi_log_why, "the log tells our own NMIs, runs for latched ones, and what nobody has claimed yet")
{
	nmi_handler_t *handle;
	const struct nmi_log_entry *le;
	int s;

	KT_NEEDS(PROBE_FAULT);
	s = splhigh();
	KT_CHECK(nmi_ping(curcpu()));
	le = curcpu()->ci_nmi.nc_entry;
	KT_CHECK(le->le_why == NMI_LOG_PING && le->le_claimer != NULL);
	splx(s);
	handle = nmi_establish(co_fault, NULL);
	s = splhigh();
	co_faults = 0;
	KT_CHECK(nt_self());
	le = curcpu()->ci_nmi.nc_entry;
	KT_CHECK(le->le_why == 0 && le->le_claimer == co_fault);
	co_faults = 1;
	KT_CHECK(nt_self());
	KT_CHECK(le->le_next->le_why == 0);
	le = curcpu()->ci_nmi.nc_entry;
	KT_CHECK(le->le_why == NMI_LOG_LATCHED && le->le_claimer == co_fault);
	splx(s);
	nmi_disestablish(handle);
}

/* The counters of one handler, by name, as anybody reads them. */
struct co_sum {
	u_int cs_found;
	uint64_t cs_calls, cs_claims;
};

static void
co_add(const struct evcnt *ev, void *arg)
{
	struct co_sum *cs = arg;

	if (strcmp(ev->ev_name, "co_counted+0x0 calls") == 0)
		cs->cs_calls += ev->ev_count;
	else if (strcmp(ev->ev_name, "co_counted+0x0 claims") == 0)
		cs->cs_claims += ev->ev_count;
	else
		return;
	cs->cs_found++;
}

/* Claims on cpu0 only. */
static int
co_counted(const struct trapframe *tf __unused, void *arg __unused)
{
	return cpu_number() == 0;
}

KTEST(nmi_evcnt, "calls and claims of a handler are event counters while it is registered")
{
	nmi_handler_t *claim = nmi_establish(nt_claim, NULL);
	nmi_handler_t *handle = nmi_establish(co_counted, NULL);
	struct co_sum cs = { 0 }, gone = { 0 };
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci))
		KT_CHECK(nt_send(ci));
	evcnt_foreach(EVCNT_TYPE_MISC, co_add, &cs);
	nmi_disestablish(handle);
	nmi_disestablish(claim);
	evcnt_foreach(EVCNT_TYPE_ANY, co_add, &gone);
	KT_CHECK(cs.cs_found == 2 * (u_int)ncpu);
	KT_CHECK(cs.cs_calls == (u_int)ncpu && cs.cs_claims == 1);
	KT_CHECK(gone.cs_found == 0);
}

static int
co_slow(const struct trapframe *tf __unused, void *arg __unused)
{
	uint64_t start = rdtsc();

	for (u_int i = 0; i < CO_SPINS; i++)
		x86_pause();
	co_cycles = rdtsc() - start;
	return 1;
}

static uint64_t
co_maxcycles(const nmi_handler_t *handle, u_int cpu)
{
	return *(const volatile uint64_t *)
	    &nt_account(handle)->na_slot[cpu].ns_maxcycles;
}

KTEST(nmi_timing, "machdep.nmi.timing measures the most cycles, and only while it is on")
{
	nmi_handler_t *handle = nmi_establish(co_slow, NULL);
	uint64_t most = 0;
	bool was = nmi_timing;
	int s = splhigh();
	u_int cpu = cpu_number();

	nmi_timing = false;
	KT_CHECK(nt_self());
	KT_CHECK(co_maxcycles(handle, cpu) == 0);
	nmi_timing = true;
	for (u_int i = 0; i < CO_ROUNDS; i++) {
		KT_CHECK(nt_self());
		most = MAX(most, co_cycles);
	}
	KT_CHECK(co_maxcycles(handle, cpu) >= most && most != 0);
	nmi_timing = was;
	splx(s);
	nmi_disestablish(handle);
}
