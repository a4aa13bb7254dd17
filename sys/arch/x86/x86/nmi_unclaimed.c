/*
 * An NMI that no handler claims: say where it came from as far as the
 * machine tells, and act.
 *
 * NMI context.  Output goes straight to the polled console.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/cons.h>

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

static const char *
nmi_cause(uint8_t port)
{
	if (port == NMISC_NONE)
		return "unknown";
	return port & NMISC_SERR ? "SERR" : port & NMISC_IOCHK ? "IOCHK" : "unknown";
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

void
nmi_unclaimed(struct trapframe *tf)
{
	struct cpu_info *ci = curcpu();
	uint8_t port;

	ci->ci_nmi.nc_unclaimed.ev_count++;
	if (!nmi_stop_try()) {
		/* Somebody is at it already: this one is part of that. */
		nmi_park(tf);
		return;
	}
	if (panicstr != NULL)
		return;			/* came while we report a panic */
	x86_nmi_unblock();		/* a second one is latched, and absorbed */
	port = inb(NMISC_PORT);
	nmi_rearm(port);
	cnfreshline();
	printf_nolog("nmi: %s: unclaimed NMI, %s (port 61 0x%02x), none of %d handlers\n",
	    cpu_name(ci), nmi_cause(port), port, nmi_account_count());
	panic("unclaimed NMI on %s", cpu_name(ci));
}
