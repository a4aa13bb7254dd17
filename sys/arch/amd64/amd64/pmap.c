/*
 * The kernel's page tables.
 *
 * Built once at boot, shared by all CPUs and, as their upper half, by all
 * processes (pmap_user.c).  Afterwards mappings are only
 * ever added (a device, a stack), never changed or removed, so no CPU can
 * hold a stale translation and there is no shootdown.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bootinfo.h>
#include <sys/mutex.h>
#include <sys/page.h>

#include <machine/cpu.h>
#include <machine/intr.h>
#include <machine/pmap.h>
#include <machine/pmapvar.h>
#include <machine/specialreg.h>

#include <x86/cpufunc.h>

#define LARGE_SIZE	(2UL << 20)
#define LOWMEM_END	0x9f000UL	/* below the EBDA */
#define BOOT_LIMIT	(4UL << 30)	/* what the boot tables reach */

extern char __text_start[], __text_end[], __rodata_start[], __rodata_end[];
extern char __data_start[], __data_end[], boot_guard[], boot_stack[];
extern char __ksyms_start[], __ksyms_end[];
extern char __kernel_phys_start[], __kernel_phys_end[];

paddr_t kernel_pml4;
paddr_t pmap_trampoline;
static uint64_t *pml4;
static kmutex_t pmap_lock;
static vaddr_t stack_next = PMAP_STACK_BASE;
static TAILQ_HEAD(, pmap) user_pmaps = TAILQ_HEAD_INITIALIZER(user_pmaps);

/* Memory for tables before the page allocator has any: cut off the map. */
static paddr_t
boot_page(void)
{
	struct bootmem *bm;
	u_int i;

	for (i = bootinfo.bi_nmem; i-- > 0;) {
		bm = &bootinfo.bi_mem[i];
		if (bm->bm_size < PAGE_SIZE || bm->bm_start < (1UL << 20) ||
		    bm->bm_start + bm->bm_size > BOOT_LIMIT)
			continue;
		bm->bm_size -= PAGE_SIZE;
		return bm->bm_start + bm->bm_size;
	}
	panic("pmap: no memory for the first page tables");
}

static uint64_t *
table_alloc(void)
{
	void *p;

	if (page_total_count() == 0)
		p = PMAP_DIRECT_MAP(boot_page());
	else
		p = page_alloc(0);
	if (p != NULL)
		memset(p, 0, PAGE_SIZE);
	return p;
}

/* A new entry of the first table is one of every address space. */
static void
pml4_enter(size_t i, uint64_t pte)
{
	struct pmap *pm;

	pml4[i] = pte;
	TAILQ_FOREACH(pm, &user_pmaps, pm_list)
		pm->pm_pml4[i] = pte;
}

/* The entry for va at a level, making the tables above it; NULL: no memory. */
static uint64_t *
pte_get(vaddr_t va, int level)
{
	uint64_t *table = pml4, *next, *pte;
	int l;

	for (l = 4; l > level; l--) {
		pte = &table[LEVEL_INDEX(va, l)];
		if ((*pte & PTE_P) == 0) {
			if ((next = table_alloc()) == NULL)
				return NULL;
			*pte = PMAP_DIRECT_UNMAP(next) | PTE_P | PTE_W;
			if (l == 4)
				pml4_enter(LEVEL_INDEX(va, l), *pte);
		}
		table = PMAP_DIRECT_MAP(*pte & PTE_FRAME);
	}
	return &table[LEVEL_INDEX(va, level)];
}

/* Map a range with the largest pages that fit; false when out of memory. */
static bool
map_range(vaddr_t va, paddr_t pa, psize_t size, uint64_t bits)
{
	uint64_t *pte;
	psize_t step;
	bool large;

	for (; size > 0; va += step, pa += step, size -= step) {
		large = ((va | pa) & (LARGE_SIZE - 1)) == 0 && size >= LARGE_SIZE;
		step = large ? LARGE_SIZE : PAGE_SIZE;
		if ((pte = pte_get(va, large ? 2 : 1)) == NULL)
			return false;
		*pte = pa | bits | PTE_P | PTE_G | (large ? PTE_PS : 0);
	}
	return true;
}

static void
map_image(const char *start, const char *end, uint64_t bits)
{
	vaddr_t va = trunc_page((vaddr_t)start);

	map_range(va, KVTOPHYS(va), round_page((vaddr_t)end) - va, bits);
}

/* Take [start, end) out of the usable memory: it is in use already. */
static void
bootmem_reserve(paddr_t start, paddr_t end)
{
	struct bootmem *bm, *rest;
	paddr_t bm_end;
	u_int i;

	for (i = 0; i < bootinfo.bi_nmem; i++) {
		bm = &bootinfo.bi_mem[i];
		bm_end = bm->bm_start + bm->bm_size;
		if (end <= bm->bm_start || start >= bm_end)
			continue;
		if (end < bm_end && bootinfo.bi_nmem < BOOT_MAXMEM) {
			rest = &bootinfo.bi_mem[bootinfo.bi_nmem++];
			rest->bm_start = end;
			rest->bm_size = bm_end - end;
		}
		if (start <= bm->bm_start)
			bm->bm_size = 0;
		else
			bm->bm_size = start - bm->bm_start;
	}
}

/*
 * The direct map: RAM, but not the kernel's image, or text could be written
 * through it.  Tables are cut off the ranges while these are mapped, so
 * the ranges are remembered first: the tables have to be seen as well.
 */
static void
map_ram(const struct bootmem *ram, u_int n)
{
	for (u_int i = 0; i < n; i++)
		map_range((vaddr_t)PMAP_DIRECT_MAP(ram[i].bm_start),
		    ram[i].bm_start, ram[i].bm_size, PTE_W | PTE_NX);
}

static void
map_module(void)
{
	paddr_t start = trunc_page(bootinfo.bi_module);
	paddr_t end = round_page(bootinfo.bi_module + bootinfo.bi_module_size);

	map_range((vaddr_t)PMAP_DIRECT_MAP(start), start, end - start, PTE_NX);
}

/* A page that real mode can reach, for mptramp.S; none: APs stay off. */
static void
reserve_trampoline(void)
{
	const struct bootmem *bm;

	for (u_int i = 0; i < bootinfo.bi_nmem; i++) {
		bm = &bootinfo.bi_mem[i];
		if (bm->bm_start + PAGE_SIZE > LOWMEM_END || bm->bm_size < PAGE_SIZE)
			continue;
		pmap_trampoline = bm->bm_start;
		bootmem_reserve(pmap_trampoline, pmap_trampoline + PAGE_SIZE);
		return;
	}
}

void
pmap_bootstrap(void)
{
	static struct bootmem ram[BOOT_MAXMEM];
	u_int n;

	mutex_init(&pmap_lock, MUTEX_DEFAULT, IPL_VM);
	bootmem_reserve((paddr_t)__kernel_phys_start, (paddr_t)__kernel_phys_end);
	bootmem_reserve(0, PAGE_SIZE);
	reserve_trampoline();
	if (bootinfo.bi_module != 0)
		bootmem_reserve(trunc_page(bootinfo.bi_module),
		    round_page(bootinfo.bi_module + bootinfo.bi_module_size));
	n = bootinfo.bi_nmem;
	memcpy(ram, bootinfo.bi_mem, sizeof(ram));

	pml4 = table_alloc();
	kernel_pml4 = PMAP_DIRECT_UNMAP(pml4);
	map_image(__text_start, __text_end, 0);
	map_image(__rodata_start, __rodata_end, PTE_NX);
	map_image(__data_start, boot_guard, PTE_W | PTE_NX);
	map_image(boot_stack, __data_end, PTE_W | PTE_NX);
	map_image(__ksyms_start, __ksyms_end, PTE_NX);
	map_ram(ram, n);
	map_range((vaddr_t)PMAP_DIRECT_MAP(pmap_trampoline), pmap_trampoline,
	    pmap_trampoline != 0 ? PAGE_SIZE : 0, PTE_W | PTE_NX);
	if (bootinfo.bi_module != 0)
		map_module();
	pmap_activate();

	page_init();
	for (u_int i = 0; i < bootinfo.bi_nmem; i++)
		page_add(bootinfo.bi_mem[i].bm_start, bootinfo.bi_mem[i].bm_size);
}

/* The upper half of a process's address space is this one, now and later. */
void
pmap_kernel_share(struct pmap *pm)
{
	mutex_spin_enter(&pmap_lock);
	memcpy(pm->pm_pml4 + PML4_KERNEL, pml4 + PML4_KERNEL,
	    (512 - PML4_KERNEL) * sizeof(pml4[0]));
	TAILQ_INSERT_TAIL(&user_pmaps, pm, pm_list);
	mutex_spin_exit(&pmap_lock);
}

void
pmap_kernel_unshare(struct pmap *pm)
{
	mutex_spin_enter(&pmap_lock);
	TAILQ_REMOVE(&user_pmaps, pm, pm_list);
	mutex_spin_exit(&pmap_lock);
}

/* This CPU onto the kernel's tables. */
void
pmap_activate(void)
{
	lcr3(kernel_pml4);
}

/*
 * Registers of a device, or firmware tables: uncached, at an address that
 * follows from the physical one, so mapping twice is harmless.
 */
volatile void *
pmap_mapdev(paddr_t pa, psize_t size)
{
	paddr_t start = trunc_page(pa), end = round_page(pa + size);
	bool ok;

	mutex_spin_enter(&pmap_lock);
	ok = map_range(PMAP_DEV_BASE + start, start, end - start,
	    PTE_W | PTE_NX | PTE_PCD | PTE_PWT);
	mutex_spin_exit(&pmap_lock);
	if (!ok)
		panic("pmap: no memory to map a device at %#lx", (u_long)pa);
	return (volatile void *)(PMAP_DEV_BASE + pa);
}

/* A list of pages, through their first words; NULL: not that many. */
static void **
pages_take(size_t n)
{
	void **pages = NULL, **page;

	for (; n > 0; n--) {
		if ((page = page_alloc(0)) == NULL)
			break;
		*page = pages;
		pages = page;
	}
	if (n == 0)
		return pages;
	while ((page = pages) != NULL) {
		pages = *page;
		page_free(page, 0);
	}
	return NULL;
}

/* Tables made for nothing are there for the next one. */
static bool
tables_make(vaddr_t va, size_t size)
{
	for (size_t off = 0; off < size; off += PAGE_SIZE)
		if (pte_get(va + off, 1) == NULL)
			return false;
	return true;
}

/* Fresh zeroed pages for a stack; the page below them is never mapped. */
vaddr_t
pmap_stack_alloc(size_t size)
{
	void **pages, **page;
	vaddr_t va = 0;

	mutex_spin_enter(&pmap_lock);
	if (tables_make(stack_next + PAGE_SIZE, size) &&
	    (pages = pages_take(size / PAGE_SIZE)) != NULL) {
		va = stack_next + PAGE_SIZE;
		for (stack_next = va; (page = pages) != NULL; stack_next += PAGE_SIZE) {
			pages = *page;
			/* RAM is dirty after UEFI; stack tops hold flags. */
			memset(page, 0, PAGE_SIZE);
			map_range(stack_next, PMAP_DIRECT_UNMAP(page), PAGE_SIZE,
			    PTE_W | PTE_NX);
		}
	}
	mutex_spin_exit(&pmap_lock);
	return va;
}
