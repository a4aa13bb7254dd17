/*
 * Run queues.  Finding the best thread costs a look at three words,
 * however many threads there are.  sched_lock is held by every caller.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/sched.h>

void
runq_init(struct runq *rq)
{
	u_int i;

	memset(rq->rq_bitmap, 0, sizeof(rq->rq_bitmap));
	for (i = 0; i < PRI_COUNT; i++)
		TAILQ_INIT(&rq->rq_list[i]);
}

void
runq_insert(struct runq *rq, struct lwp *l, bool head)
{
	static uint64_t seq;
	u_int pri = (u_int)l->l_priority;

	KASSERT(pri < PRI_COUNT);
	if (head) {	/* keeps its l_runseq: it has not had its turn */
		TAILQ_INSERT_HEAD(&rq->rq_list[pri], l, l_runq);
	} else {
		l->l_runseq = ++seq;
		TAILQ_INSERT_TAIL(&rq->rq_list[pri], l, l_runq);
	}
	rq->rq_bitmap[pri / 64] |= __BIT(pri % 64);
}

void
runq_remove(struct runq *rq, struct lwp *l)
{
	u_int pri = (u_int)l->l_priority;

	TAILQ_REMOVE(&rq->rq_list[pri], l, l_runq);
	if (TAILQ_EMPTY(&rq->rq_list[pri]))
		rq->rq_bitmap[pri / 64] &= ~__BIT(pri % 64);
}

struct lwp *
runq_first(const struct runq *rq)
{
	u_int w, pri;

	for (w = RUNQ_WORDS; w-- > 0;) {
		if (rq->rq_bitmap[w] == 0)
			continue;
		pri = w * 64 + 63 - (u_int)__builtin_clzl(rq->rq_bitmap[w]);
		return TAILQ_FIRST(&rq->rq_list[pri]);
	}
	return NULL;
}
