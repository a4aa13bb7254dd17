/*
 * Run queues: one list a priority and a bitmap that says which have
 * somebody.  Private to the scheduler; all with sched_lock held.
 */

#ifndef _SYS_SCHED_H_
#define _SYS_SCHED_H_

#include <sys/lwp.h>

#define RUNQ_WORDS	howmany(PRI_COUNT, 64)
#define SCHED_SLICE	(hz / 20)	/* ticks until an equal may run */

struct runq {
	uint64_t rq_bitmap[RUNQ_WORDS];
	struct lwplist rq_list[PRI_COUNT];
};

void runq_init(struct runq *);
void runq_insert(struct runq *, struct lwp *, bool head);
void runq_remove(struct runq *, struct lwp *);
struct lwp *runq_first(const struct runq *);	/* the best, or NULL */

#endif
