/*
 * nmi_ping.c: our own NMIs are never taken for unknown ones, and what is
 * not ours is claimed for them only while it cannot be told.
 */

#include <sys/device.h>
#include <x86/nmi_defer.h>
#include "nmitest.h"

static volatile u_int pi_inside, pi_go, pi_nlate;
static struct cpu_info *volatile pi_late;
static volatile u_int pi_early[2];

/* How often nmi_ping.c claims an NMI that it did not send. */
static u_int
pi_self(void)
{
	struct nmi_cpu *nc = &curcpu()->ci_nmi;
	u_int before = nc->nc_pings;

	KT_CHECK(nt_self());
	return nc->nc_pings - before;
}

/*
 * Each step as a sender takes it, and NMIs in between.  A handler that claims
 * all stands by for those that nmi_ping.c declines.
 */
KTEST(nmi_ping_exact, "until ours has surely come every NMI is claimed, then no more")
{
	nmi_handler_t *claim = nmi_establish(nt_claim, NULL);
	struct nmi_cpu *nc;
	int s = splhigh();

	nc = &curcpu()->ci_nmi;
	KT_CHECK(!nmi_ping_owed(nc));
	KT_CHECK(pi_self() == 0);
	nc->nc_ping_sent++;
	KT_CHECK(pi_self() == 1);	/* another, before ours is sent */
	KT_CHECK(pi_self() == 1);	/* ours; or one more other */
	KT_CHECK(nmi_ping_owed(nc));
	nc->nc_ping_left = nc->nc_ping_sent;
	KT_CHECK(pi_self() == 1);	/* may have begun before it had left */
	KT_CHECK(nmi_ping_owed(nc));
	KT_CHECK(pi_self() == 1);	/* ours if the last was not */
	KT_CHECK(!nmi_ping_owed(nc));
	KT_CHECK(pi_self() == 0);
	splx(s);
	nmi_disestablish(claim);
}

KTEST(nmi_ping_settled, "an interrupt after our NMI ends the claiming")
{
	nmi_handler_t *claim = nmi_establish(nt_claim, NULL);
	struct nmi_cpu *nc;
	int s = splhigh();

	nc = &curcpu()->ci_nmi;
	nc->nc_ping_sent++;
	KT_CHECK(pi_self() == 1);
	nc->nc_ping_left = nc->nc_ping_sent;
	nmi_soft_kick();
	splx(s);
	KT_CHECK(KT_SPIN(!nmi_ping_owed(nc)));
	s = splhigh();
	if (nc == &curcpu()->ci_nmi)
		KT_CHECK(pi_self() == 0);
	splx(s);
	nmi_disestablish(claim);
}

/* Stays where NMIs are blocked, until it is told to go. */
static int
pi_stay(const struct trapframe *tf __unused, void *arg)
{
	if (curcpu() != arg || pi_inside != 0)
		return 0;
	pi_inside = 1;
	KT_CHECK(KT_SPIN(pi_go != 0));
	return 1;
}

static void
pi_say_late(struct cpu_info *ci)
{
	pi_late = ci;
	pi_nlate++;
}

static void
pi_keep_busy(struct cpu_info *ci)
{
	pi_inside = pi_go = 0;
	lapic_send_nmi(ci->ci_apicid);
	KT_CHECK(KT_SPIN(pi_inside != 0));
}

static void
pi_release(struct cpu_info *ci)
{
	pi_go = 1;
	KT_CHECK(KT_SPIN(!nmi_ping_owed(&ci->ci_nmi)));
	KT_CHECK(KT_SPIN(!nmi_in_progress(ci)));
}

KTEST(nmi_ping_late, "an NMI of ours that comes after the sender gave up is claimed all the same")
{
	uint64_t unclaimed = nt_unclaimed();
	nmi_handler_t *handle, *claim;
	struct cpu_info *ci;
	u_int before;

	KT_NEEDS_CPUS(2);
	ci = cpu_lookup(cpu_number() == 1 ? 0 : 1);
	handle = nmi_establish(pi_stay, ci);
	pi_keep_busy(ci);
	before = ci->ci_nmi.nc_pings;
	KT_CHECK(!nmi_ping(ci));
	KT_CHECK(nmi_ping_owed(&ci->ci_nmi));
	pi_release(ci);
	/* In the run that it waited for, and in its own. */
	KT_CHECK(ci->ci_nmi.nc_pings == before + 2);
	KT_CHECK(nt_unclaimed() == unclaimed);
	claim = nmi_establish(nt_claim, NULL);
	before = ci->ci_nmi.nc_pings;
	KT_CHECK(nt_send(ci) && ci->ci_nmi.nc_pings == before);
	nmi_disestablish(claim);
	nmi_disestablish(handle);
}

static u_int
pi_count(bool self, u_int *mine)
{
	u_int before[MAXCPUS], came = 0;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci))
		before[cii] = ci->ci_nmi.nc_pings;
	nmi_ping_all(self, pi_say_late);
	for (CPU_INFO_FOREACH(cii, ci)) {
		u_int n = ci->ci_nmi.nc_pings - before[cii];

		KT_CHECK(n <= 1);
		came += n;
		if (n == 0)
			*mine = cpu_index(ci);
	}
	return came;
}

KTEST(nmi_ping_others, "an NMI to all others reaches each of them, and oneself only if asked")
{
	uint64_t unclaimed = nt_unclaimed();
	u_int none = MAXCPUS;

	pi_nlate = 0;
	for (u_int i = 0; i < 100; i++) {
		KT_CHECK(pi_count(false, &none) == (u_int)ncpu - 1);
		KT_CHECK(none < (u_int)ncpu);
		KT_CHECK(pi_count(true, &none) == (u_int)ncpu);
	}
	KT_CHECK(pi_nlate == 0);
	KT_CHECK(nt_unclaimed() == unclaimed);
}

KTEST(nmi_ping_others_late, "of an NMI to all others the CPUs that did not take it are told")
{
	uint64_t unclaimed = nt_unclaimed();
	nmi_handler_t *handle;
	struct cpu_info *ci;

	KT_NEEDS_CPUS(2);
	ci = cpu_lookup(cpu_number() == 1 ? 0 : 1);
	handle = nmi_establish(pi_stay, ci);
	pi_keep_busy(ci);
	pi_nlate = 0;
	nmi_ping_all(true, pi_say_late);
	KT_CHECK(pi_nlate == 1 && pi_late == ci);
	pi_release(ci);
	KT_CHECK(nt_unclaimed() == unclaimed);
	nmi_disestablish(handle);
}

/*
 * While devices are found there is no softint for deferred calls yet; they
 * must not wait for an NMI that may never come.
 */
static void
pi_note(void *arg)
{
	*(volatile u_int *)arg += 1;
}

static int
pi_defer(const struct trapframe *tf __unused, void *arg __unused)
{
	(void)nmi_defer(NMI_DEFER_THREAD, pi_note, __UNVOLATILE(&pi_early[0]));
	return 1;
}

static void
pi_attach(void)
{
	nmi_handler_t *handle = nmi_establish(pi_defer, NULL);

	if (nt_self())
		pi_early[1] = pi_early[0] + 1;
	nmi_disestablish(handle);
}
DEVICE_DRIVER(pi_early, pi_attach);

KTEST(nmi_defer_early, "what was deferred to a thread before there was one runs at the end of the start")
{
	KT_CHECK(pi_early[1] == 1);
	KT_CHECK(KT_WAIT(pi_early[0] == 1));
}
