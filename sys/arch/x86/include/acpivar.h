/*
 * What the kernel takes from ACPI: the CPUs and interrupt wiring of the
 * MADT, a timer, and the ways to switch off and to reset.  No AML runs.
 */

#ifndef _X86_ACPIVAR_H_
#define _X86_ACPIVAR_H_

#include <sys/param.h>
#include <x86/acpireg.h>

/* acpi.c */
void acpi_init(void);
/* A table whose length and checksum are right, or NULL.  Mapped for ever. */
const struct acpi_sdt *acpi_table_find(const char *sig);
const struct acpi_sdt *acpi_table_at(paddr_t, const char *sig);

/* acpi_madt.c */
#define MADT_MAXIOAPIC	8
#define MADT_NISA	16

struct madt {
	paddr_t madt_lapic_pa;
	u_int madt_ncpu;		/* at least 1 */
	u_int madt_apicid[MAXCPUS];	/* [0] is the boot CPU */
	u_int madt_cpus_lost;		/* enabled, but beyond what we can use */
	u_int madt_nioapic;
	struct {
		paddr_t mi_pa;
		u_int mi_gsi;		/* of its pin 0 */
	} madt_ioapic[MADT_MAXIOAPIC];
	struct {
		u_int mo_gsi;		/* the irq's own number unless overridden */
		uint16_t mo_flags;
	} madt_isa[MADT_NISA];
};

extern struct madt madt;

void madt_parse(void);			/* fills madt, with or without a table */
void madt_walk(struct madt *, const struct acpi_sdt *, u_int bootid);

/* hpet.c: the address in its table, or 0 if there is none that can be used. */
paddr_t hpet_table(const struct acpi_sdt *);

/* acpi_power.c */
void acpi_power_init(void);		/* by acpi_init() */
bool acpi_s5_find(const uint8_t *aml, size_t, uint8_t typ[2]);
void acpi_reset(void);			/* returns if there is no such register */
void acpi_poweroff(void);		/* returns if it failed */
bool acpi_pmtimer_present(void);
uint32_t acpi_pmtimer_read(void);	/* 24 bits, ACPI_PMTIMER_HZ */

#endif
