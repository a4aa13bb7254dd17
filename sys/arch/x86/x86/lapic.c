/*
 * The local APIC in xAPIC mode: one page of registers, at the same address
 * on every CPU, each CPU seeing its own.
 *
 * Sending works in any context, NMI included.  The ICR is two registers; a
 * sender that interrupts another between its two writes puts the first one
 * back as it found it, so neither notices.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <machine/intr.h>
#include <machine/pmap.h>
#include <x86/acpivar.h>
#include <x86/cpuvar.h>
#include <x86/intrvec.h>
#include <x86/lapicreg.h>
#include <x86/lapicvar.h>

#define LAPIC_ICR_PATIENCE	100000	/* polls: far above any real delivery */
#define LAPIC_CALIBRATE_US	2000

static volatile uint32_t *lapic;	/* NULL until the boot CPU maps it */
static uint64_t lapic_timer_freq;	/* counts a second, undivided */

static uint32_t
lapic_read(u_int reg)
{
	return lapic[reg / sizeof(*lapic)];
}

static void
lapic_write(u_int reg, uint32_t v)
{
	lapic[reg / sizeof(*lapic)] = v;
}

u_int
lapic_id(void)
{
	return lapic_read(LAPIC_ID) >> LAPIC_ID_SHIFT;
}

void
lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

/* On, and answering at its page: firmware may have left it in x2APIC mode. */
static void
lapic_enable(void)
{
	uint64_t base = rdmsr(MSR_APICBASE);

	if ((base & APICBASE_EXTD) != 0) {
		/* The only way back leads through "off". */
		base &= ~(uint64_t)(APICBASE_EXTD | APICBASE_ENABLE);
		wrmsr(MSR_APICBASE, base);
	}
	if ((base & APICBASE_ENABLE) == 0)
		wrmsr(MSR_APICBASE, base | APICBASE_ENABLE);
	if (lapic == NULL)
		lapic = pmap_mapdev(madt.madt_lapic_pa, LAPIC_SIZE);
}

/* Where the chipset's NMIs come in. */
void
lapic_lint1_mask(bool mask)
{
	lapic_write(LAPIC_LVT_LINT1, LAPIC_LVT_NMI | (mask ? LAPIC_LVT_MASKED : 0));
}

/* Interrupts that firmware took and never ended would block ours. */
static void
lapic_drain(void)
{
	u_int i, n;

	for (n = 0; n < 256; n++) {
		uint32_t busy = 0;

		for (i = 0; i < 8; i++)
			busy |= lapic_read(LAPIC_ISR + i * 16);
		if (busy == 0)
			return;
		lapic_eoi();
	}
}

void
lapic_init_cpu(void)
{
	u_int lvtmax;

	lapic_enable();
	lapic_write(LAPIC_TPR, 0);
	/* Enabled first: while it is not, no LVT entry can be unmasked. */
	lapic_write(LAPIC_SVR, LAPIC_SVR_ENABLE | INTRVEC_SPURIOUS);
	lvtmax = LAPIC_VERS_LVTMAX(lapic_read(LAPIC_VERS));
	lapic_timer_stop();	/* UEFI leaves it running */
	lapic_write(LAPIC_LVT_LINT0, LAPIC_LVT_MASKED);	/* the 8259s */
	lapic_lint1_mask(false);
	lapic_write(LAPIC_LVT_ERROR, LAPIC_LVT_MASKED);
	if (lvtmax >= 4)
		lapic_write(LAPIC_LVT_PERF, LAPIC_LVT_MASKED);
	if (lvtmax >= 5)
		lapic_write(LAPIC_LVT_THERMAL, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_ESR, 0);	/* twice: a write latches, the next clears */
	lapic_write(LAPIC_ESR, 0);
	lapic_drain();
}

/* Bounded: an APIC that never gets idle must not hold a panic. */
static void
lapic_icr_wait(void)
{
	u_int n;

	for (n = LAPIC_ICR_PATIENCE; n != 0; n--) {
		if ((lapic_read(LAPIC_ICRLO) & LAPIC_ICR_BUSY) == 0)
			return;
		x86_pause();
	}
}

static void
lapic_icr_send(u_int apicid, uint32_t lo)
{
	uint32_t hi;
	int s;

	if (lapic == NULL)
		return;
	s = splhigh();
	lapic_icr_wait();
	hi = lapic_read(LAPIC_ICRHI);
	lapic_write(LAPIC_ICRHI, apicid << LAPIC_ICRHI_SHIFT);
	lapic_write(LAPIC_ICRLO, lo);
	lapic_icr_wait();	/* sent, before whom we interrupted goes on */
	lapic_write(LAPIC_ICRHI, hi);
	splx(s);
}

void
lapic_send_ipi(u_int apicid, int vector)
{
	lapic_icr_send(apicid, LAPIC_ICR_ASSERT | LAPIC_ICR_FIXED |
	    (uint32_t)vector);
}

/* Physical destination also for oneself: the self shorthand takes no NMI. */
void
lapic_send_nmi(u_int apicid)
{
	lapic_icr_send(apicid, LAPIC_ICR_ASSERT | LAPIC_ICR_NMI);
}

void
lapic_ipi_all_others(int vector)
{
	lapic_icr_send(0, LAPIC_ICR_OTHERS | LAPIC_ICR_ASSERT |
	    LAPIC_ICR_FIXED | (uint32_t)vector);
}

void
lapic_nmi_all_others(void)
{
	lapic_icr_send(0, LAPIC_ICR_OTHERS | LAPIC_ICR_ASSERT | LAPIC_ICR_NMI);
}

void
lapic_ipi_init(u_int apicid)
{
	lapic_icr_send(apicid, LAPIC_ICR_ASSERT | LAPIC_ICR_INIT);
}

void
lapic_ipi_startup(u_int apicid, u_int page)
{
	lapic_icr_send(apicid, LAPIC_ICR_ASSERT | LAPIC_ICR_STARTUP |
	    (page & 0xff));
}

void
lapic_timer_stop(void)
{
	lapic_write(LAPIC_LVT_TIMER, LAPIC_LVT_MASKED);
	lapic_write(LAPIC_TIMER_INIT, 0);
}

/* Where there are counters, there is this entry. */
void
lapic_perf_nmi(bool on)
{
	lapic_write(LAPIC_LVT_PERF, on ? LAPIC_LVT_NMI : LAPIC_LVT_MASKED);
}

/* How fast it counts, by the TSC. */
void
lapic_timer_calibrate(void)
{
	uint64_t t0, t1;
	uint32_t c0, c1;

	lapic_write(LAPIC_TIMER_DIV, LAPIC_TIMER_DIV1);
	lapic_write(LAPIC_TIMER_INIT, UINT_MAX);
	c0 = lapic_read(LAPIC_TIMER_CUR);
	t0 = rdtsc();
	delay(LAPIC_CALIBRATE_US);
	c1 = lapic_read(LAPIC_TIMER_CUR);
	t1 = rdtsc();
	lapic_timer_stop();
	lapic_timer_freq = (uint64_t)(c0 - c1) * tsc_freq / (t1 - t0);
}

void
lapic_timer_start(u_int freq)
{
	uint64_t count = lapic_timer_freq / freq;

	KASSERT(count != 0 && count <= UINT_MAX);
	lapic_write(LAPIC_TIMER_DIV, LAPIC_TIMER_DIV1);
	lapic_write(LAPIC_LVT_TIMER, LAPIC_LVT_PERIODIC | INTRVEC_TIMER);
	lapic_write(LAPIC_TIMER_INIT, (uint32_t)count);
}
