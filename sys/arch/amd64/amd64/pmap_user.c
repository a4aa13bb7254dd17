/*
 * Address spaces of processes.
 *
 * The upper half of each is the kernel's (pmap.c keeps it so); the lower half
 * only grows until it is destroyed, when no CPU uses it any more: so there is
 * no shootdown here either.  By one thread at a time.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kmem.h>
#include <sys/page.h>

#include <machine/pmap.h>
#include <machine/pmapvar.h>
#include <machine/specialreg.h>

#include <x86/cpufunc.h>

static void *
page_zalloc(void)
{
	void *p = page_alloc(0);

	if (p != NULL)
		memset(p, 0, PAGE_SIZE);
	return p;
}

/* NULL: no memory. */
struct pmap *
pmap_create(void)
{
	struct pmap *pm = kmem_zalloc(sizeof(*pm), KM_NOSLEEP);

	if (pm == NULL)
		return NULL;
	if ((pm->pm_pml4 = page_zalloc()) == NULL) {
		kmem_free(pm, sizeof(*pm));
		return NULL;
	}
	pmap_kernel_share(pm);
	return pm;
}

/* The entry for a page, or NULL; "make" the tables above it. */
static uint64_t *
user_pte(const struct pmap *pm, vaddr_t va, bool make)
{
	uint64_t *table = pm->pm_pml4, *pte;
	void *next;

	for (int level = 4; level > 1; level--) {
		pte = &table[LEVEL_INDEX(va, level)];
		if ((*pte & PTE_P) == 0) {
			if (!make || (next = page_zalloc()) == NULL)
				return NULL;
			*pte = PMAP_DIRECT_UNMAP(next) | PTE_P | PTE_W | PTE_U;
		}
		table = PMAP_DIRECT_MAP(*pte & PTE_FRAME);
	}
	return &table[LEVEL_INDEX(va, 1)];
}

static uint64_t
prot_bits(u_int prot)
{
	uint64_t bits = PTE_P | PTE_U;

	if (prot & VM_PROT_WRITE)
		bits |= PTE_W;
	if ((prot & VM_PROT_EXECUTE) == 0)
		bits |= PTE_NX;
	if (prot & PMAP_OWNED)
		bits |= PTE_OWNED;
	if (prot & PMAP_NOCACHE)
		bits |= PTE_PCD | PTE_PWT;
	return bits;
}

/*
 * Map a page that is not mapped yet.  What can be written cannot be run.  The
 * last page below the hole in the address space is never there: a SYSCALL
 * at its end would return to an address that does not exist.
 */
int
pmap_enter(struct pmap *pm, vaddr_t va, paddr_t pa, u_int prot)
{
	uint64_t *pte;

	if (va >= VM_MAXUSER_ADDRESS || ((va | pa) & PAGE_MASK) != 0 ||
	    (prot & (VM_PROT_WRITE | VM_PROT_EXECUTE)) ==
	    (VM_PROT_WRITE | VM_PROT_EXECUTE))
		return EINVAL;
	if ((pte = user_pte(pm, va, true)) == NULL)
		return ENOMEM;
	if (*pte & PTE_P)
		return EEXIST;
	*pte = pa | prot_bits(prot);
	return 0;
}

bool
pmap_extract(struct pmap *pm, vaddr_t va, paddr_t *pa)
{
	const uint64_t *pte;

	if (va >= VM_MAXUSER_ADDRESS || (pte = user_pte(pm, va, false)) == NULL ||
	    (*pte & PTE_P) == 0)
		return false;
	*pa = (*pte & PTE_FRAME) | (va & PAGE_MASK);
	return true;
}

/* Fresh pages with these bytes, or zeroes. */
int
pmap_fill(struct pmap *pm, vaddr_t va, const void *from, size_t size, u_int prot)
{
	char *page;
	size_t n;
	int error;

	for (size_t off = 0; off < size; off += PAGE_SIZE) {
		if ((page = page_zalloc()) == NULL)
			return ENOMEM;
		n = MIN(size - off, (size_t)PAGE_SIZE);
		if (from != NULL)
			memcpy(page, (const char *)from + off, n);
		error = pmap_enter(pm, va + off, PMAP_DIRECT_UNMAP(page),
		    prot | PMAP_OWNED);
		if (error != 0) {
			page_free(page, 0);
			return error;
		}
	}
	return 0;
}

/* A table and all below it; of the first, the user's half. */
static void
table_free(uint64_t *table, int level)
{
	u_int n = level == 4 ? 256 : 512;

	for (u_int i = 0; i < n; i++) {
		if ((table[i] & PTE_P) == 0)
			continue;
		if (level > 1)
			table_free(PMAP_DIRECT_MAP(table[i] & PTE_FRAME), level - 1);
		else if (table[i] & PTE_OWNED)
			page_free(PMAP_DIRECT_MAP(table[i] & PTE_FRAME), 0);
	}
	page_free(table, 0);
}

/* => No CPU is on it: its thread has been switched away from for good. */
void
pmap_destroy(struct pmap *pm)
{
	pmap_kernel_unshare(pm);
	table_free(pm->pm_pml4, 4);
	kmem_free(pm, sizeof(*pm));
}

void
pmap_activate_user(const struct pmap *pm)
{
	lcr3(PMAP_DIRECT_UNMAP(pm->pm_pml4));
}
