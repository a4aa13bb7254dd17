/*
 * kmem(9): memory by size, from pages.
 *
 * An allocation is a chunk: a header of 16 bytes, the caller's memory, and a
 * redzone of at least 8 bytes.  Small ones come from size classes (see
 * subr_kmem_class.c), others are a run of pages each.
 *
 * What DIAGNOSTIC asks for is always on:
 * - kmem_free() is told the size, and it must be the header's;
 * - the header's cookie says live or free and belongs to its address, so a
 *   second free, or a pointer into the middle, is named;
 * - the redzone is checked when the chunk is freed;
 * - free memory is poisoned, and checked when it is handed out again.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/kmemvar.h>
#include <sys/lwp.h>
#include <sys/page.h>
#include <machine/cpu.h>

#define KMEM_REDZONE	0xa5
#define KMEM_REDMAX	64		/* no more is written or checked */
#define KMEM_POISONMAX	65536		/* of a run: it may never be touched */

static volatile u_long kmem_bytes;

void
kmem_init(void)
{
	kmem_class_init();
}

size_t
kmem_inuse(void)
{
	return atomic_load_relaxed(&kmem_bytes);
}

/* The order of the run that holds a large one; PAGE_NORDER: there is none. */
static u_int
order_of(size_t size)
{
	u_int order = 0;

	while (order < PAGE_NORDER && ((size_t)PAGE_SIZE << order) -
	    sizeof(struct kmem_page) - KMEM_HDR - KMEM_REDMIN < size)
		order++;
	return order;
}

static size_t
redzone_of(size_t size)
{
	size_t room;

	if (kmem_class_fits(size))
		room = kmem_class_room(size);
	else
		room = ((size_t)PAGE_SIZE << order_of(size)) -
		    sizeof(struct kmem_page) - KMEM_HDR;
	return MIN(room - size, (size_t)KMEM_REDMAX);
}

/* The first byte that is not c, or n. */
size_t
kmem_span(const uint8_t *p, uint8_t c, size_t n)
{
	const uint64_t pattern = c * 0x0101010101010101UL;
	size_t i = 0;
	uint64_t w;

	for (; i + sizeof(w) <= n; i += sizeof(w)) {
		memcpy(&w, p + i, sizeof(w));
		if (w != pattern)
			break;
	}
	while (i < n && p[i] == c)
		i++;
	return i;
}

/*
 * Large ones: the run begins like a page of chunks, and has one.
 */

static struct kmem_chunk *
large_alloc(size_t size)
{
	u_int order = order_of(size);
	struct kmem_page *kp = order < PAGE_NORDER ? page_alloc(order) : NULL;

	return kp == NULL ? NULL : kp->kp_chunks;
}

static void
large_free(struct kmem_chunk *kc, size_t size)
{
	memset(kc->kc_data, KMEM_POISON, MIN(size, (size_t)KMEM_POISONMAX));
	page_free(kmem_page_of(kc), order_of(size));
}

static struct kmem_chunk *
chunk_alloc(size_t size)
{
	return kmem_class_fits(size) ? kmem_class_alloc(size) : large_alloc(size);
}

void *
kmem_intr_alloc(size_t size, km_flag_t flags)
{
	struct kmem_chunk *kc;

	NMI_FORBIDDEN();
	KASSERTMSG(size != 0, "kmem_alloc: size 0");
	KASSERTMSG(flags == KM_SLEEP || flags == KM_NOSLEEP,
	    "kmem_alloc: flags 0x%x", flags);
	if (flags == KM_SLEEP)
		ASSERT_SLEEPABLE();
	while ((kc = chunk_alloc(size)) == NULL) {
		if (flags == KM_NOSLEEP)
			return NULL;
		if (cold || order_of(size) > page_order_most())
			panic("kmem_alloc(%zu): no such memory to wait for", size);
		/* Polled: memory comes back in contexts that cannot wake us. */
		(void)kpause("kmem", false, 1, NULL);
	}
	kc->kc_size = size;
	memset(kc->kc_data + size, KMEM_REDZONE, redzone_of(size));
	kc->kc_cookie = kmem_cookie(kc, KMEM_LIVE);
	atomic_add_ulong(&kmem_bytes, (long)size);
	return kc->kc_data;
}

void *
kmem_intr_zalloc(size_t size, km_flag_t flags)
{
	void *p = kmem_intr_alloc(size, flags);

	if (p != NULL)
		memset(p, 0, size);
	return p;
}

/*
 * Claim the chunk for this free.  Of two at the same time one swaps the
 * cookie, and the other is the double free.
 */
static void
chunk_claim(void *p, size_t size)
{
	struct kmem_chunk *kc = (struct kmem_chunk *)((vaddr_t)p - KMEM_HDR);
	u_long found;

	if (p == NULL || ((vaddr_t)p & (KMEM_HDR - 1)) != 0)
		panic("kmem_free(%p, %zu): not from kmem_alloc", p, size);
	found = atomic_load_relaxed(&kc->kc_cookie);
	if (found == kmem_cookie(kc, KMEM_LIVE) && kc->kc_size != size)
		panic("kmem_free(%p, %zu): allocated with size %zu", p, size,
		    kc->kc_size);
	found = atomic_cas_ulong(&kc->kc_cookie, kmem_cookie(kc, KMEM_LIVE),
	    kmem_cookie(kc, KMEM_FREE));
	if (found == kmem_cookie(kc, KMEM_FREE))
		panic("kmem_free(%p, %zu): already free", p, size);
	if (found != kmem_cookie(kc, KMEM_LIVE))
		panic("kmem_free(%p, %zu): not from kmem_alloc, or its header "
		    "is overwritten", p, size);
}

static void
redzone_check(const uint8_t *p, size_t size)
{
	size_t len = redzone_of(size);
	size_t good = kmem_span(p + size, KMEM_REDZONE, len);

	if (good < len)
		panic("kmem_free(%p, %zu): redzone overwritten at +%zu",
		    (const void *)p, size, size + good);
}

void
kmem_intr_free(void *p, size_t size)
{
	struct kmem_chunk *kc = (struct kmem_chunk *)((vaddr_t)p - KMEM_HDR);

	NMI_FORBIDDEN();
	KASSERTMSG(size != 0, "kmem_free: size 0");
	chunk_claim(p, size);
	redzone_check(p, size);
	atomic_add_ulong(&kmem_bytes, -(long)size);
	if (kmem_class_fits(size))
		kmem_class_free(kc, size);
	else
		large_free(kc, size);
}

/*
 * The names for thread context.  They assert it even where they would work,
 * as the manual page promises nothing else.
 */

void *
kmem_alloc(size_t size, km_flag_t flags)
{
	NMI_FORBIDDEN();
	KASSERTMSG(!cpu_intr_p(), "kmem_alloc in interrupt context");
	return kmem_intr_alloc(size, flags);
}

void *
kmem_zalloc(size_t size, km_flag_t flags)
{
	NMI_FORBIDDEN();
	KASSERTMSG(!cpu_intr_p(), "kmem_zalloc in interrupt context");
	return kmem_intr_zalloc(size, flags);
}

void
kmem_free(void *p, size_t size)
{
	KASSERTMSG(!cpu_intr_p(), "kmem_free in interrupt context");
	kmem_intr_free(p, size);
}
