/*
 * kmem(9): memory by size, from pages.
 *
 * An allocation is a chunk: a header of 16 bytes, the caller's memory, and a
 * redzone of at least 8 bytes.  Chunks up to KMEM_MAXCHUNK are cut from pages
 * of their size class, and a page whose chunks are all free goes back; above
 * that a chunk is a run of pages of its own.  The page's own header is 48
 * bytes and the larger classes are multiples of 64, which puts the caller's
 * memory at the beginning of a cache line.
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
#include <sys/lwp.h>
#include <sys/mutex.h>
#include <sys/page.h>
#include <sys/queue.h>
#include <machine/cpu.h>

#define KMEM_LIVE	0x6c6976656b6d656dUL
#define KMEM_FREE	0x667265656b6d656dUL
#define KMEM_POISON	0xdb
#define KMEM_REDZONE	0xa5
#define KMEM_REDMIN	8
#define KMEM_REDMAX	64		/* no more is written or checked */
#define KMEM_POISONMAX	65536		/* of a run: it may never be touched */
#define KMEM_SPARE	2		/* free pages a class keeps */

struct kmem_chunk {
	union {
		size_t kc_size;			/* live: as asked for */
		struct kmem_chunk *kc_next;	/* free */
	};
	u_long kc_cookie;
	uint8_t kc_data[];
};
#define KMEM_HDR	sizeof(struct kmem_chunk)

struct kmem_page {
	TAILQ_ENTRY(kmem_page) kp_list;	/* of pages with a free chunk */
	struct kmem_chunk *kp_free;
	u_int kp_nfree;
	uint32_t kp_pad[5];
	struct kmem_chunk kp_chunks[];
};
CTASSERT(sizeof(struct kmem_page) == 48);
CTASSERT((sizeof(struct kmem_page) + KMEM_HDR) % COHERENCY_UNIT == 0);

/* As many of each as fit behind the page's header. */
static const uint16_t kmem_sizes[] = {
	32, 48, 64, 80, 96, 128, 192, 256, 320, 384, 448, 576, 640, 768, 960,
	1344, 1984,
};
#define KMEM_NCLASS	__arraycount(kmem_sizes)
#define KMEM_MAXCHUNK	1984
/* What does not fit in 96 bytes is in a class that is a multiple of 64. */
CTASSERT(KMEM_LINE_MIN + KMEM_HDR + KMEM_REDMIN > 96);

static struct kmem_class {
	kmutex_t kcl_lock;
	TAILQ_HEAD(, kmem_page) kcl_pages;	/* with a free chunk */
	u_int kcl_nempty;			/* with nothing but those */
} kmem_classes[KMEM_NCLASS];

static volatile u_long kmem_bytes;

void
kmem_init(void)
{
	for (u_int i = 0; i < KMEM_NCLASS; i++) {
		mutex_init(&kmem_classes[i].kcl_lock, MUTEX_DEFAULT, IPL_VM);
		TAILQ_INIT(&kmem_classes[i].kcl_pages);
		kmem_classes[i].kcl_nempty = 0;
	}
}

size_t
kmem_inuse(void)
{
	return atomic_load_relaxed(&kmem_bytes);
}

static u_long
cookie(const struct kmem_chunk *kc, u_long kind)
{
	return kind ^ (uintptr_t)kc;
}

/* Bytes of the chunk that holds size bytes. */
static u_int
class_of(size_t size)
{
	u_int i = 0;

	while (kmem_sizes[i] < KMEM_HDR + size + KMEM_REDMIN)
		i++;
	return i;
}

static bool
is_small(size_t size)
{
	return size <= KMEM_MAXCHUNK - KMEM_HDR - KMEM_REDMIN;
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

	if (is_small(size))
		room = kmem_sizes[class_of(size)] - KMEM_HDR;
	else
		room = ((size_t)PAGE_SIZE << order_of(size)) -
		    sizeof(struct kmem_page) - KMEM_HDR;
	return MIN(room - size, (size_t)KMEM_REDMAX);
}

/* The first byte that is not c, or n. */
static size_t
span(const uint8_t *p, uint8_t c, size_t n)
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
 * Small ones.
 */

static struct kmem_page *
page_of(const struct kmem_chunk *kc)
{
	return (struct kmem_page *)trunc_page((vaddr_t)kc);
}

static u_int
chunks_per_page(u_int class)
{
	return (u_int)(PAGE_SIZE - sizeof(struct kmem_page)) / kmem_sizes[class];
}

static struct kmem_page *
class_grow(u_int class)
{
	struct kmem_page *kp = page_alloc(0);
	struct kmem_chunk *kc;

	if (kp == NULL)
		return NULL;
	memset(kp, 0, sizeof(*kp));
	kp->kp_nfree = chunks_per_page(class);
	for (u_int i = kp->kp_nfree; i-- > 0;) {
		kc = (struct kmem_chunk *)((char *)kp->kp_chunks +
		    i * kmem_sizes[class]);
		kc->kc_cookie = cookie(kc, KMEM_FREE);
		kc->kc_next = kp->kp_free;
		kp->kp_free = kc;
		memset(kc->kc_data, KMEM_POISON, kmem_sizes[class] - KMEM_HDR);
	}
	return kp;
}

static struct kmem_chunk *
small_alloc(size_t size)
{
	u_int class = class_of(size);
	struct kmem_class *kcl = &kmem_classes[class];
	struct kmem_page *kp;
	struct kmem_chunk *kc = NULL;

	mutex_spin_enter(&kcl->kcl_lock);
	kp = TAILQ_FIRST(&kcl->kcl_pages);
	if (kp == NULL && (kp = class_grow(class)) != NULL) {
		TAILQ_INSERT_HEAD(&kcl->kcl_pages, kp, kp_list);
		kcl->kcl_nempty++;
	}
	if (kp != NULL) {
		if (kp->kp_nfree == chunks_per_page(class))
			kcl->kcl_nempty--;
		kc = kp->kp_free;
		if (kc->kc_cookie != cookie(kc, KMEM_FREE))
			panic("kmem_alloc(%zu): %p modified after free", size,
			    (void *)kc);
		kp->kp_free = kc->kc_next;
		if (--kp->kp_nfree == 0)
			TAILQ_REMOVE(&kcl->kcl_pages, kp, kp_list);
		kc->kc_cookie = 0;	/* nobody's while it is checked */
	}
	mutex_spin_exit(&kcl->kcl_lock);
	return kc;
}

/* Pages with other chunks in use are preferred, so that empty ones go back. */
static struct kmem_page *
page_put_chunk(struct kmem_class *kcl, u_int class, struct kmem_chunk *kc)
{
	struct kmem_page *kp = page_of(kc);

	kc->kc_next = kp->kp_free;
	kp->kp_free = kc;
	if (kp->kp_nfree++ == 0)
		TAILQ_INSERT_HEAD(&kcl->kcl_pages, kp, kp_list);
	if (kp->kp_nfree < chunks_per_page(class))
		return NULL;
	TAILQ_REMOVE(&kcl->kcl_pages, kp, kp_list);
	if (kcl->kcl_nempty >= KMEM_SPARE)
		return kp;
	kcl->kcl_nempty++;
	TAILQ_INSERT_TAIL(&kcl->kcl_pages, kp, kp_list);
	return NULL;
}

static void
small_free(struct kmem_chunk *kc, size_t size)
{
	u_int class = class_of(size);
	struct kmem_class *kcl = &kmem_classes[class];
	struct kmem_page *surplus;

	memset(kc->kc_data, KMEM_POISON, kmem_sizes[class] - KMEM_HDR);
	mutex_spin_enter(&kcl->kcl_lock);
	surplus = page_put_chunk(kcl, class, kc);
	mutex_spin_exit(&kcl->kcl_lock);
	if (surplus != NULL)
		page_free(surplus, 0);
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
	page_free(page_of(kc), order_of(size));
}

/*
 * Both.
 */

static void
poison_check(const struct kmem_chunk *kc, size_t size)
{
	size_t len = kmem_sizes[class_of(size)] - KMEM_HDR;
	size_t good = span(kc->kc_data, KMEM_POISON, len);

	if (good < len)
		panic("kmem_alloc(%zu): %p modified after free at +%zu", size,
		    (const void *)kc->kc_data, good);
}

static struct kmem_chunk *
chunk_alloc(size_t size)
{
	struct kmem_chunk *kc;

	if (!is_small(size))
		return large_alloc(size);
	kc = small_alloc(size);
	if (kc != NULL)
		poison_check(kc, size);
	return kc;
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
		if (cold)
			panic("kmem_alloc(%zu): out of memory at boot", size);
		/* Polled: memory comes back in contexts that cannot wake us. */
		(void)kpause("kmem", false, 1, NULL);
	}
	kc->kc_size = size;
	memset(kc->kc_data + size, KMEM_REDZONE, redzone_of(size));
	kc->kc_cookie = cookie(kc, KMEM_LIVE);
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
	if (found == cookie(kc, KMEM_LIVE) && kc->kc_size != size)
		panic("kmem_free(%p, %zu): allocated with size %zu", p, size,
		    kc->kc_size);
	found = atomic_cas_ulong(&kc->kc_cookie, cookie(kc, KMEM_LIVE),
	    cookie(kc, KMEM_FREE));
	if (found == cookie(kc, KMEM_FREE))
		panic("kmem_free(%p, %zu): already free", p, size);
	if (found != cookie(kc, KMEM_LIVE))
		panic("kmem_free(%p, %zu): not from kmem_alloc, or its header "
		    "is overwritten", p, size);
}

static void
redzone_check(const uint8_t *p, size_t size)
{
	size_t len = redzone_of(size);
	size_t good = span(p + size, KMEM_REDZONE, len);

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
	if (is_small(size))
		small_free(kc, size);
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
	KASSERTMSG(!cpu_intr_p(), "kmem_alloc in interrupt context");
	return kmem_intr_alloc(size, flags);
}

void *
kmem_zalloc(size_t size, km_flag_t flags)
{
	KASSERTMSG(!cpu_intr_p(), "kmem_zalloc in interrupt context");
	return kmem_intr_zalloc(size, flags);
}

void
kmem_free(void *p, size_t size)
{
	KASSERTMSG(!cpu_intr_p(), "kmem_free in interrupt context");
	kmem_intr_free(p, size);
}
