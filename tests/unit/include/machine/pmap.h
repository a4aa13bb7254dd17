/*
 * The direct map of the host build: physical address 0 is at unit_ram, or
 * where unit_phys() says.
 */

#ifndef _UNIT_MACHINE_PMAP_H_
#define _UNIT_MACHINE_PMAP_H_

#include <sys/types.h>

extern char *unit_ram;		/* set by the test */
extern void *(*unit_phys)(paddr_t);	/* NULL, or set by the test */
#define PMAP_DIRECT_MAP(pa) \
	(unit_phys != NULL ? unit_phys(pa) : (void *)((vaddr_t)unit_ram + (pa)))
#define PMAP_DIRECT_UNMAP(va)	((paddr_t)((vaddr_t)(va) - (vaddr_t)unit_ram))

volatile void *pmap_mapdev(paddr_t, psize_t);	/* the test's */

#endif
