/*
 * The watchdog's performance counter against models of Intel's and AMD's:
 * which registers are written, when the counter overflows, what a
 * machine is refused for.  No emulator here has such counters.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/xcall.h>
#include <x86/cpufunc.h>
#include <x86/lapicvar.h>
#include <x86/perfctr.h>
#include "unit.h"

#define MHZ		2000

uint64_t tsc_freq = MHZ * 1000000UL;

static struct model {
	uint32_t m_leaf0[4], m_leafa[4], m_leaf81[4];
	uint32_t m_select, m_counter, m_event;	/* its registers; 0: none */
	u_int m_width;
	bool m_global, m_deaf;		/* deaf: writes do not stick */
	uint64_t m_v_select, m_v_counter, m_v_ctrl, m_v_ovf;
	bool m_lvt;
	u_int m_nmis;
} m;

static uint64_t
mask(void)
{
	return ((uint64_t)1 << m.m_width) - 1;
}

static int
model_write(uint32_t msr, uint64_t v)
{
	if (msr == m.m_select)
		m.m_v_select = m.m_deaf ? 0 : v;
	else if (msr == m.m_counter)
		/* Intel's take 32 bits and extend the sign; AMD's take all. */
		m.m_v_counter = (m.m_global ? (uint64_t)(int64_t)(int32_t)v : v) & mask();
	else if (m.m_global && msr == MSR_PERF_GLOBAL_CTRL)
		m.m_v_ctrl = v;
	else if (m.m_global && msr == MSR_PERF_GLOBAL_OVF)
		m.m_v_ovf &= ~v;
	else
		return 1;
	return 0;
}

static int
model_read(uint32_t msr, uint64_t *v)
{
	if (msr != m.m_select && msr != m.m_counter)
		return 1;
	*v = msr == m.m_select ? m.m_v_select : m.m_v_counter;
	return 0;
}

static void
model_wrmsr(uint32_t msr, uint64_t v)
{
	if (model_write(msr, v) != 0)
		unit_fail("no register %#x", msr);
}

static uint64_t
model_rdmsr(uint32_t msr)
{
	uint64_t v = 0;

	if (model_read(msr, &v) != 0)
		unit_fail("no register %#x", msr);
	return v;
}

static void
model_cpuid(uint32_t leaf, uint32_t r[4])
{
	static const uint32_t none[4], ext[4] = { 0x80000001 };

	memcpy(r, leaf == 0 ? m.m_leaf0 : leaf == 0xa ? m.m_leafa :
	    leaf == 0x80000000 ? ext : leaf == 0x80000001 ? m.m_leaf81 : none,
	    sizeof(none));
}

void
lapic_perf_nmi(bool on)
{
	m.m_lvt = on;
}

uint64_t
xc_broadcast(u_int flags __unused, xcfunc_t func, void *a, void *b)
{
	(*func)(a, b);
	return 0;
}

void
xc_wait(uint64_t where __unused)
{
}

#define rdmsr		model_rdmsr
#define wrmsr		model_wrmsr
#define rdmsr_safe	model_read
#define wrmsr_safe	model_write
#define x86_cpuid	model_cpuid
#include <arch/x86/x86/perfctr.c>

/* The CPU runs for so many cycles. */
static void
cycles(uint64_t n)
{
	const uint64_t need = PERFEVT_ENABLE | PERFEVT_INT | PERFEVT_OS | PERFEVT_USR;

	if ((m.m_v_select & (need | 0xff)) != (need | m.m_event) ||
	    (m.m_global && (m.m_v_ctrl & 1) == 0))
		return;
	m.m_v_counter += n;
	if (m.m_v_counter <= mask())
		return;
	m.m_v_counter &= mask();
	if (m.m_global && (m.m_v_ovf & 1) != 0)
		return;		/* the last one was not acknowledged */
	m.m_v_ovf |= m.m_global;
	m.m_nmis += m.m_lvt;
	m.m_lvt = false;
}

static void
intel(void)
{
	memset(&m, 0, sizeof(m));
	m.m_leaf0[0] = 0xd;
	m.m_leafa[0] = 48 << 16 | 4 << 8 | 2;
	m.m_select = MSR_PERFEVTSEL0;
	m.m_counter = MSR_PERFCTR0;
	m.m_event = PERFEVT_CYCLES;
	m.m_width = 48;
	m.m_global = true;
}

static void
amd(bool extended)
{
	memset(&m, 0, sizeof(m));
	m.m_leaf0[0] = 1;
	memcpy(&m.m_leaf0[1], "Auth", 4);
	memcpy(&m.m_leaf0[3], "enti", 4);
	memcpy(&m.m_leaf0[2], "cAMD", 4);
	m.m_leaf81[2] = extended ? 1U << 23 : 0;
	m.m_select = extended ? MSR_F15_PERFEVTSEL0 : MSR_K7_PERFEVTSEL0;
	m.m_counter = extended ? MSR_F15_PERFCTR0 : MSR_K7_PERFCTR0;
	m.m_event = PERFEVT_AMD_CYCLES;
	m.m_width = 48;
}

static void
set(u_int us)
{
	wdog_set(&perfctr_source, us);
}

static void
counts(void)
{
	CHECK(perfctr_source.ws_start(0) == NULL);
	CHECK(!perfctr_source.ws_fired());
	set(1000);
	cycles(1000 * MHZ - 1);
	CHECK(m.m_nmis == 0 && !perfctr_source.ws_fired());
	cycles(1);
	CHECK(m.m_nmis == 1 && perfctr_source.ws_fired());
	/* Put off again and again it never comes, and then it does. */
	for (int i = 0; i < 5; i++) {
		set(1000);
		cycles(900 * MHZ);
	}
	CHECK(m.m_nmis == 1 && !perfctr_source.ws_fired());
	cycles(100 * MHZ);
	CHECK(m.m_nmis == 2 && perfctr_source.ws_fired());
	set(0);
	cycles(1UL << 40);
	CHECK(m.m_nmis == 2 && !perfctr_source.ws_fired());
	set(1000);
	perfctr_source.ws_stop();
	CHECK(!m.m_lvt);
	cycles(1UL << 40);
	CHECK(m.m_nmis == 2 && !perfctr_source.ws_fired());
}

static void
perfctr_of_intel(void)
{
	intel();
	counts();
	intel();
	m.m_leafa[0] = 40 << 16 | 2 << 8 | 2;
	m.m_width = 40;
	counts();
}

static void
perfctr_of_amd(void)
{
	amd(false);
	counts();
	amd(true);
	counts();
}

/* What overflows as it is put off is known until that is done. */
static void
perfctr_overflows_meanwhile(void)
{
	intel();
	CHECK(perfctr_source.ws_start(0) == NULL);
	set(1000);
	cycles(1000 * MHZ - COUNT_SOON / 2);
	CHECK(perfctr_source.ws_put_off(1000) && perfctr_source.ws_fired());
	perfctr_source.ws_commit();
	CHECK(!perfctr_source.ws_fired());
}

static void
perfctr_longest_time(void)
{
	u_int us;

	intel();
	CHECK(perfctr_source.ws_start(0) == NULL);
	us = perfctr_source.ws_longest();
	CHECK(us > 500000);
	set(2 * us);		/* cut, not wrapped */
	cycles((uint64_t)us * MHZ - MHZ);
	CHECK(m.m_nmis == 0);
	cycles(2 * MHZ);
	CHECK(m.m_nmis == 1);
}

static void
perfctr_refuses(void)
{
	static const char none[] = "this CPU has none";
	static const char nothing[] = "there are none behind the registers";

	intel();
	m.m_leaf0[0] = 9;
	CHECK_STR(perfctr_source.ws_start(0), none);
	intel();
	m.m_leafa[0] = 0;
	CHECK_STR(perfctr_source.ws_start(0), none);
	intel();
	m.m_leafa[0] = 48 << 16 | 2;	/* no counter */
	CHECK_STR(perfctr_source.ws_start(0), none);
	intel();
	m.m_leafa[1] = 1;		/* no such event */
	CHECK_STR(perfctr_source.ws_start(0), none);
	intel();
	m.m_deaf = true;
	CHECK_STR(perfctr_source.ws_start(0), nothing);
	intel();
	m.m_select = 0;
	CHECK_STR(perfctr_source.ws_start(0), nothing);
	amd(false);
	m.m_leaf0[2]++;
	CHECK_STR(perfctr_source.ws_start(0), none);
}

void
unit_main(void)
{
	RUN(perfctr_of_intel);
	RUN(perfctr_of_amd);
	RUN(perfctr_overflows_meanwhile);
	RUN(perfctr_longest_time);
	RUN(perfctr_refuses);
}
