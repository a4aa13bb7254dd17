/* The page allocator: buddies that split and merge, and wrong frees. */

#include <sys/page.h>
#include <machine/pmap.h>
#include "unit.h"

#define RAM_SIZE	(6UL << 30)
#define MIB		(1UL << 20)
#define GIB		(1UL << 30)
#define NRUN		600
#define ROUNDS		20000

static struct run {
	void *r_addr;
	u_int r_order;
} runs[NRUN];

static void
setup(paddr_t pa, psize_t size)
{
	page_init();
	page_add(pa, size);
}

static bool
aligned(const void *p, u_int order)
{
	return (PMAP_DIRECT_UNMAP(p) & (((paddr_t)PAGE_SIZE << order) - 1)) == 0;
}

/* The largest run there is now; it is given back. */
static int
largest(void)
{
	void *p;

	for (int o = PAGE_NORDER - 1; o >= 0; o--)
		if ((p = page_alloc((u_int)o)) != NULL) {
			page_free(p, (u_int)o);
			return o;
		}
	return -1;
}

static void
test_split_and_merge(void)
{
	size_t total;
	int before;
	void *p, *q;

	setup(16 * MIB, 8 * MIB);
	total = page_free_count();
	before = largest();
	CHECK(before == 10);	/* 4 MiB: the state took the first page */
	p = page_alloc(0);
	q = page_alloc(3);
	CHECK(p != NULL && q != NULL && p != q);
	CHECK(aligned(q, 3));
	CHECK(page_free_count() == total - 9);
	page_free(p, 0);
	page_free(q, 3);
	CHECK(page_free_count() == total);
	CHECK(largest() == before);
}

static void
test_exhaustion(void)
{
	static void *all[512];
	size_t total, n;

	setup(1 * MIB, 2 * MIB);
	total = page_total_count();
	CHECK(total == 511);
	for (n = 0; (all[n] = page_alloc(0)) != NULL; n++)
		memset(all[n], 0xff, PAGE_SIZE);	/* all different */
	CHECK(n == total && page_free_count() == 0);
	CHECK(page_alloc(0) == NULL && page_alloc(5) == NULL);
	for (size_t i = 0; i < n; i += 2)
		page_free(all[i], 0);
	CHECK(page_alloc(1) == NULL);	/* only odd ones are left between */
	for (size_t i = 1; i < n; i += 2)
		page_free(all[i], 0);
	CHECK(page_free_count() == total);
	CHECK(largest() == 8);
}

static void
test_too_large(void)
{
	setup(1 * MIB, 2 * MIB);
	CHECK(page_alloc(PAGE_NORDER - 1) == NULL);
	CHECK_PANIC("order 20", (void)page_alloc(PAGE_NORDER));
}

/* As a PC of 5 GiB has it: two pieces below 4 GiB and one above. */
static void
test_ranges(void)
{
	void *p;
	u_int order;

	page_init();
	CHECK(page_alloc(0) == NULL);
	page_add(0x1000, 0x9e000);
	page_add(1 * MIB, 3 * GIB - 1 * MIB);
	page_add(4 * GIB, 2 * GIB);
	CHECK(page_total_count() > 5 * GIB / PAGE_SIZE - 1000);
	CHECK(page_total_count() < 5 * GIB / PAGE_SIZE);
	order = (u_int)largest();
	CHECK(order == 18);	/* 1 GiB */
	p = page_alloc(order);
	CHECK(aligned(p, order));
	page_free(p, order);
}

static void
test_unaligned_range(void)
{
	page_init();
	page_add(0x100801, 4 * PAGE_SIZE);	/* three whole pages */
	CHECK(page_total_count() == 2);
	page_add(0x200000, PAGE_SIZE);		/* no room for its state */
	page_add(0x300000, 0);
	page_add(0x400fff, 2);
	CHECK(page_total_count() == 2);
}

/* Free neighbours in different ranges are not buddies. */
static void
test_ranges_stay_apart(void)
{
	page_init();
	page_add(0x100000, 2 * PAGE_SIZE);
	page_add(0x102000, 2 * PAGE_SIZE);
	CHECK(page_total_count() == 2);
	CHECK(largest() == 0);
}

static void
test_too_many_ranges(void)
{
	page_init();
	for (u_int i = 0; i < 100; i++)
		page_add(MIB * (i + 1), 2 * PAGE_SIZE);
	CHECK(page_total_count() == 64);
}

/* No run overlaps another: each one's pages carry its own mark. */
static void
mark(const struct run *r, u_int value)
{
	for (u_int i = 0; i < 1U << r->r_order; i++)
		*(u_int *)((char *)r->r_addr + i * PAGE_SIZE) = value;
}

static void
check_mark(const struct run *r, u_int value)
{
	for (u_int i = 0; i < 1U << r->r_order; i++)
		CHECK(*(u_int *)((char *)r->r_addr + i * PAGE_SIZE) == value);
}

static void
step(u_int i)
{
	struct run *r = &runs[i];

	if (r->r_addr != NULL) {
		check_mark(r, i);
		page_free(r->r_addr, r->r_order);
		r->r_addr = NULL;
		return;
	}
	r->r_order = unit_random() % 6;
	r->r_addr = page_alloc(r->r_order);
	if (r->r_addr == NULL)
		return;
	CHECK(aligned(r->r_addr, r->r_order));
	mark(r, i);
}

static void
test_random(void)
{
	size_t total;
	int before;

	setup(3 * MIB + 5 * PAGE_SIZE, 11 * MIB);
	page_add(32 * MIB, 3 * MIB);
	total = page_free_count();
	before = largest();
	memset(runs, 0, sizeof(runs));
	for (u_int i = 0; i < ROUNDS; i++)
		step(unit_random() % NRUN);
	for (u_int i = 0; i < NRUN; i++)
		if (runs[i].r_addr != NULL)
			step(i);
	CHECK(page_free_count() == total);
	CHECK(largest() == before);
}

static void
test_wrong_free(void)
{
	char *p;
	size_t n;

	setup(16 * MIB, 8 * MIB);
	p = page_alloc(2);
	n = page_free_count();
	CHECK_PANIC("allocated with order 2", page_free(p, 1));
	CHECK_PANIC("already free", page_free(p + PAGE_SIZE, 0));
	CHECK_PANIC("not a page", page_free(p + 8, 2));
	CHECK_PANIC("not a page", page_free(PMAP_DIRECT_MAP(64 * MIB), 0));
	CHECK_PANIC("not a page", page_free(PMAP_DIRECT_MAP(16 * MIB), 0));
	CHECK_PANIC("not a page", page_free(NULL, 0));
	CHECK(page_free_count() == n);
	page_free(p, 2);
	CHECK_PANIC("already free", page_free(p, 2));
	CHECK_PANIC("already free", page_free(p, 0));
}

static void
test_write_after_free(void)
{
	char *p;

	setup(16 * MIB, 8 * MIB);
	p = page_alloc(0);
	page_free(p, 0);
	memset(p, 0x5a, 64);
	CHECK_PANIC("modified after free",
	    for (u_int i = 0; i < 4096; i++)
		    (void)page_alloc(0));
}

void
unit_main(void)
{
	unit_ram = unit_memory(RAM_SIZE);
	RUN(test_split_and_merge);
	RUN(test_exhaustion);
	RUN(test_too_large);
	RUN(test_ranges);
	RUN(test_unaligned_range);
	RUN(test_ranges_stay_apart);
	RUN(test_too_many_ranges);
	RUN(test_random);
	RUN(test_wrong_free);
	RUN(test_write_after_free);
}
