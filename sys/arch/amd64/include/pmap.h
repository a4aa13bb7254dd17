/*
 * The address spaces.  The lower half is a process's, see proc(9):
 *
 *	0x0000000000400000	its text, r-x
 *	0x0000000010000000	its data, rw-
 *	0x00007fffffff0000	the end of its stack, rw-
 *
 * The upper half is the kernel's, the same everywhere:
 *
 *	0xffff800000000000	direct map of RAM, rw- (kernel image left out)
 *	0xffffa00000000000	devices: physical address + this, uncached
 *	0xffffc00000000000	stacks, each over an unmapped guard page
 *	0xffffffff80000000	the kernel: text r-x, rodata r--, data rw-
 */

#ifndef _AMD64_PMAP_H_
#define _AMD64_PMAP_H_

#include <sys/types.h>
#include <machine/param.h>

struct pmap;

#define VM_USER_TEXT		0x0000000000400000UL
#define VM_USER_TEXT_MAX	(1UL << 20)
#define VM_USER_DATA		0x0000000010000000UL
#define VM_USER_DATA_MAX	(16UL << 20)
#define VM_USER_STACK		0x00007fffffff0000UL
#define VM_USER_STACK_SIZE	(4UL * PAGE_SIZE)
#define VM_MAXUSER_ADDRESS	0x00007ffffffff000UL	/* nothing from here on */

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

/* pmap_user.c */
#define VM_PROT_WRITE	0x02
#define VM_PROT_EXECUTE	0x04
#define PMAP_OWNED	0x10		/* freed with the address space */
#define PMAP_NOCACHE	0x20

struct pmap *pmap_create(void);
void pmap_destroy(struct pmap *);
int pmap_enter(struct pmap *, vaddr_t, paddr_t, u_int);
int pmap_fill(struct pmap *, vaddr_t, const void *, size_t, u_int);
bool pmap_extract(struct pmap *, vaddr_t, paddr_t *);
void pmap_activate_user(const struct pmap *);

extern paddr_t kernel_pml4;
extern paddr_t pmap_trampoline;		/* a page below 640 KiB, or 0 */

#endif
