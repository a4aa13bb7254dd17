/*
 * An NMI between the sti and the hlt of a CPU that goes idle.  Its iret
 * ends the sti's hold on interrupts, so one that was pending comes before the
 * hlt, and returns to it: what it woke must run all the same, not only when the
 * clock ends the hlt.
 *
 * A thread does here what the idle loop does, on the boot CPU.
 */

#include <sys/condvar.h>
#include <sys/mutex.h>
#include <machine/pmap.h>
#include <x86/acpivar.h>
#include <x86/intrvec.h>
#include <x86/lapicreg.h>
#include "nmitest.h"

#define ID_ROUNDS	200

static kmutex_t id_lock;
static kcondvar_t id_cv;
static u_int id_asked, id_served, id_hits, id_prompt;
static bool id_over;
static uint64_t id_ticks;		/* of the CPU, when it was served */
static volatile vaddr_t id_rip;

extern const char id_hlt[];

static int
id_handler(const struct trapframe *tf, void *arg __unused)
{
	id_rip = tf->tf_rip;
	return 1;
}

static void
id_sleeper(void *arg __unused)
{
	mutex_enter(&id_lock);
	while (!id_over) {
		if (id_served != id_asked) {
			id_served = id_asked;
			id_ticks = curcpu()->ci_data.cpu_ticks;
		}
		cv_wait(&id_cv, &id_lock);
	}
	mutex_exit(&id_lock);
}

/* Interrupts are off, the NMI is under way when the sti is reached. */
static __noinline void
id_idle(volatile uint32_t *icr)
{
	__asm volatile(
	    "movl	%0, (%1)\n\t"
	    "sti\n"
	    "	.globl	id_hlt\n"
	    "id_hlt:\n\t"
	    "hlt\n\t"
	    "cli"
	    :
	    : "r"((uint32_t)(LAPIC_ICR_ASSERT | LAPIC_ICR_NMI)), "r"(icr)
	    : "memory", "cc");
}

/* The sleeper is woken as by an interrupt: it is in the queue, the IPI pending. */
static void
id_round(volatile uint8_t *lapic)
{
	struct cpu_info *ci = curcpu();
	uint64_t ticks;
	int s;

	kpause("ktest", false, 1, NULL);
	s = splhigh();
	ticks = ci->ci_data.cpu_ticks;
	mutex_enter(&id_lock);
	id_asked++;
	cv_signal(&id_cv);
	mutex_exit(&id_lock);
	lapic_send_ipi(ci->ci_apicid, INTRVEC_RESCHED);
	id_rip = 0;
	*(volatile uint32_t *)(lapic + LAPIC_ICRHI) =
	    ci->ci_apicid << LAPIC_ICRHI_SHIFT;
	id_idle((volatile uint32_t *)(lapic + LAPIC_ICRLO));
	splx(s);
	KT_CHECK(KT_WAIT(id_served == id_asked));
	if (id_rip == (vaddr_t)id_hlt) {
		id_hits++;
		if (id_ticks == ticks)
			id_prompt++;
	}
}

static void
id_waker(void *arg __unused)
{
	volatile uint8_t *lapic = pmap_mapdev(madt.madt_lapic_pa, LAPIC_SIZE);

	for (u_int i = 0; i < ID_ROUNDS && id_prompt == 0; i++)
		id_round(lapic);
	mutex_enter(&id_lock);
	id_over = true;
	cv_signal(&id_cv);
	mutex_exit(&id_lock);
}

/* The clock may tick in between by chance, but not every time. */
KTEST(nmi_sti_hlt, "an NMI between sti and hlt delays nobody who was woken until the next tick")
{
	nmi_handler_t *handle = nmi_establish(id_handler, NULL);

	mutex_init(&id_lock, MUTEX_DEFAULT, IPL_HIGH);
	cv_init(&id_cv, "ktestcv");
	id_asked = id_served = id_hits = id_prompt = 0;
	id_over = false;
	kt_thread(PRI_KERNEL, cpu_lookup(0), id_sleeper, NULL);
	kt_thread(PRI_USER, cpu_lookup(0), id_waker, NULL);
	kt_threads_join();
	nmi_disestablish(handle);
	cv_destroy(&id_cv);
	mutex_destroy(&id_lock);
	if (id_hits == 0)
		KT_SKIP("an NMI to oneself is not taken right after a sti");
	KT_CHECK(id_prompt != 0);
}
