/*
 * An NMI that no handler claims: what is said of it, and how often.
 * nmi_cause.c finds the cause, nmi_storm.c masks one that does not stop,
 * nmi_act.c acts.
 *
 * NMI context, but for what tells later how many were not told.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/callout.h>
#include <sys/cons.h>
#include <sys/kernel.h>

#include <machine/cpu.h>

#include <x86/nmi_defer.h>
#include <x86/nmi_cause.h>

/*
 * The policy "log" says one line a second for each cause.  Of what comes
 * meanwhile the number is told when the second is over, or by the next
 * line if that is sooner.
 */
static struct limit {
	bool l_ever;
	volatile u_int l_said;		/* nmi_clock() of the last line */
	volatile u_int l_suppressed;
	volatile u_int l_armed;		/* log_tell() is on its way */
	bool l_ready;			/* the callout is initialized */
	callout_t l_callout;
} limits[NMI_CAUSES];

/* A software interrupt.  A storm gets one line a second in all. */
static void
log_tell(void *arg)
{
	struct limit *l = arg;
	u_int n;

	l->l_armed = 0;		/* first: who comes now asks for another one */
	if ((n = atomic_swap_uint(&l->l_suppressed, 0)) == 0)
		return;
	l->l_said = nmi_clock();
	cnfreshline();
	printf("nmi: %u more unclaimed NMIs suppressed, %s\n", n,
	    nmi_cause_name((enum nmi_cause)(l - limits)));
}

/* An interrupt of the CPU that suppressed the first one; one at a time. */
static void
log_arm(void *arg)
{
	struct limit *l = arg;

	if (!l->l_ready)
		callout_init(&l->l_callout, CALLOUT_MPSAFE);
	l->l_ready = true;
	callout_reset(&l->l_callout, hz, log_tell, l);
}

/* By the owner of the machine; false: not now. */
static bool
log_allowed(struct nmi_report *r)
{
	struct limit *l = &limits[r->r_event.ev_cause];

	if (l->l_ever && r->r_event.ev_when - l->l_said < NMI_CLOCK_SECOND) {
		atomic_inc_uint(&l->l_suppressed);
		if (!l->l_armed)
			l->l_armed = nmi_defer(NMI_DEFER_INTR, log_arm, l);
		return false;
	}
	l->l_ever = true;
	l->l_said = r->r_event.ev_when;
	r->r_suppressed = atomic_swap_uint(&l->l_suppressed, 0);
	return true;
}

#define UNCLAIMED "nmi: %s: unclaimed NMI, %s (port 61 0x%02x), none of %d handlers"

/* One call of pr, and so one line, whoever else prints. */
static void
unclaimed_say(const struct nmi_action *what, void (*pr)(const char *, ...))
{
	const struct nmi_report *r = (const void *)what;
	const char *cpu = cpu_name(curcpu());
	const char *cause = nmi_cause_name(r->r_event.ev_cause);
	const int handlers = nmi_account_count();

	if (r->r_suppressed == 0)
		pr(UNCLAIMED "\n", cpu, cause, r->r_event.ev_port, handlers);
	else
		pr(UNCLAIMED ", %u more suppressed\n", cpu, cause,
		    r->r_event.ev_port, handlers, r->r_suppressed);
}

/* By the owner of the machine. */
static void
answer(struct trapframe *tf, u_int now)
{
	struct nmi_report r = {
		.r_action = { .ax_say = unclaimed_say, .ax_panic = "unclaimed NMI" }
	};
	struct nmi_action *act = &r.r_action;
	bool too_many;

	nmi_event_new(&r.r_event, now);
	too_many = nmi_storm(&r.r_event);
	act->ax_policy = nmi_policy(r.r_event.ev_cause);
	if (nmi_quarantined(r.r_event.ev_cause))
		act->ax_policy = NMI_LOG;
	if (too_many)
		act->ax_say = nmi_storm_say;
	else if (act->ax_policy == NMI_LOG && !log_allowed(&r)) {
		nmi_act_end();
		return;
	}
	if (act->ax_policy != NMI_LOG)
		nmi_event_everybody();
	nmi_act(tf, act);
}

/* From the stub. */
void
nmi_unclaimed(struct trapframe *tf)
{
	u_int session = nmi_stop_count(), now;

	curcpu()->ci_nmi.nc_unclaimed.ev_count++;
	if (!nmi_act_begin(tf)) {
		nmi_event_parked(session);
		return;
	}
	now = nmi_clock();
	if (nmi_event_old(now))
		nmi_act_end();
	else
		answer(tf, now);
}
