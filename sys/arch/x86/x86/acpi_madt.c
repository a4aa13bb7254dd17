/*
 * The MADT: which CPUs there are, and how interrupts are wired.
 *
 * The boot CPU exists whatever the table says, and comes first.  A record
 * that is too short for its type is skipped; one without a length ends the
 * walk.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <x86/acpivar.h>
#include <x86/cpufunc.h>
#include <x86/ioapicreg.h>
#include <x86/lapicreg.h>

#define APICID_BROADCAST	255	/* no xAPIC id from here on */

struct madt madt;

static void
madt_add_cpu(struct madt *m, uint32_t apicid, uint32_t flags)
{
	u_int i;

	if ((flags & MADT_CPU_ENABLED) == 0)
		return;
	for (i = 0; i < m->madt_ncpu; i++)
		if (m->madt_apicid[i] == apicid)
			return;
	if (apicid >= APICID_BROADCAST || m->madt_ncpu == MAXCPUS)
		m->madt_cpus_lost++;
	else
		m->madt_apicid[m->madt_ncpu++] = apicid;
}

static void
madt_lapic(struct madt *m, const void *p)
{
	struct madt_lapic ml;

	memcpy(&ml, p, sizeof(ml));
	madt_add_cpu(m, ml.ml_apicid, ml.ml_flags);
}

static void
madt_x2apic(struct madt *m, const void *p)
{
	struct madt_x2apic mx;

	memcpy(&mx, p, sizeof(mx));
	madt_add_cpu(m, mx.mx_apicid, mx.mx_flags);
}

static void
madt_ioapic(struct madt *m, const void *p)
{
	struct madt_ioapic mi;

	memcpy(&mi, p, sizeof(mi));
	if (m->madt_nioapic == MADT_MAXIOAPIC)
		return;
	m->madt_ioapic[m->madt_nioapic].mi_pa = mi.mi_pa;
	m->madt_ioapic[m->madt_nioapic].mi_gsi = mi.mi_gsi;
	m->madt_nioapic++;
}

static void
madt_override(struct madt *m, const void *p)
{
	struct madt_override mo;

	memcpy(&mo, p, sizeof(mo));
	if (mo.mo_bus != 0 || mo.mo_irq >= MADT_NISA)
		return;
	m->madt_isa[mo.mo_irq].mo_gsi = mo.mo_gsi;
	m->madt_isa[mo.mo_irq].mo_flags = mo.mo_flags;
}

static void
madt_lapic_pa(struct madt *m, const void *p)
{
	struct madt_lapic_pa mp;

	memcpy(&mp, p, sizeof(mp));
	m->madt_lapic_pa = mp.mp_pa;
}

static const struct {
	uint8_t type;
	uint8_t len;
	void (*func)(struct madt *, const void *);
} madt_records[] = {
	{ MADT_TYPE_LAPIC, sizeof(struct madt_lapic), madt_lapic },
	{ MADT_TYPE_IOAPIC, sizeof(struct madt_ioapic), madt_ioapic },
	{ MADT_TYPE_OVERRIDE, sizeof(struct madt_override), madt_override },
	{ MADT_TYPE_LAPIC_PA, sizeof(struct madt_lapic_pa), madt_lapic_pa },
	{ MADT_TYPE_X2APIC, sizeof(struct madt_x2apic), madt_x2apic },
};

static void
madt_record(struct madt *m, const uint8_t *p, uint8_t len)
{
	u_int i;

	for (i = 0; i < __arraycount(madt_records); i++)
		if (p[0] == madt_records[i].type && len >= madt_records[i].len)
			madt_records[i].func(m, p);
}

/* t NULL: a machine with one CPU and everything in its usual place. */
void
madt_walk(struct madt *m, const struct acpi_sdt *t, u_int bootid)
{
	const uint8_t *base = (const void *)t;
	uint32_t lapic_pa;
	size_t len, off;
	u_int i;

	memset(m, 0, sizeof(*m));
	m->madt_lapic_pa = LAPIC_BASE_PA;
	m->madt_apicid[m->madt_ncpu++] = bootid;
	for (i = 0; i < MADT_NISA; i++)
		m->madt_isa[i].mo_gsi = i;
	if (t == NULL || t->sdt_len < MADT_RECORDS)
		return;
	len = t->sdt_len;
	memcpy(&lapic_pa, base + MADT_LAPIC_PA, sizeof(lapic_pa));
	m->madt_lapic_pa = lapic_pa;
	for (off = MADT_RECORDS; len - off >= 2; off += base[off + 1]) {
		if (base[off + 1] < 2 || base[off + 1] > len - off)
			return;
		madt_record(m, base + off, base[off + 1]);
	}
}

void
madt_parse(void)
{
	uint32_t r[4];

	x86_cpuid(1, r);
	madt_walk(&madt, acpi_table_find("APIC"), r[1] >> LAPIC_ID_SHIFT);
	if (madt.madt_cpus_lost != 0)
		printf("acpi: %u more CPUs than can be used\n",
		    madt.madt_cpus_lost);
}
