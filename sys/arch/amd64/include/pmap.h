/*
 * The kernel's address space:
 *
 *	0xffff800000000000	direct map of RAM, rw- (kernel image left out)
 *	0xffffa00000000000	devices: physical address + this, uncached
 *	0xffffc00000000000	stacks, each over an unmapped guard page
 *	0xffffffff80000000	the kernel: text r-x, rodata r--, data rw-
 */

#ifndef _AMD64_PMAP_H_
#define _AMD64_PMAP_H_

#include <sys/types.h>

#define PMAP_DIRECT_BASE	0xffff800000000000UL
#define PMAP_DEV_BASE		0xffffa00000000000UL
#define PMAP_STACK_BASE		0xffffc00000000000UL
#define KERNBASE		0xffffffff80000000UL

#define PMAP_DIRECT_MAP(pa)	((void *)(PMAP_DIRECT_BASE + (pa)))
#define PMAP_DIRECT_UNMAP(va)	((paddr_t)((vaddr_t)(va) - PMAP_DIRECT_BASE))
#define KVTOPHYS(va)		((paddr_t)((vaddr_t)(va) - KERNBASE))

void pmap_bootstrap(void);		/* final tables, W^X; fills the page allocator */
void pmap_activate(void);		/* an AP: our CR3 and control bits */
volatile void *pmap_mapdev(paddr_t, psize_t);	/* never unmapped */
vaddr_t pmap_stack_alloc(size_t);	/* bytes over a guard page: lowest byte, or 0 */
extern paddr_t kernel_pml4;
extern paddr_t pmap_trampoline;		/* a page below 640 KiB, or 0 */

#endif
