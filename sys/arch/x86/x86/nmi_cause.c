/*
 * The cause of an NMI, in the log and by port 0x61.
 *
 * A cause is a bit of the log's entry, since one NMI may have several.  Who
 * claims NMIs adds the name of his own once, nmi_cause_add(), and notes the bit
 * as he claims, nmi_cause_note(): by his device's status or, if it has
 * none, since it is armed and overdue.
 *
 * An NMI from outside may hit every CPU, but there is one port, and reading
 * it re-arms what it shows.  So one CPU reads it for all.  Whoever finds the
 * machine taken parks and is part of that.  Under the policy "log" the machine
 * is free again before a slower CPU has even begun: its NMI belongs to
 * the last event if that is no older than a second and the CPU was not part
 * of it yet.  What is swallowed by that if the guess is wrong is one CPU's: a
 * press of the operator's switch hits the one that answered last, too.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kernel.h>
#include <sys/mutex.h>

#include <machine/cpu.h>

#include <x86/nmi_cause.h>

#define CAUSES		32		/* bits of le_why */
#define EVENT_TIME	NMI_CLOCK_SECOND

CTASSERT(MAXCPUS <= 32);		/* event_cpus */

static const char *names[CAUSES] = {
	"latched", "ping", "stop", "unknown", "SERR", "IOCHK"
};
static kmutex_t names_lock = MUTEX_SPIN_INITIALIZER;

/* The last event, by the owner of the machine; a parked CPU adds itself. */
static volatile uint32_t event_cpus = ~0U;	/* have had theirs */
static struct nmi_event event;
static volatile u_int event_session;

static volatile u_int port_off;		/* kept off: NMISC_*_OFF */

/*
 * nmi_cause_add(name):
 *
 *	A name for "nmi log", which stays where it is.  The same bit for the same
 *	name, so that it can be asked for again.
 *	=> not in an NMI.
 *	=> 0: there are no more.  To note that does nothing.
 */
uint32_t
nmi_cause_add(const char *name)
{
	u_int i;

	mutex_spin_enter(&names_lock);
	for (i = 0; i < CAUSES && names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			break;
	if (i < CAUSES)
		names[i] = name;
	mutex_spin_exit(&names_lock);
	return i < CAUSES ? 1U << i : 0;
}

/*
 * nmi_cause_note(bits):
 *
 *	The NMI that is being handled was also for this.
 *	=> in an NMI, by a handler that claims it, before it does anything that
 *	   may not return.
 */
void
nmi_cause_note(uint32_t bits)
{
	curcpu_load(ci_nmi.nc_entry)->le_why |= bits;
}

static void
note_cause(enum nmi_cause cause)
{
	nmi_cause_note(1U << (NMI_LOG_CAUSE + cause));
}

/* The name of bit i; NULL: nobody's. */
const char *
nmi_cause_bit(u_int i)
{
	return i < CAUSES ? names[i] : NULL;
}

const char *
nmi_cause_name(enum nmi_cause cause)
{
	return names[NMI_LOG_CAUSE + cause];
}

/* Both at once give one NMI: the one that stops the machine, if either does. */
static enum nmi_cause
port_cause(uint8_t port)
{
	if ((port & NMISC_SERR) == 0)
		return port & NMISC_IOCHK ? NMI_IOCHK : NMI_UNKNOWN;
	if ((port & NMISC_IOCHK) != 0 && nmi_policy(NMI_SERR) == NMI_LOG)
		return NMI_IOCHK;
	return NMI_SERR;
}

/* The bits stay set, and no further NMI comes, until the enables cycle. */
static void
port_rearm(uint8_t port)
{
	uint8_t keep = (uint8_t)((port & NMISC_ENABLES) | port_off), off = 0;

	if (port & NMISC_SERR)
		off |= NMISC_SERR_OFF;
	if (port & NMISC_IOCHK)
		off |= NMISC_IOCHK_OFF;
	if (off == 0)
		return;
	nmi_port_write(keep | off);
	nmi_port_write((uint8_t)((keep & ~off) | port_off));
}

/* An NMI that quarantines a cause meanwhile must not be overruled. */
void
nmi_port_mask(enum nmi_cause cause, bool mask)
{
	u_int bit = cause == NMI_SERR ? NMISC_SERR_OFF : NMISC_IOCHK_OFF, off;
	uint8_t port = nmi_port_read();

	if (mask)
		atomic_or_uint(&port_off, bit);
	else
		atomic_and_uint(&port_off, ~bit);
	if (port == NMISC_NONE)
		return;
	port &= NMISC_OTHERS;
	do {
		off = port_off;
		nmi_port_write((uint8_t)(port | off));
	} while (off != port_off);
}

static void
event_join(void)
{
	atomic_or_32(&event_cpus, 1U << cpu_number());
	note_cause(event.ev_cause);
}

/* Is this NMI the share of this CPU in what another one has answered? */
bool
nmi_event_old(u_int now)
{
	if ((event_cpus & 1U << cpu_number()) != 0 ||
	    now - event.ev_when >= EVENT_TIME)
		return false;
	event_join();
	return true;
}

/* The one reader of the port. */
void
nmi_event_new(struct nmi_event *ev, u_int now)
{
	uint8_t port = nmi_port_read();

	ev->ev_port = port;
	ev->ev_cause = port == NMISC_NONE ? NMI_UNKNOWN : port_cause(port);
	ev->ev_when = now;
	if (port != NMISC_NONE)
		port_rearm(port);
	event = *ev;
	event_session = nmi_stop_count();
	event_cpus = 1U << cpu_number();
	note_cause(ev->ev_cause);
}

/* The machine is stopped, and what hit the others goes with that. */
void
nmi_event_everybody(void)
{
	event_cpus = ~0U;
}

/* It parked, in this session or the next: whose cause was that? */
void
nmi_event_parked(u_int session)
{
	if ((int)(event_session - session) >= 0)
		event_join();
	else
		note_cause(NMI_UNKNOWN);
}
