/* percpu(9) and evcnt(9). */

#include <sys/evcnt.h>
#include <sys/percpu.h>
#include <sys/xcall.h>
#include "ktest.h"

#define PC_ROUNDS	500

struct pc_data {
	u_long pc_count;
	u_int pc_cpu;
};

static percpu_t *pc_percpu;
static u_long pc_sum;
static u_int pc_visits;

static void
pc_inc(void *arg __unused)
{
	struct pc_data *pc;
	u_int i;

	for (i = 0; i < PC_ROUNDS; i++) {
		pc = percpu_getref(pc_percpu);
		KT_CHECK(kpreempt_disabled());
		pc->pc_count++;
		pc->pc_cpu = cpu_number();
		percpu_putref(pc_percpu);
		if (i % 100 == 0)
			yield();
	}
}

static void
pc_add(void *p, void *arg, struct cpu_info *ci)
{
	const struct pc_data *pc = p;

	KT_CHECK(arg == &pc_sum);
	KT_CHECK(pc->pc_count == 0 || pc->pc_cpu == cpu_index(ci));
	pc_sum += pc->pc_count;
	pc_visits++;
}

KTEST(percpu_count, "each CPU counts in its own instance, and the sum is right")
{
	u_int i, n = 2 * (u_int)ncpu;

	pc_sum = pc_visits = 0;
	pc_percpu = percpu_alloc(sizeof(struct pc_data));
	percpu_foreach(pc_percpu, pc_add, &pc_sum);
	KT_CHECK(pc_sum == 0 && pc_visits == (u_int)ncpu);
	for (i = 0; i < n; i++)
		kt_thread(PRI_USER, NULL, pc_inc, NULL);
	kt_threads_join();
	percpu_foreach(pc_percpu, pc_add, &pc_sum);
	KT_CHECK(pc_sum == (u_long)n * PC_ROUNDS);
	percpu_free(pc_percpu, sizeof(struct pc_data));
}

static void
pc_mark(void *arg1 __unused, void *arg2 __unused)
{
	struct pc_data *pc = percpu_getref(pc_percpu);

	pc->pc_count++;
	pc->pc_cpu = cpu_number();
	percpu_putref(pc_percpu);
}

KTEST(percpu_instances, "a cross-call finds the instance of its CPU")
{
	pc_sum = pc_visits = 0;
	pc_percpu = percpu_alloc(sizeof(struct pc_data));
	xc_wait(xc_broadcast(XC_HIGHPRI, pc_mark, NULL, NULL));
	xc_wait(xc_broadcast(0, pc_mark, NULL, NULL));
	percpu_foreach(pc_percpu, pc_add, &pc_sum);
	KT_CHECK(pc_sum == 2 * (u_long)ncpu);
	percpu_free(pc_percpu, sizeof(struct pc_data));
}

static struct evcnt pc_static = EVCNT_INITIALIZER(EVCNT_TYPE_MISC, NULL,
    "ktest", "static");
EVCNT_ATTACH_STATIC(pc_static);
static struct evcnt pc_dynamic;

static void
pc_find(const struct evcnt *ev, void *arg)
{
	if (strcmp(ev->ev_group, "ktest") == 0)
		*(u_int *)arg += ev == &pc_static ? 1 : 10;
}

KTEST(evcnt_attach, "counters are listed from attach to detach, by type")
{
	u_int seen = 0;

	evcnt_foreach(EVCNT_TYPE_ANY, pc_find, &seen);
	KT_CHECK(seen == 1);
	pc_dynamic.ev_count = 5;
	evcnt_attach_dynamic(&pc_dynamic, EVCNT_TYPE_INTR, NULL, "ktest",
	    "dynamic");
	KT_CHECK(pc_dynamic.ev_count == 0);
	seen = 0;
	evcnt_foreach(EVCNT_TYPE_ANY, pc_find, &seen);
	KT_CHECK(seen == 11);
	seen = 0;
	evcnt_foreach(EVCNT_TYPE_INTR, pc_find, &seen);
	KT_CHECK(seen == 10);
	evcnt_detach(&pc_dynamic);
	seen = 0;
	evcnt_foreach(EVCNT_TYPE_ANY, pc_find, &seen);
	KT_CHECK(seen == 1);
}
