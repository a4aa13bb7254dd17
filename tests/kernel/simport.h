/*
 * A model of port 0x61, in the place of the machine's: QEMU never raises
 * SERR# or IOCHK#.  The Makefile links this image so that the kernel's calls
 * of nmi_port_read() and nmi_port_write() come here; the product has neither
 * a pointer nor a condition for it.
 *
 * While it is off, the machine's own port answers.
 */

#ifndef _TESTS_KERNEL_SIMPORT_H_
#define _TESTS_KERNEL_SIMPORT_H_

#include <sys/types.h>

enum simport { SIMPORT_OFF, SIMPORT_ON, SIMPORT_NONE };	/* 0xff is read */
void simport_set(enum simport);

/*
 * A device asserts these NMISC_* bits: the chipset latches those that are
 * enabled and not latched already.  => are there any?  Then an NMI is due.
 */
bool simport_raise(uint8_t);

extern volatile u_int simport_reads, simport_writes;

/* What is due goes to every CPU, this one last; false: nothing was. */
bool simport_fire(uint8_t);

#endif
