/* Registers of the local APIC (xAPIC), as offsets from its page. */

#ifndef _X86_LAPICREG_H_
#define _X86_LAPICREG_H_

#define LAPIC_BASE_PA		0xfee00000UL	/* unless the MADT moves it */
#define LAPIC_SIZE		0x1000

#define LAPIC_ID		0x020
#define	LAPIC_ID_SHIFT		24
#define LAPIC_VERS		0x030
#define	LAPIC_VERS_LVTMAX(v)	(((v) >> 16) & 0xff)
#define LAPIC_TPR		0x080
#define LAPIC_EOI		0x0b0
#define LAPIC_SVR		0x0f0
#define	LAPIC_SVR_ENABLE	0x100
#define LAPIC_ISR		0x100	/* 8 words, 16 bytes apart */
#define LAPIC_ESR		0x280
#define LAPIC_ICRLO		0x300
#define	LAPIC_ICR_FIXED		0x00000
#define	LAPIC_ICR_NMI		0x00400
#define	LAPIC_ICR_INIT		0x00500
#define	LAPIC_ICR_STARTUP	0x00600
#define	LAPIC_ICR_BUSY		0x01000
#define	LAPIC_ICR_ASSERT	0x04000
#define	LAPIC_ICR_OTHERS	0xc0000
#define LAPIC_ICRHI		0x310
#define	LAPIC_ICRHI_SHIFT	24
#define LAPIC_LVT_TIMER		0x320
#define	LAPIC_LVT_PERIODIC	0x20000
#define LAPIC_LVT_THERMAL	0x330
#define LAPIC_LVT_PERF		0x340
#define LAPIC_LVT_LINT0		0x350
#define LAPIC_LVT_LINT1		0x360
#define	LAPIC_LVT_NMI		0x00400
#define	LAPIC_LVT_MASKED	0x10000
#define LAPIC_LVT_ERROR		0x370
#define LAPIC_TIMER_INIT	0x380
#define LAPIC_TIMER_CUR		0x390
#define LAPIC_TIMER_DIV		0x3e0
#define	LAPIC_TIMER_DIV1	0x0b

#define MSR_APICBASE		0x01b
#define	APICBASE_EXTD		0x400	/* x2APIC */
#define	APICBASE_ENABLE		0x800

#endif
