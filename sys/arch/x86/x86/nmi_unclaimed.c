/*
 * An NMI that no handler claims: say where it came from as far as the
 * machine tells, and act.
 *
 * NMI context.  Output goes straight to the polled console.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/cons.h>
#include <sys/debugger.h>
#include <sys/kernel.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>

#include <x86/cpufunc.h>
#include <x86/nmi_defer.h>
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

/* What stands before "N handlers" and is the same for every policy. */
#define REPORT		"nmi: %s: unclaimed NMI, %s (port 61 0x%02x), none of %d handlers"

static void
nmi_log_line(const struct cpu_info *ci, enum nmi_cause cause, uint8_t port)
{
	uint64_t now = uptime_us();
	char more[32] = "";

	if (log_last != 0 && now - log_last < LOG_INTERVAL) {
		log_suppressed++;
		return;
	}
	log_last = now;
	if (log_suppressed != 0)
		snprintf(more, sizeof(more), ", %u more suppressed", log_suppressed);
	log_suppressed = 0;
	nmi_printf(REPORT "%s\n", cpu_name(ci), cause_names[cause], port,
	    nmi_account_count(), more);
}

static void
nmi_act(struct trapframe *tf)
{
	struct cpu_info *ci = curcpu();
	uint8_t port = inb(NMISC_PORT);
	enum nmi_cause cause = nmi_cause(port);

	nmi_rearm(port);
	if (nmi_policy(cause) == NMI_LOG) {
		nmi_log_line(ci, cause, port);
		cpu_stop_exit();
		return;
	}
	x86_nmi_unblock();		/* a second one is latched */
	cpu_stop_begin();		/* our line is not put into another one */
	cnfreshline();
	printf_nolog(REPORT "\n", cpu_name(ci), cause_names[cause], port,
	    nmi_account_count());
	if (nmi_policy(cause) == NMI_PANIC || !db_possible()) {
		trapframe_print(tf, printf_nolog);
		panic("unclaimed NMI on %s", cpu_name(ci));
	}
	db_nmi(tf);
}

/* From the stub. */
void
nmi_unclaimed(struct trapframe *tf)
{
	struct cpu_info *ci = curcpu();

	ci->ci_nmi.nc_unclaimed.ev_count++;
	if (cpu_stop_mine()) {
		ci->ci_nmi.nc_again = 1;	/* in a panic or the debugger */
		return;
	}
	while (!nmi_stop_try()) {
		/* Somebody is at it already: this one is part of that. */
		if (nmi_park(tf))
			return;
		x86_pause();
	}
	nmi_act(tf);
}
