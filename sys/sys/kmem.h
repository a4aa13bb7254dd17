/* kmem(9): the kernel's memory, by size. */

#ifndef _SYS_KMEM_H_
#define _SYS_KMEM_H_

#include <sys/types.h>

typedef u_int km_flag_t;

#define KM_SLEEP	0x01	/* waits for memory, never NULL */
#define KM_NOSLEEP	0x02

/*
 * Memory is aligned to 16 bytes; from this size on, it begins a cache line.
 */
#define KMEM_LINE_MIN	80

void kmem_init(void);

/* Thread context. */
void *kmem_alloc(size_t, km_flag_t);
void *kmem_zalloc(size_t, km_flag_t);
void kmem_free(void *, size_t);

/* Also in interrupt handlers, with KM_NOSLEEP. */
void *kmem_intr_alloc(size_t, km_flag_t);
void *kmem_intr_zalloc(size_t, km_flag_t);
void kmem_intr_free(void *, size_t);

size_t kmem_inuse(void);	/* bytes allocated now, as asked for */

#endif
