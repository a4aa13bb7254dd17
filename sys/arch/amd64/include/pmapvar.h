/* Page tables, as pmap.c and pmap_user.c see them; private to these. */

#ifndef _AMD64_PMAPVAR_H_
#define _AMD64_PMAPVAR_H_

#include <sys/queue.h>
#include <sys/types.h>

#define PTE_OWNED	(1UL << 9)	/* ours to use: the page goes with the pmap */
#define PTE_NX		(1UL << 63)
#define PTE_FRAME	0x000ffffffffff000UL

/* Levels: 4 = PML4 ... 1 = page table. */
#define LEVEL_SHIFT(l)	(PAGE_SHIFT + 9 * ((l) - 1))
#define LEVEL_INDEX(va, l) (((va) >> LEVEL_SHIFT(l)) & 511)
#define PML4_KERNEL	256		/* the first entry of the upper half */

struct pmap {
	uint64_t *pm_pml4;
	TAILQ_ENTRY(pmap) pm_list;
};

void pmap_kernel_share(struct pmap *);
void pmap_kernel_unshare(struct pmap *);

#endif
