/*
 * An NMI that no handler claims: where it came from, as far as the machine
 * tells, and what is said of it.  nmi_act.c acts.
 *
 * NMI context.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>

#include <machine/cpu.h>

#include <x86/cpufunc.h>
#include <x86/nmivar.h>

/* Port 0x61, the AT's system control port. */
#define NMISC_PORT	0x61
#define NMISC_NONE	0xff		/* no such port here */
#define NMISC_SERR	0x80		/* PCI SERR#, or a parity error */
#define NMISC_IOCHK	0x40		/* I/O channel check */
#define NMISC_SERR_OFF	0x04		/* set and cleared: armed again */
#define NMISC_IOCHK_OFF	0x08
#define NMISC_ENABLES	0x0f		/* the bits that are written */

#define LOG_INTERVAL	1000000		/* us; "log" prints one line in that time */

static const char *const cause_names[] = {
	[NMI_UNKNOWN] = "unknown", [NMI_SERR] = "SERR", [NMI_IOCHK] = "IOCHK"
};

/* By the owner of the machine. */
static uint64_t log_last;		/* when */
static u_int log_suppressed;

static enum nmi_cause
nmi_cause(uint8_t port)
{
	if (port == NMISC_NONE)
		return NMI_UNKNOWN;
	return port & NMISC_SERR ? NMI_SERR : port & NMISC_IOCHK ? NMI_IOCHK :
	    NMI_UNKNOWN;
}

/* The bits stay set, and no further NMI comes, until the enables cycle. */
static void
nmi_rearm(uint8_t port)
{
	uint8_t off = 0;

	if (port == NMISC_NONE)
		return;
	if (port & NMISC_SERR)
		off |= NMISC_SERR_OFF;
	if (port & NMISC_IOCHK)
		off |= NMISC_IOCHK_OFF;
	if (off == 0)
		return;
	port &= NMISC_ENABLES;
	outb(NMISC_PORT, port | off);
	outb(NMISC_PORT, port & (uint8_t)~off);
}

/* What a report of one says. */
struct unclaimed {
	struct nmi_action u_action;	/* first: one address for both */
	enum nmi_cause u_cause;
	uint8_t u_port;
	u_int u_suppressed;		/* before it, of which nothing was said */
};

/* One call of pr, and so one line, whoever else prints. */
static void
unclaimed_say(const struct nmi_action *what, void (*pr)(const char *, ...))
{
	const struct unclaimed *u = (const void *)what;
	char more[32] = "";

	if (u->u_suppressed != 0)
		snprintf(more, sizeof(more), ", %u more suppressed", u->u_suppressed);
	pr("nmi: %s: unclaimed NMI, %s (port 61 0x%02x), none of %d handlers%s\n",
	    cpu_name(curcpu()), cause_names[u->u_cause], u->u_port,
	    nmi_account_count(), more);
}

/* One line in LOG_INTERVAL; false: not now. */
static bool
log_allowed(struct unclaimed *u)
{
	uint64_t now = uptime_us();

	if (log_last != 0 && now - log_last < LOG_INTERVAL) {
		log_suppressed++;
		return false;
	}
	log_last = now;
	u->u_suppressed = log_suppressed;
	log_suppressed = 0;
	return true;
}

/* From the stub. */
void
nmi_unclaimed(struct trapframe *tf)
{
	struct unclaimed u = {
		.u_action = { .ax_say = unclaimed_say, .ax_panic = "unclaimed NMI" }
	};

	curcpu()->ci_nmi.nc_unclaimed.ev_count++;
	if (!nmi_act_begin(tf))
		return;
	u.u_port = inb(NMISC_PORT);
	u.u_cause = nmi_cause(u.u_port);
	nmi_rearm(u.u_port);
	u.u_action.ax_policy = nmi_policy(u.u_cause);
	if (u.u_action.ax_policy == NMI_LOG && !log_allowed(&u))
		nmi_act_end();
	else
		nmi_act(tf, &u.u_action);
}
