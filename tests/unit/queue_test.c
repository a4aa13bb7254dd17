/* queue(3): a tail queue against an array that says what it should hold. */

#include <sys/queue.h>
#include "unit.h"

#define N	16
#define ROUNDS	20000

struct item {
	TAILQ_ENTRY(item) it_list;
	bool it_on;
};

static TAILQ_HEAD(, item) q;
static struct item items[N];
static struct item *model[N];
static u_int nmodel;

static void
model_insert(u_int at, struct item *it)
{
	for (u_int i = nmodel++; i > at; i--)
		model[i] = model[i - 1];
	model[at] = it;
	it->it_on = true;
}

static u_int
model_find(const struct item *it)
{
	u_int i;

	for (i = 0; model[i] != it; i++)
		continue;
	return i;
}

static void
model_remove(struct item *it)
{
	for (u_int i = model_find(it); i + 1 < nmodel; i++)
		model[i] = model[i + 1];
	nmodel--;
	it->it_on = false;
}

static void
check_model(void)
{
	struct item *it, *next;
	u_int n = 0;

	TAILQ_FOREACH(it, &q, it_list) {
		CHECK(n < nmodel && model[n] == it);
		CHECK(*it->it_list.tqe_prev == it);
		n++;
	}
	CHECK(n == nmodel);
	CHECK(*q.tqh_last == NULL);
	CHECK(TAILQ_EMPTY(&q) == (nmodel == 0));
	n = 0;
	TAILQ_FOREACH_SAFE(it, &q, it_list, next)
		n++;
	CHECK(n == nmodel);
}

static void
step(struct item *it)
{
	struct item *at = &items[unit_random() % N];

	if (it->it_on) {
		TAILQ_REMOVE(&q, it, it_list);
		model_remove(it);
	} else if (at->it_on && unit_random() % 2 == 0) {
		TAILQ_INSERT_BEFORE(at, it, it_list);
		model_insert(model_find(at), it);
	} else if (unit_random() % 2 == 0) {
		TAILQ_INSERT_HEAD(&q, it, it_list);
		model_insert(0, it);
	} else {
		TAILQ_INSERT_TAIL(&q, it, it_list);
		model_insert(nmodel, it);
	}
}

static void
test_random(void)
{
	TAILQ_INIT(&q);
	nmodel = 0;
	memset(items, 0, sizeof(items));
	for (u_int i = 0; i < ROUNDS; i++) {
		step(&items[unit_random() % N]);
		check_model();
	}
}

/* The loop body may take the element away. */
static void
test_foreach_safe(void)
{
	struct item *it, *next;

	TAILQ_INIT(&q);
	for (u_int i = 0; i < N; i++)
		TAILQ_INSERT_TAIL(&q, &items[i], it_list);
	TAILQ_FOREACH_SAFE(it, &q, it_list, next) {
		TAILQ_REMOVE(&q, it, it_list);
		memset(it, 0xff, sizeof(*it));
	}
	CHECK(TAILQ_EMPTY(&q));
}

static void
test_initializer(void)
{
	static TAILQ_HEAD(, item) h = TAILQ_HEAD_INITIALIZER(h);

	CHECK(TAILQ_EMPTY(&h));
	TAILQ_INSERT_TAIL(&h, &items[0], it_list);
	CHECK(TAILQ_FIRST(&h) == &items[0]);
	CHECK(TAILQ_NEXT(&items[0], it_list) == NULL);
}

void
unit_main(void)
{
	RUN(test_random);
	RUN(test_foreach_safe);
	RUN(test_initializer);
}
