/*
 * NMIs that one sends to see whether they arrive: to one CPU, to all others,
 * to oneself.
 *
 * Ours is never taken for an unknown one.  Until it has surely been taken,
 * every NMI of its CPU is claimed: which of them is ours nobody can tell, and
 * two that come close together may be one.  Per CPU, four counts that grow:
 *
 *	sent	before the ICR is written: from now on one may be ours
 *	left	when the ICR is idle again: it is latched in the CPU, or taken
 *	seen	what "left" was when this CPU last looked
 *	settled	those that have surely been taken
 *
 * The CPU looks in every NMI handler run, and in an interrupt that is sent
 * after the NMI and then once more by itself.  What had left when it looked
 * was latched or taken by then; a latched NMI is taken as soon as NMIs are not
 * blocked; so at the next look, in whatever later run or interrupt that is,
 * it has been taken, and is settled.
 *
 * The price: an unknown NMI in between is claimed as well.  That is a matter
 * of microseconds, but on a CPU with interrupts off it lasts until one
 * more NMI has come: there an operator's first may be swallowed, never a
 * second.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/mutex.h>

#include <machine/cpu.h>

#include <x86/intrvec.h>
#include <x86/lapicvar.h>
#include <x86/nmivar.h>

static kmutex_t ping_lock;		/* of senders */

void
nmi_ping_init(void)
{
	mutex_init(&ping_lock, MUTEX_DEFAULT, IPL_NONE);
}

/* An NMI may come in the middle and do the same: it may only be ahead. */
static void
ping_look(struct nmi_cpu *nc)
{
	u_int settled = nc->nc_ping_settled;
	u_int left = atomic_load_acquire(&nc->nc_ping_left);

	if (nc->nc_ping_seen == left)
		(void)atomic_cas_uint(&nc->nc_ping_settled, settled, left);
	else
		nc->nc_ping_seen = left;
}

/* NMI context: may this be one of ours? */
bool
nmi_ping_claim(struct nmi_cpu *nc)
{
	if (!nmi_ping_owed(nc))
		return false;
	ping_look(nc);
	nc->nc_pings++;
	nc->nc_entry->le_why |= NMI_LOG_PING;
	return true;
}

/* Interrupt context, on the CPU whose counts they are. */
void
nmi_ping_settle(struct nmi_cpu *nc)
{
	if (nc->nc_ping_settled == atomic_load_acquire(&nc->nc_ping_left))
		return;
	ping_look(nc);
	if (nmi_ping_owed(nc))
		nmi_soft_kick();
}

/*
 * Interrupts are off, since all NMIs of that CPU are claimed until the
 * count has followed.
 */
static void
ping_send(struct cpu_info *ci)
{
	struct nmi_cpu *nc = &ci->ci_nmi;
	int s = splhigh();

	KASSERT(mutex_owned(&ping_lock));
	atomic_store_release(&nc->nc_ping_sent, nc->nc_ping_sent + 1);
	lapic_send_nmi(ci->ci_apicid);
	atomic_store_release(&nc->nc_ping_left, nc->nc_ping_sent);
	lapic_send_ipi(ci->ci_apicid, INTRVEC_NMISOFT);
	splx(s);
}

/* One came, and nothing is owed; *us is what is left of our patience. */
static bool
ping_wait(const struct nmi_cpu *nc, u_int before, int *us)
{
	for (; *us > 0 && (nc->nc_pings == before || nmi_ping_owed(nc)); *us -= 2)
		delay(2);
	return nc->nc_pings != before;
}

/*
 * nmi_ping(ci):
 *
 *	Send an NMI to a CPU, one's own too, and wait until it was taken.
 *	=> thread context.  False: none came in NMI_PING_MS.
 */
bool
nmi_ping(struct cpu_info *ci)
{
	int us = NMI_PING_MS * 1000;
	u_int before;
	bool came;

	mutex_enter(&ping_lock);
	before = ci->ci_nmi.nc_pings;
	ping_send(ci);
	came = ping_wait(&ci->ci_nmi, before, &us);
	mutex_exit(&ping_lock);
	return came;
}

/*
 * nmi_ping_all(self, late):
 *
 *	Send an NMI to all other CPUs, and to this one, too, if asked; wait
 *	until they were taken.
 *	=> thread context.  late(ci) for each where none came in NMI_PING_MS.
 *
 * One by one: the shorthand would also reach CPUs that were never started,
 * which have only the firmware's vector for it.
 */
void
nmi_ping_all(bool self, void (*late)(struct cpu_info *))
{
	bool asked[MAXCPUS];
	u_int before[MAXCPUS];
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	int us = NMI_PING_MS * 1000;

	mutex_enter(&ping_lock);
	kpreempt_disable();		/* "this" stays the same */
	for (CPU_INFO_FOREACH(cii, ci)) {
		asked[cii] = ci != curcpu() || self;
		before[cii] = ci->ci_nmi.nc_pings;
		if (asked[cii])
			ping_send(ci);
	}
	kpreempt_enable();
	for (CPU_INFO_FOREACH(cii, ci))
		if (asked[cii] && !ping_wait(&ci->ci_nmi, before[cii], &us))
			(*late)(ci);
	mutex_exit(&ping_lock);
}
