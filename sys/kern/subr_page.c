/*
 * The page allocator: binary buddies in runs of 2^order pages.
 *
 * Each range of RAM it is given is a segment with one byte of state for each
 * page, carved from the range's own first pages, so ranges may lie anywhere.
 * A run's first page says whether the run is free or allocated, and its
 * order; the other pages of a run say PG_INSIDE.  Free runs are on a list by
 * order, linked through their own first bytes: memory never used is never
 * touched beyond them.
 *
 * Runs are aligned to their size in physical memory.  Two free buddies
 * become one at once, so an allocation fails only if there is no such run.
 *
 * Thread and interrupt context.  A wrong free panics before it does harm.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/bootinfo.h>
#include <sys/intr.h>
#include <sys/mutex.h>
#include <sys/page.h>
#include <sys/queue.h>
#include <machine/pmap.h>

#define PG_INSIDE	0x00
#define PG_FREE		0x40	/* | order */
#define PG_ALLOC	0x80	/* | order */
#define PG_ORDER	0x3f

#define PAGE_MAGIC	0x6672656570616765UL

struct page_seg {
	u_long ps_start;	/* page number */
	u_long ps_count;
	uint8_t *ps_state;
};

struct page_link {
	TAILQ_ENTRY(page_link) pl_list;
	uint64_t pl_magic;	/* with the address: a write after free shows */
};
TAILQ_HEAD(page_list, page_link);

static struct page_seg page_segs[BOOT_MAXMEM];
static u_int page_nseg;
static struct page_list page_lists[PAGE_NORDER];
static kmutex_t page_lock;		/* all of the above and below */
static volatile u_long page_nfree, page_ntotal;
static u_int page_most;		/* the largest order there ever was */

static void *
page_addr(u_long pfn)
{
	return PMAP_DIRECT_MAP((paddr_t)pfn << PAGE_SHIFT);
}

static u_long
page_number(const void *p)
{
	return (u_long)(PMAP_DIRECT_UNMAP(p) >> PAGE_SHIFT);
}

/* The state of a page of this segment, or NULL if it is none. */
static uint8_t *
seg_state(const struct page_seg *ps, u_long pfn)
{
	u_long i = pfn - ps->ps_start;

	return i < ps->ps_count ? &ps->ps_state[i] : NULL;
}

static struct page_seg *
seg_find(u_long pfn)
{
	for (u_int i = 0; i < page_nseg; i++)
		if (seg_state(&page_segs[i], pfn) != NULL)
			return &page_segs[i];
	return NULL;
}

static void
list_insert(const struct page_seg *ps, u_long pfn, u_int order)
{
	struct page_link *pl = page_addr(pfn);

	pl->pl_magic = PAGE_MAGIC ^ (uintptr_t)pl;
	TAILQ_INSERT_HEAD(&page_lists[order], pl, pl_list);
	*seg_state(ps, pfn) = (uint8_t)(PG_FREE | order);
}

static void
list_remove(const struct page_seg *ps, u_long pfn, u_int order)
{
	struct page_link *pl = page_addr(pfn);

	if (pl->pl_magic != (PAGE_MAGIC ^ (uintptr_t)pl))
		panic("page_alloc: %p modified after free", (void *)pl);
	TAILQ_REMOVE(&page_lists[order], pl, pl_list);
	pl->pl_magic = 0;
	*seg_state(ps, pfn) = PG_INSIDE;
}

void
page_init(void)
{
	mutex_init(&page_lock, MUTEX_DEFAULT, IPL_VM);
	for (u_int i = 0; i < PAGE_NORDER; i++)
		TAILQ_INIT(&page_lists[i]);
	page_nseg = 0;
	page_nfree = page_ntotal = 0;
	page_most = 0;
}

/* The largest run that may begin at pfn and does not reach beyond end. */
static u_int
order_at(u_long pfn, u_long end)
{
	u_int order = 0;

	while (order + 1 < PAGE_NORDER && (pfn & ((2UL << order) - 1)) == 0 &&
	    pfn + (2UL << order) <= end)
		order++;
	return order;
}

static void
seg_add(u_long start, u_long end)
{
	u_long nstate = howmany(end - start, PAGE_SIZE);
	struct page_seg *ps = &page_segs[page_nseg++];
	u_int order;

	ps->ps_state = page_addr(start);
	ps->ps_start = start + nstate;
	ps->ps_count = end - ps->ps_start;
	memset(ps->ps_state, PG_INSIDE, ps->ps_count);
	for (u_long pfn = ps->ps_start; pfn < end; pfn += 1UL << order) {
		order = order_at(pfn, end);
		page_most = MAX(page_most, order);
		list_insert(ps, pfn, order);
	}
	page_nfree += ps->ps_count;
	page_ntotal += ps->ps_count;
}

/*
 * => The range is mapped, and overlaps none given before.  Parts of pages
 *    at its ends are left out.
 */
void
page_add(paddr_t pa, psize_t size)
{
	u_long start = (u_long)(roundup2(pa, (paddr_t)PAGE_SIZE) >> PAGE_SHIFT);
	u_long end = (u_long)((pa + size) >> PAGE_SHIFT);

	if (end < start + 2)
		return;		/* its state would take all of it */
	mutex_spin_enter(&page_lock);
	if (page_nseg < __arraycount(page_segs))
		seg_add(start, end);
	mutex_spin_exit(&page_lock);
}

/* Take the first run of the order off its list, and free what is too much. */
static void *
run_take(u_int from, u_int order)
{
	void *p = TAILQ_FIRST(&page_lists[from]);
	u_long pfn = page_number(p);
	const struct page_seg *ps = seg_find(pfn);

	list_remove(ps, pfn, from);
	while (from > order) {
		from--;
		list_insert(ps, pfn + (1UL << from), from);
	}
	*seg_state(ps, pfn) = (uint8_t)(PG_ALLOC | order);
	page_nfree -= 1UL << order;
	return p;
}

void *
page_alloc(u_int order)
{
	void *p = NULL;

	KASSERTMSG(order < PAGE_NORDER, "page_alloc: order %u", order);
	mutex_spin_enter(&page_lock);
	for (u_int o = order; o < PAGE_NORDER && p == NULL; o++)
		if (!TAILQ_EMPTY(&page_lists[o]))
			p = run_take(o, order);
	mutex_spin_exit(&page_lock);
	return p;
}

static void
page_free_check(const void *p, u_int order, const uint8_t *state)
{
	if (((uintptr_t)p & PAGE_MASK) != 0 || state == NULL)
		panic("page_free(%p, %u): not a page of the allocator", p, order);
	if ((*state & PG_ALLOC) == 0)
		panic("page_free(%p, %u): already free", p, order);
	if ((*state & PG_ORDER) != order)
		panic("page_free(%p, %u): allocated with order %u", p, order,
		    (u_int)(*state & PG_ORDER));
}

static bool
buddy_is_free(const struct page_seg *ps, u_long buddy, u_int order)
{
	const uint8_t *state = seg_state(ps, buddy);

	return state != NULL && *state == (PG_FREE | order);
}

void
page_free(void *p, u_int order)
{
	u_long pfn = page_number(p), buddy;
	const struct page_seg *ps;

	mutex_spin_enter(&page_lock);
	ps = seg_find(pfn);
	page_free_check(p, order, ps == NULL ? NULL : seg_state(ps, pfn));
	page_nfree += 1UL << order;
	*seg_state(ps, pfn) = PG_INSIDE;
	for (; order + 1 < PAGE_NORDER; order++) {
		buddy = pfn ^ (1UL << order);
		if (!buddy_is_free(ps, buddy, order))
			break;
		list_remove(ps, buddy, order);
		pfn = MIN(pfn, buddy);
	}
	list_insert(ps, pfn, order);
	mutex_spin_exit(&page_lock);
}

size_t
page_free_count(void)
{
	return atomic_load_relaxed(&page_nfree);
}

u_int
page_order_most(void)
{
	return page_most;
}

size_t
page_total_count(void)
{
	return atomic_load_relaxed(&page_ntotal);
}
