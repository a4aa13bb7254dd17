/* Interrupts of the host build: a flag that tests may look at. */

#ifndef _UNIT_MACHINE_INTR_H_
#define _UNIT_MACHINE_INTR_H_

#define IPL_NONE	0
#define IPL_SOFTCLOCK	1
#define IPL_SOFTBIO	2
#define IPL_SOFTNET	3
#define IPL_SOFTSERIAL	4
#define IPL_VM		5
#define IPL_SCHED	6
#define IPL_HIGH	7

int splhigh(void);
void splx(int);

#endif
