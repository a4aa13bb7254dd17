/*
 * Interrupt masking.  The kernel knows two levels: interrupts on, or off
 * on this CPU.  Every spl above IPL_NONE is "off", which is stricter than
 * any of them asks for.
 */

#ifndef _AMD64_INTR_H_
#define _AMD64_INTR_H_

#include <x86/cpufunc.h>

#define IPL_NONE	0
#define IPL_SOFTCLOCK	1
#define IPL_SOFTBIO	2
#define IPL_SOFTNET	3
#define IPL_SOFTSERIAL	4
#define IPL_VM		5
#define IPL_SCHED	6
#define IPL_HIGH	7

/* Interrupts off; what splx() wants back: whether they were on. */
static inline int
splhigh(void)
{
	u_long psl = x86_read_psl();

	x86_disable_intr();
	return (psl & PSL_I) != 0;
}

static inline void
splx(int s)
{
	if (s != 0)
		x86_enable_intr();
}

/*
 * A handler for an ISA interrupt line.  Runs in interrupt context on the
 * boot CPU, interrupts off.
 */
void intr_establish_isa(int, void (*)(void *), void *, const char *);

#endif
