/*
 * percpu(9): storage with one instance for each CPU, each in cache lines of
 * its own.
 */

#ifndef _SYS_PERCPU_H_
#define _SYS_PERCPU_H_

#include <sys/types.h>

typedef struct percpu percpu_t;
typedef void (*percpu_callback_t)(void *, void *, struct cpu_info *);

void percpu_init(void);
void percpu_init_cpu(struct cpu_info *);	/* before the CPU runs */

/* Thread context; they may sleep for memory.  It is zeroed. */
percpu_t *percpu_alloc(size_t);
/* Constructor and destructor (or NULL) run once a CPU, in the caller. */
percpu_t *percpu_create(size_t, percpu_callback_t, percpu_callback_t, void *);
void percpu_free(percpu_t *, size_t);

/* Any context, NMI included.  No sleep and no preemption between the two. */
void *percpu_getref(percpu_t *);
void percpu_putref(percpu_t *);

/* Every CPU's instance, in order; they may change under the callback. */
void percpu_foreach(percpu_t *, percpu_callback_t, void *);

#endif
