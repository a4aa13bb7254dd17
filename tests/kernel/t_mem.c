/* The page allocator and kmem(9), to the last page; commands that find none. */

#include <sys/kmem.h>
#include <sys/page.h>
#include <sys/xcall.h>
#include <machine/pmap.h>
#include <console/shell.h>
#include "ktest.h"

#define ME_MAXORDER	5
#define ME_OBJS		200
#define ME_THREADS	6
#define ME_ROUNDS	400
#define ME_LWPS		1000	/* more than stacks were ever made */

struct me_page {
	struct me_page *mp_next;
};

static struct me_page *me_hoard;	/* pages taken to leave none */
static volatile u_int me_go, me_got;
static void *me_obj[ME_OBJS];
static struct lwp *me_lwp[ME_LWPS];

static void
me_take_all(void)
{
	struct me_page *p;

	while ((p = page_alloc(0)) != NULL) {
		p->mp_next = me_hoard;
		me_hoard = p;
	}
}

static size_t
me_give_back(size_t max)
{
	struct me_page *p;
	size_t n;

	for (n = 0; n < max && (p = me_hoard) != NULL; n++) {
		me_hoard = p->mp_next;
		page_free(p, 0);
	}
	return n;
}

KTEST(page_orders, "runs are aligned to their size, apart, and come back whole")
{
	void *run[ME_MAXORDER + 1];
	size_t before = page_free_count();
	u_int o;
	size_t i;

	KT_CHECK(before > 0 && before <= page_total_count());
	for (o = 0; o <= ME_MAXORDER; o++) {
		KT_ASSERT((run[o] = page_alloc(o)) != NULL);
		KT_CHECK((vaddr_t)run[o] % ((vaddr_t)PAGE_SIZE << o) == 0);
		memset(run[o], (int)o + 1, (size_t)PAGE_SIZE << o);
	}
	for (o = 0; o <= ME_MAXORDER; o++) {
		for (i = 0; i < (size_t)PAGE_SIZE << o; i += PAGE_SIZE / 2)
			KT_CHECK(((u_char *)run[o])[i] == o + 1);
		page_free(run[o], o);
	}
	KT_CHECK(KT_WAIT(page_free_count() == before));
}

KTEST(page_exhaustion, "the last page is followed by NULL, and all are there again")
{
	size_t before = page_free_count(), n;

	me_take_all();
	KT_CHECK(page_alloc(0) == NULL);
	KT_CHECK(page_alloc(3) == NULL);
	KT_CHECK(page_free_count() == 0);
	n = me_give_back((size_t)-1);
	KT_CHECK(n > 0 && n <= before);
	KT_CHECK(page_free_count() == before);
}

KTEST(stack_no_memory, "a stack that cannot be had takes no page with it")
{
	size_t before = page_free_count();
	vaddr_t va;

	if ((va = pmap_stack_alloc(PAGE_SIZE)) == 0)
		KT_SKIP("not even one page of memory");
	/* The tables of the next stacks' addresses are there now, most likely. */
	me_take_all();
	KT_CHECK(me_give_back(2) == 2);
	KT_CHECK(pmap_stack_alloc(4 * PAGE_SIZE) == 0);
	KT_CHECK(page_free_count() + 1 >= 2);	/* one more table at most */
	me_give_back((size_t)-1);
	va = pmap_stack_alloc(4 * PAGE_SIZE);
	KT_CHECK(va != 0 && *(uint64_t *)va == 0);
	KT_CHECK(page_free_count() + 5 + 2 >= before);
}

KTEST(kmem_sizes, "every size is aligned, zeroed when asked, and apart from its neighbours")
{
	static const size_t sizes[] = { 1, 7, 16, 17, 64, 100, 128, 1000, 2048,
		4095, 4096, 4097, 10000, 65536 };
	u_char *p[__arraycount(sizes)];
	size_t inuse = kmem_inuse(), j;
	u_int i;

	for (i = 0; i < __arraycount(sizes); i++) {
		p[i] = kmem_zalloc(sizes[i], KM_SLEEP);
		KT_CHECK((vaddr_t)p[i] % 16 == 0);
		for (j = 0; j < sizes[i]; j++)
			KT_CHECK(p[i][j] == 0);
		memset(p[i], (int)i + 1, sizes[i]);
	}
	for (i = 0; i < __arraycount(sizes); i++) {
		for (j = 0; j < sizes[i]; j++)
			KT_CHECK(p[i][j] == i + 1);
		kmem_free(p[i], sizes[i]);
	}
	KT_CHECK(kmem_inuse() == inuse);
}

static void
me_worker(void *arg)
{
	u_int me = (u_int)(uintptr_t)arg, i;
	size_t size;
	u_char *p;

	for (i = 0; i < ME_ROUNDS; i++) {
		size = 1 + (i * 37 + me * 101) % 3000;
		p = kmem_alloc(size, KM_SLEEP);
		memset(p, (int)me, size);
		if (i % 50 == 0)
			yield();
		KT_CHECK(p[0] == me && p[size - 1] == me);
		kmem_free(p, size);
	}
}

KTEST(kmem_concurrent, "threads on all CPUs allocate and free without harm")
{
	size_t inuse = kmem_inuse();
	uintptr_t i;

	for (i = 0; i < ME_THREADS; i++)
		kt_thread(PRI_NONE, NULL, me_worker, (void *)i);
	kt_threads_join();
	KT_CHECK(KT_WAIT(kmem_inuse() == inuse));
}

/* Fill up what is left inside of kmem's own pages. */
static u_int
me_drain(size_t size)
{
	u_int n;

	for (n = 0; n < ME_OBJS; n++) {
		if ((me_obj[n] = kmem_alloc(size, KM_NOSLEEP)) == NULL)
			break;
	}
	return n;
}

KTEST(kmem_nosleep, "without memory KM_NOSLEEP returns NULL, and works again after")
{
	u_int n;
	void *p;

	me_take_all();
	n = me_drain(3 * PAGE_SIZE);
	KT_CHECK(n < ME_OBJS);
	KT_CHECK(kmem_alloc(3 * PAGE_SIZE, KM_NOSLEEP) == NULL);
	me_give_back((size_t)-1);
	while (n-- > 0)
		kmem_free(me_obj[n], 3 * PAGE_SIZE);
	KT_ASSERT((p = kmem_alloc(3 * PAGE_SIZE, KM_NOSLEEP)) != NULL);
	kmem_free(p, 3 * PAGE_SIZE);
}

static void
me_sleeper(void *arg __unused)
{
	void *p;

	KT_CHECK(KT_WAIT(me_go != 0));
	me_go = 2;
	p = kmem_alloc(PAGE_SIZE * 2, KM_SLEEP);
	KT_CHECK(p != NULL);
	me_got = 1;
	kmem_free(p, PAGE_SIZE * 2);
}

KTEST(kmem_sleep, "without memory KM_SLEEP waits until somebody frees some")
{
	u_int n;

	me_got = me_go = 0;
	kt_thread(PRI_NONE, NULL, me_sleeper, NULL);
	me_take_all();
	n = me_drain(PAGE_SIZE * 2);
	me_go = 1;
	KT_CHECK(KT_WAIT(me_go == 2));
	kpause("ktest", false, 5, NULL);
	KT_CHECK(me_got == 0);
	me_give_back((size_t)-1);
	while (n-- > 0)
		kmem_free(me_obj[n], PAGE_SIZE * 2);
	KT_CHECK(KT_WAIT(me_got == 1));
	kt_threads_join();
}

static void
me_in_interrupt(void *arg1 __unused, void *arg2 __unused)
{
	u_char *p = kmem_intr_alloc(100, KM_NOSLEEP);
	u_char *q = kmem_intr_zalloc(3 * PAGE_SIZE, KM_NOSLEEP);
	size_t i;

	KT_ASSERT(p != NULL && q != NULL);
	memset(p, 1, 100);
	for (i = 0; i < 3 * PAGE_SIZE; i++)
		KT_CHECK(q[i] == 0);
	memset(q, 2, 3 * PAGE_SIZE);
	KT_CHECK(p[0] == 1 && p[99] == 1);
	kmem_intr_free(p, 100);
	kmem_intr_free(q, 3 * PAGE_SIZE);
}

static void
me_none_in_interrupt(void *arg1 __unused, void *arg2 __unused)
{
	KT_CHECK(kmem_intr_alloc(3 * PAGE_SIZE, KM_NOSLEEP) == NULL);
	KT_CHECK(kmem_intr_zalloc(3 * PAGE_SIZE, KM_NOSLEEP) == NULL);
}

KTEST(kmem_intr, "interrupt handlers on all CPUs get memory, or NULL when there is none")
{
	size_t inuse = kmem_inuse();

	xc_wait(xc_broadcast(XC_HIGHPRI, me_in_interrupt, NULL, NULL));
	KT_CHECK(kmem_inuse() == inuse);
	me_take_all();
	xc_wait(xc_broadcast(XC_HIGHPRI, me_none_in_interrupt, NULL, NULL));
	me_give_back((size_t)-1);
	xc_wait(xc_broadcast(XC_HIGHPRI, me_in_interrupt, NULL, NULL));
	KT_CHECK(kmem_inuse() == inuse);
}

static void
me_command(const char *command)
{
	char line[64];

	strlcpy(line, command, sizeof(line));
	shell_run(line);
}

static void
me_nothing(void *arg __unused)
{
}

/* Up to max of them. */
static u_int
me_take_threads(struct lwp **lwps, u_int max)
{
	u_int n;

	for (n = 0; n < max; n++)
		if (kthread_create(PRI_NONE, KTHREAD_IDLE | KTHREAD_MUSTJOIN, NULL,
		    me_nothing, NULL, &lwps[n], "spare%u", n) != 0)
			break;
	return n;
}

static void
me_free_thread(struct lwp *l)
{
	lwp_start(l);
	(void)kthread_join(l);
}

/* The scenario that runs these tests looks for the answers. */
KTEST(shell_nomem, "commands that find no memory say so and leave nothing behind")
{
	size_t inuse = kmem_inuse();
	u_int n = me_take_threads(me_lwp, 1);

	KT_ASSERT(n == 1);
	me_take_all();
	n += me_take_threads(me_lwp + 1, ME_LWPS - 1);
	KT_CHECK(n < ME_LWPS);
	me_command("dmesg");
	me_command("sysctl kern.msgbuf");
	me_command("crashme deadlock");
	me_command("crashme wedge 0 1");
	me_command("watchdog arm ib700");
	me_free_thread(me_lwp[--n]);
	me_command("crashme deadlock");		/* one of the two can be made */
	while (n > 0)
		me_free_thread(me_lwp[--n]);
	me_give_back((size_t)-1);
	KT_CHECK(KT_WAIT(kmem_inuse() == inuse));
}
