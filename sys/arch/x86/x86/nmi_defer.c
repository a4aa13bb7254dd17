/*
 * nmi_defer(9): run something soon after the NMI, where more is allowed.
 *
 * Two rings a CPU, for functions that want an interrupt handler and for
 * those that want a thread.  An NMI of this CPU is the only one that fills
 * them and is never interrupted by another that would; the interrupt it
 * sends itself (taken once the NMI has returned and interrupts are on) is the
 * only one that empties the first, a software interrupt the second.  So
 * there is no lock, and no memory but the rings.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>

#include <machine/cpu.h>

#include <x86/intrvec.h>
#include <x86/lapicvar.h>
#include <x86/nmi_defer.h>
#include <x86/nmivar.h>

static void *defer_softint;

/*
 * nmi_defer(where, func, arg):
 *
 *	Call func(arg) soon, on this CPU, in the order of the calls.
 *	=> NMI context only.
 *	=> false: NMI_DEFER_SIZE calls are waiting already.  Counted.
 */
bool
nmi_defer(int where, void (*func)(void *), void *arg)
{
	struct nmi_cpu *nc = &curcpu()->ci_nmi;
	struct nmi_defer_ring *dr = &nc->nc_defer[where];
	struct nmi_deferred *d;

	if (dr->dr_head - atomic_load_acquire(&dr->dr_tail) == NMI_DEFER_SIZE) {
		nc->nc_defer_lost.ev_count++;
		return false;
	}
	d = &dr->dr_slot[dr->dr_head % NMI_DEFER_SIZE];
	d->d_func = func;
	d->d_arg = arg;
	atomic_store_release(&dr->dr_head, dr->dr_head + 1);
	nmi_soft_kick();
	return true;
}

/* Ask for nmi_soft_intr() on this CPU.  Any context. */
void
nmi_soft_kick(void)
{
	lapic_send_ipi(curcpu()->ci_apicid, INTRVEC_NMISOFT);
}

/* What is in the ring now; what its functions add waits for the next turn. */
static void
ring_run(struct nmi_defer_ring *dr)
{
	u_int head = atomic_load_acquire(&dr->dr_head);
	struct nmi_deferred d;

	while (dr->dr_tail != head) {
		d = dr->dr_slot[dr->dr_tail % NMI_DEFER_SIZE];
		atomic_store_release(&dr->dr_tail, dr->dr_tail + 1);
		(*d.d_func)(d.d_arg);
	}
}

/* A software interrupt, whose thread stays on its CPU. */
static void
defer_thread(void *arg __unused)
{
	ring_run(&curcpu()->ci_nmi.nc_defer[NMI_DEFER_THREAD]);
}

/* Interrupt context, by way of nmi_soft_kick(). */
void
nmi_soft_intr(void)
{
	struct nmi_cpu *nc = &curcpu()->ci_nmi;
	struct nmi_defer_ring *dr = &nc->nc_defer[NMI_DEFER_THREAD];

	nmi_ping_settle(nc);
	nmi_lint1_follow();
	nmi_printf_drain(nc);
	ring_run(&nc->nc_defer[NMI_DEFER_INTR]);
	if (dr->dr_head != dr->dr_tail && defer_softint != NULL)
		softint_schedule(defer_softint);
}

void
nmi_defer_init(void)
{
	defer_softint = softint_establish(SOFTINT_SERIAL, defer_thread, NULL);
	if (defer_softint == NULL)
		panic("nmi: no memory for deferred calls");
}
