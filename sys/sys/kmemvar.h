/*
 * Private to kmem(9): what subr_kmem.c and subr_kmem_class.c share.
 *
 * A chunk is a header, the caller's memory, and a redzone.
 */

#ifndef _SYS_KMEMVAR_H_
#define _SYS_KMEMVAR_H_

#include <sys/param.h>
#include <sys/queue.h>

#define KMEM_LIVE	0x6c6976656b6d656dUL
#define KMEM_FREE	0x667265656b6d656dUL
#define KMEM_POISON	0xdb
#define KMEM_REDMIN	8

struct kmem_chunk {
	union {
		size_t kc_size;			/* live: as asked for */
		struct kmem_chunk *kc_next;	/* free */
	};
	u_long kc_cookie;
	uint8_t kc_data[];
};
#define KMEM_HDR	sizeof(struct kmem_chunk)

/* At the beginning of every page of chunks, and of every run of its own. */
struct kmem_page {
	TAILQ_ENTRY(kmem_page) kp_list;	/* of pages with a free chunk */
	struct kmem_chunk *kp_free;
	u_int kp_nfree;
	uint32_t kp_pad[5];
	struct kmem_chunk kp_chunks[];
};
CTASSERT(sizeof(struct kmem_page) == 48);
CTASSERT((sizeof(struct kmem_page) + KMEM_HDR) % COHERENCY_UNIT == 0);

static inline u_long
kmem_cookie(const struct kmem_chunk *kc, u_long kind)
{
	return kind ^ (uintptr_t)kc;	/* a copy elsewhere is not valid */
}

static inline struct kmem_page *
kmem_page_of(const struct kmem_chunk *kc)
{
	return (struct kmem_page *)trunc_page((vaddr_t)kc);
}

size_t kmem_span(const uint8_t *, uint8_t, size_t);	/* how many are that */

void kmem_class_init(void);
bool kmem_class_fits(size_t);		/* the rest is for sizes that do */
size_t kmem_class_room(size_t);		/* bytes after the header */
struct kmem_chunk *kmem_class_alloc(size_t);	/* poisoned, or NULL */
void kmem_class_free(struct kmem_chunk *, size_t);

#endif
