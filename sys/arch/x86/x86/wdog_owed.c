/*
 * NMIs that the watchdog sends, or that its device raises, and that must not
 * be taken for somebody else's.
 *
 * Per CPU one word: a count, so that every change shows, and a state.
 *
 *	NONE	none of ours is on its way
 *	SENDING	one may leave at any moment
 *	SENT	it has left: it is latched in the CPU, or taken
 *	SEEN	the CPU has looked since
 *
 * While the state is not NONE, the CPU's next NMI is claimed.  It ends in that
 * NMI; or, should none come, at the second clock interrupt that looks: one
 * that was latched by then has been taken.
 *
 * NMI context and clock interrupts.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>

#include <machine/cpu.h>

#include <x86/cpufunc.h>
#include <x86/lapicvar.h>
#include <x86/nmivar.h>
#include <x86/wdogvar.h>

#define PAUSES		200	/* an NMI on its way has arrived then */

volatile u_int wdog_owed[MAXCPUS];

static u_int
next(u_int owed, u_int state)
{
	return (owed / WDOG_STATES + 1) * WDOG_STATES + state;
}

static void
owe(const struct cpu_info *ci, u_int state)
{
	volatile u_int *owed = &wdog_owed[cpu_index(ci)];

	*owed = next(*owed, state);
}

void
wdog_send(const struct cpu_info *ci)
{
	owe(ci, WDOG_SENDING);
	lapic_send_nmi(ci->ci_apicid);
	owe(ci, WDOG_SENT);
}

/* The device has raised one for that CPU, or was about to. */
void
wdog_owe(const struct cpu_info *ci)
{
	owe(ci, WDOG_SENT);
	if (ci != curcpu() || nmi_in_progress(curcpu()))
		return;
	for (int i = 0; i < PAUSES; i++)
		x86_pause();
	owe(ci, WDOG_NONE);		/* nothing blocks it here: taken, or there is none */
}

/*
 * Let in what waits behind this NMI, if anything does.  From here on the
 * stub latches.
 */
static bool
another_waits(const struct cpu_info *ci)
{
	x86_nmi_unblock();
	for (int i = 0; i < PAUSES; i++)
		x86_pause();
	return nmi_latched(ci) != nmi_latched_before(ci);
}

/*
 * In an NMI, which is one of ours; or it is another one, and ours waits
 * behind it.  Of these two one is claimed and one not, as it should be, unless
 * this one is claimed by somebody else.  fired: the device has raised one.
 */
void
wdog_claim(struct cpu_info *ci, bool fired)
{
	volatile u_int *owed = &wdog_owed[cpu_index(ci)];
	u_int was = *owed, state = was % WDOG_STATES;
	bool two = (fired && state != WDOG_NONE) || ci->ci_nmi.nc_ipi != 0 ||
	    nmi_ping_owed(&ci->ci_nmi);
	bool waits = another_waits(ci);

	if (state == WDOG_SENDING)
		return;			/* who sends it says when it has left */
	(void)atomic_cas_uint(owed, was, next(was, waits && two ? WDOG_SEEN : WDOG_NONE));
}

/* In a clock interrupt. */
void
wdog_settle(const struct cpu_info *ci)
{
	volatile u_int *owed = &wdog_owed[cpu_index(ci)];
	u_int was = *owed, state = was % WDOG_STATES;

	if (state == WDOG_SENT || state == WDOG_SEEN)
		(void)atomic_cas_uint(owed, was, next(was, state == WDOG_SENT ? WDOG_SEEN : WDOG_NONE));
}
