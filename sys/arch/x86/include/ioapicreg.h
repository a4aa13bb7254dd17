/* Registers of the I/O APIC: an index window and a data window. */

#ifndef _X86_IOAPICREG_H_
#define _X86_IOAPICREG_H_

#define IOAPIC_BASE_PA		0xfec00000UL	/* when no table names one */
#define IOAPIC_SIZE		0x20

#define IOAPIC_INDEX		0x00
#define IOAPIC_DATA		0x10

#define IOAPIC_VERS		0x01
#define	IOAPIC_VERS_VERS(v)	((v) & 0xff)
#define	IOAPIC_VERS_MAXPIN(v)	(((v) >> 16) & 0xff)
#define IOAPIC_REDLO(pin)	(0x10 + 2 * (pin))
#define	IOAPIC_RED_NMI		0x00400
#define	IOAPIC_RED_LOWACTIVE	0x02000
#define	IOAPIC_RED_LEVEL	0x08000
#define	IOAPIC_RED_MASKED	0x10000
#define IOAPIC_REDHI(pin)	(0x11 + 2 * (pin))
#define	IOAPIC_RED_DEST_SHIFT	24

#endif
