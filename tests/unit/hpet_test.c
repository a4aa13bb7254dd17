/*
 * The HPET as a source: which are refused, with which words, which timer and
 * pin are taken.  Its registers are memory here, so nothing counts by itself.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <x86/acpivar.h>
#include <x86/hpetreg.h>
#include <x86/ioapicvar.h>
#include <x86/wdogvar.h>
#include <machine/pmap.h>
#include "unit.h"

#define PA	0xfed00000UL
#define NTIMER	3

static volatile uint32_t regs[HPET_SIZE / 4];
static struct acpi_hpet table;
static u_int free_pins;			/* a bit each */
static u_int silenced, taken, unmasked;

const struct acpi_sdt *
acpi_table_find(const char *sig)
{
	return strcmp(sig, "HPET") == 0 ? &table.hpet_hdr : NULL;
}

volatile void *
pmap_mapdev(paddr_t pa, psize_t size)
{
	CHECK(pa == PA && size == HPET_SIZE);
	return regs;
}

int
ioapic_nmi_establish(u_int gsi, u_int apicid)
{
	CHECK(apicid == 5);
	if ((free_pins & 1U << gsi) == 0)
		return EBUSY;
	taken |= 1U << gsi;
	return 0;
}

void
ioapic_nmi_disestablish(u_int gsi)
{
	taken &= ~(1U << gsi);
}

void
ioapic_nmi_mask(u_int gsi, bool masked)
{
	CHECK(!masked);
	unmasked |= 1U << gsi;
}

void
i8254_silence(void)
{
	silenced++;
}

#include <arch/x86/x86/hpet.c>

static void
machine(u_int free)
{
	memset(__UNVOLATILE(regs), 0, sizeof(regs));
	memset(&table, 0, sizeof(table));
	table.hpet_hdr.sdt_len = sizeof(table);
	table.hpet_addr.gas_addr = PA;
	regs[HPET_CAP / 4] = HPET_CAP_64BIT | (NTIMER - 1) << 8;
	regs[HPET_PERIOD / 4] = 10000000;	/* 100 MHz */
	for (u_int n = 0; n < NTIMER; n++) {
		regs[HPET_TIMER(n) / 4] = HPET_TN_64BIT;
		regs[HPET_TN_ROUTES(n) / 4] = 1U << 2 | 1U << 8 | 0xff0000;
	}
	free_pins = free;
	silenced = taken = unmasked = 0;
	hpet = NULL;
}

static const char *
started(void)
{
	hpet_attach();
	return hpet_source.ws_start(5);
}

static void
time_is(uint64_t count)
{
	regs[HPET_COUNTER / 4] = (uint32_t)count;
	regs[HPET_COUNTER / 4 + 1] = (uint32_t)(count >> 32);
}

static uint64_t
compared(u_int n)
{
	return (uint64_t)regs[HPET_TN_COMPARE(n) / 4 + 1] << 32 |
	    regs[HPET_TN_COMPARE(n) / 4];
}

static void
hpet_takes_the_pits_pin(void)
{
	machine(UINT_MAX);
	CHECK(started() == NULL);
	CHECK(taken == 1U << 2 && unmasked == taken && silenced == 1);
	CHECK(regs[HPET_TIMER(0) / 4] ==
	    (HPET_TN_64BIT | HPET_TN_ENABLE | 2 << HPET_TN_ROUTE_SHIFT));
	CHECK(regs[HPET_CFG / 4] == HPET_CFG_ENABLE);
	hpet_source.ws_stop();
	CHECK(taken == 0 && (regs[HPET_TIMER(0) / 4] & HPET_TN_ENABLE) == 0);
}

static void
hpet_takes_what_is_free(void)
{
	machine(1U << 20 | 1U << 17 | 1U << 8);
	regs[HPET_TIMER(0) / 4] = 0;	/* 32 bits */
	CHECK(started() == NULL);
	CHECK(taken == 1U << 20 && silenced == 0);
	CHECK(regs[HPET_TIMER(0) / 4] == 0);
	CHECK((regs[HPET_TIMER(1) / 4] & HPET_TN_ENABLE) != 0);
}

/* Of the two times that may hold while one is set, both count. */
static void
hpet_time_comes(void)
{
	machine(UINT_MAX);
	time_is(0xfffffff0);
	CHECK(started() == NULL && !hpet_source.ws_fired());
	hpet_set(1000);
	hpet_commit();
	CHECK(compared(0) == 0xfffffff0 + 100000UL);
	time_is(compared(0) - 1);
	CHECK(!hpet_source.ws_fired());
	time_is(compared(0));
	CHECK(hpet_source.ws_fired());
	hpet_set(1000);
	CHECK(hpet_source.ws_fired());
	hpet_commit();
	CHECK(!hpet_source.ws_fired());
	time_is(compared(0) - 1);
	hpet_set(2000);
	time_is(compared(0));
	CHECK(hpet_source.ws_fired());
	CHECK(hpet_source.ws_put_off(2000) && hpet_source.ws_fired());
	hpet_source.ws_commit();
	CHECK(!hpet_source.ws_fired());
	CHECK(!hpet_source.ws_put_off(0));
	/* As far as a signed difference goes, and not in the past. */
	CHECK(compared(0) > (uint64_t)1 << 49 && compared(0) < (uint64_t)1 << 52);
	/* Nor is its low word, should the high one be another CPU's. */
	CHECK((uint32_t)compared(0) == 0xffffffffU);
	time_is((uint64_t)1 << 48);
	CHECK(!hpet_source.ws_fired());
}

static void
hpet_refused(void)
{
	machine(UINT_MAX);
	table.hpet_hdr.sdt_len = sizeof(table) - 1;
	CHECK_STR(started(), "there is none");
	machine(UINT_MAX);
	table.hpet_addr.gas_space = ACPI_GAS_IO;
	CHECK_STR(started(), "there is none");
	CHECK(hpet_table(NULL) == 0);
	for (int i = 0; i < 2; i++) {
		machine(UINT_MAX);
		regs[HPET_PERIOD / 4] = i == 0 ? 0 : UINT_MAX;
		CHECK_STR(started(), "there is none");
		CHECK(unit_contains(unit_console,
		    "hpet: pa 0xfed00000: nothing that counts, ignored\n"));
	}
	machine(UINT_MAX);
	regs[HPET_CAP / 4] &= ~(uint32_t)HPET_CAP_64BIT;
	CHECK_STR(started(), "its counter has 32 bits");
	machine(0);
	CHECK_STR(started(), "no timer of 64 bits with a free pin of an I/O APIC");
	machine(UINT_MAX);
	for (u_int n = 0; n < NTIMER; n++)
		regs[HPET_TIMER(n) / 4] = 0;
	CHECK_STR(started(), "no timer of 64 bits with a free pin of an I/O APIC");
	CHECK(taken == 0);
}

void
unit_main(void)
{
	RUN(hpet_takes_the_pits_pin);
	RUN(hpet_takes_what_is_free);
	RUN(hpet_time_comes);
	RUN(hpet_refused);
}
