/*
 * ACPI tables, right, broken and random: only tables whose length and
 * checksum hold are used, no read leaves one, and the boot CPU is always
 * there and first.
 */

#include <sys/param.h>
#include <sys/bootinfo.h>
#include <sys/kernel.h>
#include <sys/systm.h>
#include <machine/pmap.h>
#include <x86/acpivar.h>
#include "fakephys.h"
#include "unit.h"

#define PA_RSDP		0xf0010
#define PA_RSDT		0x100000
#define PA_MADT		0x110000
#define PA_FADT		0x120000
#define PA_DSDT		0x130000
#define BOOTID		3
#define FUZZ_ROUNDS	20000

struct bootinfo bootinfo;

/* The boot CPU is the second record; one of the others is disabled. */
static const uint8_t madt_bytes[] = {
	'A', 'P', 'I', 'C', 44 + 8 * 4 + 12 + 10 + 12 + 16, 0, 0, 0, 3, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x00, 0x00, 0xe0, 0xfe, 1, 0, 0, 0,
	0, 8, 0, 0, 1, 0, 0, 0,
	0, 8, 1, BOOTID, 1, 0, 0, 0,
	0, 8, 2, 5, 0, 0, 0, 0,
	0, 8, 3, 7, 1, 0, 0, 0,
	1, 12, 0, 0, 0x00, 0x00, 0xc0, 0xfe, 0, 0, 0, 0,
	2, 10, 0, 9, 20, 0, 0, 0, 0x0f, 0,
	5, 12, 0, 0, 0, 0, 0xe1, 0xfe, 0, 0, 0, 0,
	9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0,
};

static const uint8_t aml[] = {
	0x10, 0x05, '_', 'S', 'B', '_',			/* not it */
	0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x0a, 0x05, 0x01, 0x00, 0x00,
};

uint64_t
uptime_us(void)
{
	return 0;
}

void
delay(u_int us __unused)
{
}

volatile void *
pmap_mapdev(paddr_t pa, psize_t size __unused)
{
	return fake_phys(pa);
}

static uint8_t
sum(const uint8_t *p, size_t len)
{
	uint8_t s = 0;

	while (len-- != 0)
		s = (uint8_t)(s + *p++);
	return s;
}

static void
table_add(paddr_t pa, uint8_t *t, size_t len)
{
	t[9] = 0;
	t[9] = (uint8_t)-sum(t, len);
	fake_phys_add(pa, t, len);
}

static void
rsdt_add(uint32_t pa1, uint32_t pa2)
{
	uint8_t t[36 + 8] = { 'R', 'S', 'D', 'T', sizeof(t) };

	memcpy(t + 36, &pa1, 4);
	memcpy(t + 40, &pa2, 4);
	table_add(PA_RSDT, t, sizeof(t));
}

static void
rsdp_set(uint32_t rsdt)
{
	uint8_t *r = bootinfo.bi_rsdp_copy;

	memset(r, 0, sizeof(bootinfo.bi_rsdp_copy));
	memcpy(r, "RSD PTR ", 8);
	memcpy(r + 16, &rsdt, 4);
	r[8] = (uint8_t)-sum(r, 20);
	bootinfo.bi_rsdp_copied = true;
}

static void
test_tables(void)
{
	uint8_t madt_copy[sizeof(madt_bytes)];

	fake_phys_reset();
	rsdp_set(PA_RSDT);
	rsdt_add(PA_FADT, PA_MADT);
	memcpy(madt_copy, madt_bytes, sizeof(madt_copy));
	table_add(PA_MADT, madt_copy, sizeof(madt_copy));
	acpi_init();
	CHECK(acpi_table_find("APIC") != NULL);
	CHECK(acpi_table_find("FACP") == NULL);
	CHECK(acpi_table_at(PA_MADT, "FACP") == NULL);
	CHECK(acpi_table_at((paddr_t)1 << 50, "APIC") == NULL);
}

static void
test_tables_bad(void)
{
	uint8_t madt_copy[sizeof(madt_bytes)];

	memcpy(madt_copy, madt_bytes, sizeof(madt_copy));
	madt_copy[50] ^= 1;			/* checksum */
	madt_copy[9] = 0;
	fake_phys_reset();
	fake_phys_add(PA_MADT, madt_copy, sizeof(madt_copy));
	CHECK(acpi_table_at(PA_MADT, "APIC") == NULL);
	madt_copy[4] = 35;			/* shorter than a header, sum right */
	madt_copy[9] = (uint8_t)-sum(madt_copy, 35);
	fake_phys_reset();
	fake_phys_add(PA_MADT, madt_copy, sizeof(madt_copy));
	CHECK(acpi_table_at(PA_MADT, "APIC") == NULL);
	madt_copy[7] = 0x80;			/* 2 GiB */
	fake_phys_reset();
	fake_phys_add(PA_MADT, madt_copy, sizeof(madt_copy));
	CHECK(acpi_table_at(PA_MADT, "APIC") == NULL);
}

static void
test_madt(void)
{
	struct madt m;

	madt_walk(&m, (const void *)madt_bytes, BOOTID);
	CHECK(m.madt_ncpu == 3);
	CHECK(m.madt_apicid[0] == BOOTID);
	CHECK(m.madt_apicid[1] == 0 && m.madt_apicid[2] == 7);
	CHECK(m.madt_cpus_lost == 1);		/* x2APIC id 256 */
	CHECK(m.madt_nioapic == 1 && m.madt_ioapic[0].mi_pa == 0xfec00000);
	CHECK(m.madt_isa[4].mo_gsi == 4 && m.madt_isa[4].mo_flags == 0);
	CHECK(m.madt_isa[9].mo_gsi == 20 && m.madt_isa[9].mo_flags == 0x0f);
	CHECK(m.madt_lapic_pa == 0xfee10000);
	madt_walk(&m, NULL, 9);
	CHECK(m.madt_ncpu == 1 && m.madt_apicid[0] == 9);
	CHECK(m.madt_lapic_pa == 0xfee00000);
}

static void
madt_check(const uint8_t *bytes, uint32_t len)
{
	struct madt m;
	uint8_t *t;
	u_int i;

	fake_phys_reset();
	fake_phys_add(PA_MADT, bytes, len);
	t = fake_phys(PA_MADT);
	memcpy(t + 4, &len, sizeof(len));
	madt_walk(&m, (const void *)t, BOOTID);
	CHECK(m.madt_ncpu >= 1 && m.madt_ncpu <= MAXCPUS);
	CHECK(m.madt_apicid[0] == BOOTID);
	CHECK(m.madt_nioapic <= MADT_MAXIOAPIC);
	for (i = 1; i < m.madt_ncpu; i++)
		CHECK(m.madt_apicid[i] != BOOTID);
}

static void
test_madt_bad(void)
{
	uint8_t copy[sizeof(madt_bytes)];
	uint32_t n;

	for (n = sizeof(struct acpi_sdt); n <= sizeof(madt_bytes); n++)
		madt_check(madt_bytes, n);
	for (n = 0; n < FUZZ_ROUNDS; n++) {
		memcpy(copy, madt_bytes, sizeof(copy));
		fuzz(copy + MADT_RECORDS, sizeof(copy) - MADT_RECORDS, n);
		madt_check(copy, sizeof(copy));
	}
}

static void
test_madt_many(void)
{
	static uint8_t t[MADT_RECORDS + 256 * 8];
	struct madt m;
	uint32_t len = sizeof(t);
	u_int i;

	memcpy(t + 4, &len, sizeof(len));
	for (i = 0; i < 256; i++) {
		uint8_t *p = t + MADT_RECORDS + i * 8;

		p[1] = 8;
		p[3] = (uint8_t)i;
		p[4] = 1;
	}
	madt_walk(&m, (const void *)t, 200);
	CHECK(m.madt_ncpu == MAXCPUS && m.madt_apicid[0] == 200);
	CHECK(m.madt_cpus_lost == 256 - MAXCPUS);
}

static void
test_ioapic_many(void)
{
	static uint8_t t[MADT_RECORDS + 2 * MADT_MAXIOAPIC * 12];
	struct madt m;
	uint32_t len = sizeof(t);
	u_int i;

	memcpy(t + 4, &len, sizeof(len));
	for (i = 0; i < 2 * MADT_MAXIOAPIC; i++) {
		t[MADT_RECORDS + i * 12] = MADT_TYPE_IOAPIC;
		t[MADT_RECORDS + i * 12 + 1] = 12;
	}
	madt_walk(&m, (const void *)t, BOOTID);
	CHECK(m.madt_nioapic == MADT_MAXIOAPIC && m.madt_isa[1].mo_gsi == 1);
}

static void
test_s5(void)
{
	uint8_t typ[2] = { 0, 0 };
	size_t n;

	CHECK(acpi_s5_find(aml, sizeof(aml), typ));
	CHECK(typ[0] == 5 && typ[1] == 1);
	for (n = 0; n < 17; n++) {		/* the second integer ends there */
		fake_phys_reset();
		fake_phys_add(PA_DSDT, aml, n + 1);
		CHECK(!acpi_s5_find(fake_phys(PA_DSDT), n, typ));
	}
}

void
unit_main(void)
{
	RUN(test_tables);
	RUN(test_tables_bad);
	RUN(test_madt);
	RUN(test_madt_bad);
	RUN(test_madt_many);
	RUN(test_ioapic_many);
	RUN(test_s5);
}
