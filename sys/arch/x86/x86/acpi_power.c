/*
 * Switching off, resetting, and the PM timer, by the FADT.
 *
 * All that is needed is read and mapped at boot, so that both ways out
 * work from any context later: no locks, no allocation, no table is read.
 */

#include <sys/param.h>
#include <sys/kernel.h>
#include <sys/systm.h>
#include <machine/pmap.h>
#include <x86/acpivar.h>
#include <x86/cpufunc.h>

#define ACPI_PAUSE_US		100000	/* time for the machine to obey */
#define ACPI_ENABLE_TRIES	1000

/* The FADT as far as the firmware's version goes; zero beyond. */
static struct acpi_fadt fadt;
static uint8_t s5_typ[2];		/* for PM1a and PM1b */
static bool s5_known;
static volatile uint8_t *reset_reg, *sleep_reg;	/* those in memory */

/* One integer of a package: false if it is none, or cut off. */
static bool
aml_integer(const uint8_t *aml, size_t len, size_t *off, uint8_t *v)
{
	size_t left = *off < len ? len - *off : 0;
	const uint8_t *p = aml + *off;

	if (left >= 1 && p[0] <= 1) {		/* Zero, One */
		*v = p[0];
		*off += 1;
		return true;
	}
	if (left >= 2 && p[0] == 0x0a) {	/* byte */
		*v = p[1];
		*off += 2;
		return true;
	}
	return false;
}

/*
 * Name(_S5, Package(n) { a, b, ... }) among AML: the name's four letters
 * and a package of integers behind them do not occur otherwise.
 */
bool
acpi_s5_find(const uint8_t *aml, size_t len, uint8_t typ[2])
{
	size_t i, off;

	for (i = 0; i + 8 <= len; i++) {
		if (memcmp(aml + i, "_S5_\x12", 5) != 0)
			continue;
		/* Its length takes one byte and as many as bits 7:6 say. */
		off = i + 5 + 1 + (aml[i + 5] >> 6) + 1;
		if (aml_integer(aml, len, &off, &typ[0]) &&
		    aml_integer(aml, len, &off, &typ[1]))
			return true;
	}
	return false;
}

static volatile uint8_t *
acpi_gas_map(const struct acpi_gas *g)
{
	if (g->gas_space != ACPI_GAS_MEM || g->gas_addr == 0 ||
	    g->gas_addr >= (paddr_t)1 << 36)
		return NULL;
	return pmap_mapdev(g->gas_addr, 1);
}

static void
acpi_gas_write(const struct acpi_gas *g, volatile uint8_t *mem, uint8_t v)
{
	if (mem != NULL)
		*mem = v;
	else if (g->gas_space == ACPI_GAS_IO && g->gas_addr != 0)
		outb((uint16_t)g->gas_addr, v);
}

void
acpi_power_init(void)
{
	const struct acpi_sdt *t = acpi_table_find("FACP");

	if (t == NULL)
		return;
	memcpy(&fadt, t, MIN(t->sdt_len, sizeof(fadt)));
	reset_reg = acpi_gas_map(&fadt.fadt_reset);
	sleep_reg = acpi_gas_map(&fadt.fadt_sleep_ctl);
	t = NULL;
	if (fadt.fadt_xdsdt != 0)
		t = acpi_table_at(fadt.fadt_xdsdt, "DSDT");
	if (t == NULL)
		t = acpi_table_at(fadt.fadt_dsdt, "DSDT");
	if (t != NULL)
		s5_known = acpi_s5_find((const uint8_t *)(t + 1),
		    t->sdt_len - sizeof(*t), s5_typ);
}

void
acpi_reset(void)
{
	if ((fadt.fadt_flags & FADT_RESET_REG) == 0)
		return;
	acpi_gas_write(&fadt.fadt_reset, reset_reg, fadt.fadt_reset_value);
	delay(ACPI_PAUSE_US);
}

/* Firmware keeps the power registers to itself until told otherwise. */
static void
acpi_enable(void)
{
	u_int n;

	if (fadt.fadt_smi_cmd == 0 || fadt.fadt_acpi_enable == 0 ||
	    (inw((uint16_t)fadt.fadt_pm1a_cnt) & PM1_SCI_EN) != 0)
		return;
	outb((uint16_t)fadt.fadt_smi_cmd, fadt.fadt_acpi_enable);
	for (n = 0; n < ACPI_ENABLE_TRIES; n++) {
		if ((inw((uint16_t)fadt.fadt_pm1a_cnt) & PM1_SCI_EN) != 0)
			return;
		delay(100);
	}
}

static void
acpi_pm1_sleep(uint32_t port, uint8_t typ)
{
	uint16_t p = (uint16_t)port, v;

	if (port == 0)
		return;
	v = (uint16_t)((inw(p) & ~PM1_SLP_TYP_MASK) |
	    ((typ << PM1_SLP_TYP_SHIFT) & PM1_SLP_TYP_MASK));
	outw(p, v);
	outw(p, v | PM1_SLP_EN);
}

void
acpi_poweroff(void)
{
	if (!s5_known)
		return;
	if ((fadt.fadt_flags & FADT_HW_REDUCED) != 0) {
		acpi_gas_write(&fadt.fadt_sleep_ctl, sleep_reg,
		    (uint8_t)(s5_typ[0] << SLEEP_TYP_SHIFT | SLEEP_EN));
	} else if (fadt.fadt_pm1a_cnt != 0) {
		acpi_enable();
		acpi_pm1_sleep(fadt.fadt_pm1a_cnt, s5_typ[0]);
		acpi_pm1_sleep(fadt.fadt_pm1b_cnt, s5_typ[1]);
	}
	delay(ACPI_PAUSE_US);
}

bool
acpi_pmtimer_present(void)
{
	return fadt.fadt_pm_tmr != 0 && fadt.fadt_pm_tmr_len == 4 &&
	    (fadt.fadt_flags & FADT_HW_REDUCED) == 0;
}

uint32_t
acpi_pmtimer_read(void)
{
	return inl((uint16_t)fadt.fadt_pm_tmr) & 0xffffff;
}
