/* ACPI tables as they lie in memory: packed, little endian. */

#ifndef _X86_ACPIREG_H_
#define _X86_ACPIREG_H_

#include <sys/types.h>

struct acpi_rsdp {
	char rsdp_sig[8];		/* "RSD PTR " */
	uint8_t rsdp_sum;		/* of the first 20 bytes */
	char rsdp_oem[6];
	uint8_t rsdp_rev;
	uint32_t rsdp_rsdt;
	uint32_t rsdp_len;		/* from here on since revision 2 */
	uint64_t rsdp_xsdt;
	uint8_t rsdp_xsum;		/* of all 36 */
	uint8_t rsdp_reserved[3];
} __packed;
CTASSERT(sizeof(struct acpi_rsdp) == 36);
#define ACPI_RSDP_V1_SIZE	20

struct acpi_sdt {
	char sdt_sig[4];
	uint32_t sdt_len;		/* this header included */
	uint8_t sdt_rev;
	uint8_t sdt_sum;
	char sdt_oem[6];
	char sdt_oemtable[8];
	uint32_t sdt_oemrev;
	uint32_t sdt_creator;
	uint32_t sdt_creatorrev;
} __packed;
CTASSERT(sizeof(struct acpi_sdt) == 36);

/* Generic address */
struct acpi_gas {
	uint8_t gas_space;
#define ACPI_GAS_MEM	0
#define ACPI_GAS_IO	1
	uint8_t gas_width;
	uint8_t gas_shift;
	uint8_t gas_access;
	uint64_t gas_addr;
} __packed;
CTASSERT(sizeof(struct acpi_gas) == 12);

struct acpi_fadt {
	struct acpi_sdt fadt_hdr;
	uint32_t fadt_facs;
	uint32_t fadt_dsdt;
	uint8_t fadt_model;
	uint8_t fadt_profile;
	uint16_t fadt_sci;
	uint32_t fadt_smi_cmd;
	uint8_t fadt_acpi_enable;
	uint8_t fadt_reserved1[11];
	uint32_t fadt_pm1a_cnt;
	uint32_t fadt_pm1b_cnt;
	uint32_t fadt_pm2_cnt;
	uint32_t fadt_pm_tmr;
	uint8_t fadt_reserved2[11];
	uint8_t fadt_pm_tmr_len;
	uint8_t fadt_reserved3[20];
	uint32_t fadt_flags;
#define FADT_TMR_32BIT		__BIT(8)
#define FADT_RESET_REG		__BIT(10)
#define FADT_HW_REDUCED		__BIT(20)
	struct acpi_gas fadt_reset;
	uint8_t fadt_reset_value;
	uint8_t fadt_reserved4[3];
	uint64_t fadt_xfacs;
	uint64_t fadt_xdsdt;
	struct acpi_gas fadt_xpm1a_evt;
	struct acpi_gas fadt_xpm1b_evt;
	struct acpi_gas fadt_xpm1a_cnt;
	struct acpi_gas fadt_xpm1b_cnt;
	struct acpi_gas fadt_xpm2_cnt;
	struct acpi_gas fadt_xpm_tmr;
	struct acpi_gas fadt_xgpe0;
	struct acpi_gas fadt_xgpe1;
	struct acpi_gas fadt_sleep_ctl;
	struct acpi_gas fadt_sleep_status;
} __packed;
CTASSERT(offsetof(struct acpi_fadt, fadt_pm1a_cnt) == 64);
CTASSERT(offsetof(struct acpi_fadt, fadt_pm_tmr) == 76);
CTASSERT(offsetof(struct acpi_fadt, fadt_flags) == 112);
CTASSERT(offsetof(struct acpi_fadt, fadt_xdsdt) == 140);
CTASSERT(offsetof(struct acpi_fadt, fadt_sleep_ctl) == 244);
CTASSERT(sizeof(struct acpi_fadt) == 268);

/* PM1 control */
#define PM1_SCI_EN		0x0001
#define PM1_SLP_TYP_SHIFT	10
#define PM1_SLP_TYP_MASK	0x1c00
#define PM1_SLP_EN		0x2000
/* Sleep control of hardware-reduced machines */
#define SLEEP_TYP_SHIFT		2
#define SLEEP_EN		0x20

#define ACPI_PMTIMER_HZ		3579545

/* MADT: after the header come these two words, then typed records. */
#define MADT_LAPIC_PA		36
#define MADT_FLAGS		40
#define MADT_RECORDS		44

#define MADT_TYPE_LAPIC		0
#define MADT_TYPE_IOAPIC	1
#define MADT_TYPE_OVERRIDE	2
#define MADT_TYPE_LAPIC_PA	5
#define MADT_TYPE_X2APIC	9

struct madt_lapic {
	uint8_t ml_type, ml_len, ml_uid, ml_apicid;
	uint32_t ml_flags;
#define MADT_CPU_ENABLED	1U
} __packed;

struct madt_ioapic {
	uint8_t mi_type, mi_len, mi_id, mi_reserved;
	uint32_t mi_pa;
	uint32_t mi_gsi;
} __packed;

struct madt_override {
	uint8_t mo_type, mo_len, mo_bus, mo_irq;
	uint32_t mo_gsi;
	uint16_t mo_flags;
#define MADT_POLARITY(f)	((f) & 3)	/* 0 as the bus has it */
#define MADT_TRIGGER(f)		(((f) >> 2) & 3)
#define	MADT_ACTIVE_LOW		3
#define	MADT_LEVEL		3
} __packed;

struct madt_lapic_pa {
	uint8_t mp_type, mp_len;
	uint16_t mp_reserved;
	uint64_t mp_pa;
} __packed;

struct madt_x2apic {
	uint8_t mx_type, mx_len;
	uint16_t mx_reserved;
	uint32_t mx_apicid;
	uint32_t mx_flags;
	uint32_t mx_uid;
} __packed;

#endif
