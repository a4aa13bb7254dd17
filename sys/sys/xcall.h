/*
 * xcall(9): run a function on other CPUs.  High priority: in an interrupt
 * handler there, so it must not sleep; low priority: in a thread there.
 */

#ifndef _SYS_XCALL_H_
#define _SYS_XCALL_H_

#include <sys/types.h>

typedef void (*xcfunc_t)(void *, void *);

#define XC_HIGHPRI	0x01

uint64_t xc_broadcast(unsigned int, xcfunc_t, void *, void *);
uint64_t xc_unicast(unsigned int, xcfunc_t, void *, void *, struct cpu_info *);
void xc_wait(uint64_t);
void xc_barrier(unsigned int);

void xc_ipi_handler(void);		/* the MD code calls it on an xcall IPI */
void xc_init_cpu(struct cpu_info *);	/* the CPU's low-priority thread */

#endif
