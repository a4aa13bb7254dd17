/* Registers of the HPET, and its ACPI table. */

#ifndef _X86_HPETREG_H_
#define _X86_HPETREG_H_

#include <x86/acpireg.h>

#define HPET_SIZE		0x400

#define HPET_CAP		0x000
#define	HPET_CAP_TIMERS(v)	((((v) >> 8) & 0x1f) + 1)
#define	HPET_CAP_64BIT		0x2000
#define HPET_PERIOD		0x004	/* femtoseconds of a count */
#define	HPET_PERIOD_MAX		100000000
#define HPET_CFG		0x010
#define	HPET_CFG_ENABLE		0x1
#define	HPET_CFG_LEGACY		0x2	/* in the PIT's and the RTC's place */
#define HPET_COUNTER		0x0f0	/* two words */
#define HPET_TIMER(n)		(0x100 + 0x20 * (n))
#define	HPET_TN_LEVEL		0x0002
#define	HPET_TN_ENABLE		0x0004
#define	HPET_TN_PERIODIC	0x0008
#define	HPET_TN_64BIT		0x0020	/* it can */
#define	HPET_TN_32BIT		0x0100	/* it is told not to */
#define	HPET_TN_ROUTE_SHIFT	9
#define	HPET_TN_ROUTE_MASK	0x3e00
#define	HPET_TN_FSB		0x4000
#define HPET_TN_ROUTES(n)	(HPET_TIMER(n) + 4)	/* a bit for each interrupt */
#define HPET_TN_COMPARE(n)	(HPET_TIMER(n) + 8)	/* two words */

struct acpi_hpet {
	struct acpi_sdt hpet_hdr;
	uint32_t hpet_id;
	struct acpi_gas hpet_addr;
	uint8_t hpet_number;
	uint16_t hpet_mintick;
	uint8_t hpet_attr;
} __packed;
CTASSERT(sizeof(struct acpi_hpet) == 56);

#endif
