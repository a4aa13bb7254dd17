/*
 * Who uses which interrupt vector.  The assembler reads this too.
 * A higher vector has a higher priority in the local APIC.
 */

#ifndef _X86_VEC_H_
#define _X86_VEC_H_

#define INTRVEC_DEV		0x20	/* I/O APIC pins, in order of arrival */
#define INTRVEC_NDEV		0x20
#define INTRVEC_SYSCALL		0x80	/* user mode asks; no interrupt */
#define INTRVEC_TIMER		0xe0	/* local APIC timer: hardclock */
#define INTRVEC_RESCHED		0xe1	/* another CPU wants us to switch */
#define INTRVEC_XCALL		0xe2	/* high-priority cross-call */
#define INTRVEC_NMISOFT		0xe3	/* an NMI handler wants more done */
#define INTRVEC_SPURIOUS	0xff	/* no EOI; low four bits must be ones */

#endif
