/*
 * A source of NMIs that never stops: one that fires unclaimed more than
 * machdep.nmi.storm times a second is masked, said in one line, until the
 * operator's "nmi unmask".
 *
 * SERR# and IOCHK# have an enable in port 0x61.  An NMI of unknown cause
 * comes in by LINT1, as those do: so that is masked, on every CPU.  A CPU can
 * reach only its own; the others follow in an interrupt, or at their next
 * unclaimed NMI, which in a storm is soon.
 *
 * What cannot be masked and goes on is logged, whatever its policy: one line
 * a second.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/sysctl.h>

#include <machine/cpu.h>
#include <machine/intr.h>

#include <x86/intrvec.h>
#include <x86/lapicvar.h>
#include <x86/nmi_cause.h>

#define UNMASK_TICKS	hz	/* for the other CPUs to follow */

static int storm_limit = 100;
SYSCTL_NODE(nmi_storm, "machdep.nmi.storm", CTLTYPE_INT, CTLFLAG_READWRITE,
    "unclaimed NMIs a second before their cause is masked, 0 never",
    .sn_data = &storm_limit, .sn_max = 1000000);

/* By the owner of the machine, but st_masked. */
static struct storm {
	u_int st_since;		/* the second that is being counted */
	u_int st_events;	/* in it */
	u_int st_limit;		/* that was exceeded */
	volatile u_int st_masked;
} storms[NMI_CAUSES];

static volatile u_int lint1_masked;	/* as it shall be */

/* This CPU's LINT1 as it shall be; an NMI meanwhile may want it masked. */
void
nmi_lint1_follow(void)
{
	struct nmi_cpu *nc = &curcpu()->ci_nmi;

	while (nc->nc_lint1_masked != lint1_masked) {
		u_int masked = lint1_masked;

		lapic_lint1_mask(masked != 0);
		nc->nc_lint1_masked = masked;
	}
}

/* Any context; nobody is waited for. */
static void
lint1_mask(u_int masked)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	int s = splhigh();

	lint1_masked = masked;
	nmi_lint1_follow();
	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != curcpu() && ci->ci_running)
			lapic_send_ipi(ci->ci_apicid, INTRVEC_NMISOFT);
	splx(s);
}

static void
cause_mask(enum nmi_cause cause, bool mask)
{
	if (cause == NMI_UNKNOWN)
		lint1_mask(mask);
	else
		nmi_port_mask(cause, mask);
}

/* By the owner of the machine: true if this one makes it a storm. */
bool
nmi_storm(const struct nmi_event *ev)
{
	struct storm *st = &storms[ev->ev_cause];
	u_int limit = (u_int)atomic_load_relaxed(&storm_limit);

	if (ev->ev_when - st->st_since >= NMI_CLOCK_SECOND) {
		st->st_since = ev->ev_when;
		st->st_events = 0;
	}
	if (++st->st_events <= limit || limit == 0 || st->st_masked)
		return false;
	if (ev->ev_when == 0)
		return false;	/* there is no clock yet, and perhaps no APIC */
	st->st_limit = limit;
	st->st_masked = 1;
	cause_mask(ev->ev_cause, true);
	return true;
}

/* NMI context.  One that came all the same finds this CPU's LINT1 masked. */
bool
nmi_quarantined(enum nmi_cause cause)
{
	if (!storms[cause].st_masked)
		return false;
	nmi_lint1_follow();
	return true;
}

/* Of the one that was too many, in the place of its report. */
void
nmi_storm_say(const struct nmi_action *what, void (*pr)(const char *, ...))
{
	const struct nmi_report *r = (const void *)what;
	enum nmi_cause cause = r->r_event.ev_cause;

	pr("nmi: %s: more than %u unclaimed NMIs a second, %s: masked until "
	    "\"nmi unmask\"%s\n", cpu_name(curcpu()), storms[cause].st_limit,
	    nmi_cause_name(cause),
	    cause == NMI_UNKNOWN ? ", and with it the debug switch" : "");
}

/* A line for each cause that is masked. */
void
nmi_storm_show(void (*pr)(const char *, ...))
{
	for (u_int cause = 0; cause < NMI_CAUSES; cause++)
		if (storms[cause].st_masked)
			pr("%s: masked, since it was unclaimed more than %u "
			    "times a second; \"nmi unmask\" lets it in again\n",
			    nmi_cause_name(cause), storms[cause].st_limit);
}

/* Thread context: say which CPU cannot follow. */
static void
unmask_wait(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	int patience = UNMASK_TICKS;

	for (CPU_INFO_FOREACH(cii, ci)) {
		const struct nmi_cpu *nc = &ci->ci_nmi;

		for (; nc->nc_lint1_masked && patience > 0; patience--)
			kpause("unmask", false, 1, NULL);
		if (nc->nc_lint1_masked)
			printf_nolog("nmi: %s takes no interrupts: its LINT1 "
			    "stays masked until it does\n", cpu_name(ci));
	}
}

/* The operator's "nmi unmask".  Thread context. */
void
nmi_unmask(void)
{
	bool any = false;

	for (u_int cause = 0; cause < NMI_CAUSES; cause++) {
		struct storm *st = &storms[cause];

		if (!st->st_masked)
			continue;
		any = true;
		cause_mask(cause, false);
		st->st_events = 0;
		st->st_masked = 0;	/* last: until now none is one too many */
		printf_nolog("nmi: %s: no longer masked\n", nmi_cause_name(cause));
	}
	if (!any)
		printf_nolog("nmi: nothing is masked\n");
	unmask_wait();
}
