/*
 * kmem(9)'s size classes: chunks cut from single pages.
 *
 * A page whose chunks are all free goes back to the page allocator, but for
 * a few that each class keeps.  The page's own header is 48 bytes and the
 * larger classes are multiples of 64, which puts the caller's memory at the
 * beginning of a cache line.
 *
 * Thread and interrupt context.  A class's lock is held over page_alloc().
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/kmemvar.h>
#include <sys/mutex.h>
#include <sys/page.h>

#define KMEM_SPARE	2		/* free pages a class keeps */

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

void
kmem_class_init(void)
{
	for (u_int i = 0; i < KMEM_NCLASS; i++) {
		mutex_init(&kmem_classes[i].kcl_lock, MUTEX_DEFAULT, IPL_VM);
		TAILQ_INIT(&kmem_classes[i].kcl_pages);
		kmem_classes[i].kcl_nempty = 0;
	}
}

bool
kmem_class_fits(size_t size)
{
	return size <= KMEM_MAXCHUNK - KMEM_HDR - KMEM_REDMIN;
}

static u_int
class_of(size_t size)
{
	u_int i = 0;

	while (kmem_sizes[i] < KMEM_HDR + size + KMEM_REDMIN)
		i++;
	return i;
}

size_t
kmem_class_room(size_t size)
{
	return kmem_sizes[class_of(size)] - KMEM_HDR;
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
		kc->kc_cookie = kmem_cookie(kc, KMEM_FREE);
		kc->kc_next = kp->kp_free;
		kp->kp_free = kc;
		memset(kc->kc_data, KMEM_POISON, kmem_sizes[class] - KMEM_HDR);
	}
	return kp;
}

static void
poison_check(const struct kmem_chunk *kc, size_t size)
{
	size_t len = kmem_class_room(size);
	size_t good = kmem_span(kc->kc_data, KMEM_POISON, len);

	if (good < len)
		panic("kmem_alloc(%zu): %p modified after free at +%zu", size,
		    (const void *)kc->kc_data, good);
}

/* A page with a free chunk, or NULL. */
static struct kmem_page *
class_page(struct kmem_class *kcl, u_int class)
{
	struct kmem_page *kp = TAILQ_FIRST(&kcl->kcl_pages);

	if (kp != NULL || (kp = class_grow(class)) == NULL)
		return kp;
	TAILQ_INSERT_HEAD(&kcl->kcl_pages, kp, kp_list);
	kcl->kcl_nempty++;
	return kp;
}

static struct kmem_chunk *
page_take_chunk(struct kmem_class *kcl, u_int class, struct kmem_page *kp)
{
	struct kmem_chunk *kc = kp->kp_free;

	if (kc->kc_cookie != kmem_cookie(kc, KMEM_FREE))
		panic("kmem_alloc: header of %p modified after free",
		    (void *)kc->kc_data);
	kc->kc_cookie = 0;	/* nobody's while it is checked */
	if (kp->kp_nfree == chunks_per_page(class))
		kcl->kcl_nempty--;
	kp->kp_free = kc->kc_next;
	if (--kp->kp_nfree == 0)
		TAILQ_REMOVE(&kcl->kcl_pages, kp, kp_list);
	return kc;
}

struct kmem_chunk *
kmem_class_alloc(size_t size)
{
	u_int class = class_of(size);
	struct kmem_class *kcl = &kmem_classes[class];
	struct kmem_page *kp;
	struct kmem_chunk *kc;

	mutex_spin_enter(&kcl->kcl_lock);
	kp = class_page(kcl, class);
	kc = kp == NULL ? NULL : page_take_chunk(kcl, class, kp);
	mutex_spin_exit(&kcl->kcl_lock);
	if (kc != NULL)
		poison_check(kc, size);
	return kc;
}

/* Pages with other chunks in use are preferred, so that empty ones go back. */
static struct kmem_page *
page_put_chunk(struct kmem_class *kcl, u_int class, struct kmem_chunk *kc)
{
	struct kmem_page *kp = kmem_page_of(kc);

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

void
kmem_class_free(struct kmem_chunk *kc, size_t size)
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
