/* kmem(9): memory comes and goes, and every misuse is named. */

#include <sys/kmem.h>
#include <sys/page.h>
#include <machine/pmap.h>
#include "unit.h"

#define RAM_SIZE	(8UL << 20)
#define NOBJ		300
#define ROUNDS		30000
#define MAXSIZE		9000

static struct obj {
	uint8_t *o_mem;
	size_t o_size;
} objs[NOBJ];

static size_t pages;		/* free ones at the start of a test */
static uint8_t *waiting_for;

static void
setup(void)
{
	page_init();
	page_add(1UL << 20, RAM_SIZE);
	kmem_init();
	pages = page_free_count();
}

static void
test_sizes(void)
{
	uint8_t *p;
	size_t used = kmem_inuse();

	setup();
	for (size_t size = 1; size <= MAXSIZE; size++) {
		p = kmem_alloc(size, KM_SLEEP);
		CHECK(((uintptr_t)p & 15) == 0);
		if (size >= KMEM_LINE_MIN)
			CHECK(((uintptr_t)p & (COHERENCY_UNIT - 1)) == 0);
		memset(p, 0xee, size);
		CHECK(kmem_inuse() == used + size);
		kmem_free(p, size);
	}
	CHECK(kmem_inuse() == used);
}

static void
test_zalloc(void)
{
	uint8_t *p;

	setup();
	for (size_t size = 1; size <= MAXSIZE; size += 7) {
		p = kmem_zalloc(size, KM_NOSLEEP);
		for (size_t i = 0; i < size; i++)
			CHECK(p[i] == 0);
		kmem_free(p, size);
	}
}

static void
step(u_int n)
{
	struct obj *o = &objs[n];

	if (o->o_mem != NULL) {
		for (size_t i = 0; i < o->o_size; i++)
			CHECK(o->o_mem[i] == (uint8_t)n);
		kmem_free(o->o_mem, o->o_size);
		o->o_mem = NULL;
		return;
	}
	o->o_size = unit_random() % (unit_random() % 8 == 0 ? MAXSIZE : 200) + 1;
	o->o_mem = kmem_alloc(o->o_size, KM_NOSLEEP);
	CHECK(o->o_mem != NULL);
	memset(o->o_mem, (int)n, o->o_size);
}

/* All pages come back but the few that each class keeps. */
static void
test_random(void)
{
	size_t used = kmem_inuse();

	setup();
	memset(objs, 0, sizeof(objs));
	for (u_int i = 0; i < ROUNDS; i++)
		step(unit_random() % NOBJ);
	for (u_int i = 0; i < NOBJ; i++)
		if (objs[i].o_mem != NULL)
			step(i);
	CHECK(kmem_inuse() == used);
	CHECK(page_free_count() + 40 >= pages);
}

static void
test_exhaustion(void)
{
	static void *all[RAM_SIZE / 1024];
	u_int n;

	setup();
	for (n = 0; (all[n] = kmem_alloc(1000, KM_NOSLEEP)) != NULL; n++)
		continue;
	CHECK(n > 5000 && page_free_count() == 0);
	CHECK(kmem_alloc(100000, KM_NOSLEEP) == NULL);
	CHECK(kmem_zalloc(1, KM_NOSLEEP) == NULL);
	while (n > 0)
		kmem_free(all[--n], 1000);
	CHECK(page_free_count() + 2 >= pages);
	CHECK(kmem_alloc(RAM_SIZE, KM_NOSLEEP) == NULL);
	CHECK(kmem_alloc((size_t)-1, KM_NOSLEEP) == NULL);
	CHECK(kmem_alloc((size_t)1 << 40, KM_NOSLEEP) == NULL);
}

static void
give_back(void)
{
	kmem_free(waiting_for, RAM_SIZE / 2 - PAGE_SIZE);
}

static void
test_sleep(void)
{
	size_t size = RAM_SIZE / 2 - PAGE_SIZE;
	void *p;

	setup();
	waiting_for = kmem_alloc(size, KM_SLEEP);
	CHECK(kmem_alloc(size, KM_NOSLEEP) == NULL);
	unit_kpause_hook = give_back;
	p = kmem_alloc(size, KM_SLEEP);
	CHECK(p == waiting_for);
	CHECK_PANIC("no such memory", (void)kmem_alloc(1UL << 40, KM_SLEEP));
	/* Less than all there is, but there never was such a run. */
	CHECK_PANIC("no such memory", (void)kmem_alloc(RAM_SIZE / 2 + PAGE_SIZE,
	    KM_SLEEP));
	cold = true;
	CHECK_PANIC("no such memory", (void)kmem_alloc(size, KM_SLEEP));
}

static void
test_double_free(void)
{
	static const size_t sizes[] = { 1, 24, 100, 1960, 1961, 5000 };
	void *p;

	setup();
	for (u_int i = 0; i < __arraycount(sizes); i++) {
		p = kmem_alloc(sizes[i], KM_SLEEP);
		kmem_free(p, sizes[i]);
		CHECK_PANIC("already free", kmem_free(p, sizes[i]));
	}
}

static void
test_wrong_size(void)
{
	char want[64];
	void *p;

	setup();
	p = kmem_alloc(100, KM_SLEEP);
	snprintf(want, sizeof(want), "kmem_free(%p, 99): allocated with size 100", p);
	CHECK_PANIC(want, kmem_free(p, 99));
	CHECK_PANIC("allocated with size 100", kmem_free(p, 5000));
	CHECK_PANIC("size 0", kmem_free(p, 0));
	kmem_free(p, 100);
	p = kmem_alloc(5000, KM_SLEEP);
	CHECK_PANIC("allocated with size 5000", kmem_free(p, 100));
	kmem_free(p, 5000);
}

static void
test_wrong_pointer(void)
{
	uint8_t *p;

	setup();
	p = kmem_zalloc(200, KM_SLEEP);
	CHECK_PANIC("not from kmem_alloc", kmem_free(p + 1, 200));
	CHECK_PANIC("not from kmem_alloc", kmem_free(p + 16, 184));
	CHECK_PANIC("not from kmem_alloc", kmem_free(NULL, 8));
	kmem_free(p, 200);
}

/* The cookie belongs to its address: a copy of all of it is no chunk. */
static void
test_copied_chunk(void)
{
	uint8_t *p, *q;

	setup();
	p = kmem_zalloc(64, KM_SLEEP);
	q = kmem_zalloc(200, KM_SLEEP);
	memcpy(q, p - 16, 96);
	CHECK_PANIC("not from kmem_alloc", kmem_free(q + 16, 64));
}

/* A page that comes and goes with one object would cost a memset each time. */
static void
test_spare_pages(void)
{
	size_t n;
	void *p;

	setup();
	kmem_free(kmem_alloc(100, KM_SLEEP), 100);
	n = page_free_count();
	for (u_int i = 0; i < 10; i++) {
		p = kmem_alloc(100, KM_SLEEP);
		CHECK(page_free_count() == n);
		kmem_free(p, 100);
		CHECK(page_free_count() == n);
	}
}

/* One byte beyond, or one before: where a wrong loop ends. */
static void
test_redzone(void)
{
	static const size_t sizes[] = { 1, 8, 40, 100, 1959, 1960, 3000, 4024, 9000 };
	uint8_t *p;

	setup();
	for (u_int i = 0; i < __arraycount(sizes); i++) {
		p = kmem_alloc(sizes[i], KM_SLEEP);
		p[sizes[i]] ^= 1;
		CHECK_PANIC("redzone overwritten", kmem_free(p, sizes[i]));
		p = kmem_alloc(sizes[i], KM_SLEEP);
		p[sizes[i] + 7] = 0;
		CHECK_PANIC("redzone overwritten", kmem_free(p, sizes[i]));
		p = kmem_alloc(sizes[i], KM_SLEEP);
		p[-1] ^= 1;
		CHECK_PANIC("header is overwritten", kmem_free(p, sizes[i]));
	}
}

static void
test_write_after_free(void)
{
	char want[80];
	uint8_t *p;

	setup();
	p = kmem_alloc(60, KM_SLEEP);
	kmem_free(p, 60);
	p[33] = 0;
	snprintf(want, sizeof(want), "%p modified after free at +33", (void *)p);
	CHECK_PANIC(want, (void)kmem_alloc(60, KM_SLEEP));
	p = kmem_alloc(60, KM_SLEEP);
	kmem_free(p, 60);
	p[-3] = 0;
	CHECK_PANIC("modified after free", (void)kmem_alloc(60, KM_SLEEP));
}

static void
test_poison(void)
{
	uint8_t *p;

	setup();
	p = kmem_alloc(48, KM_SLEEP);
	memset(p, 0, 48);
	kmem_free(p, 48);
	for (u_int i = 0; i < 48; i++)
		CHECK(p[i] == 0xdb);
	p = kmem_alloc(5000, KM_SLEEP);
	memset(p, 0, 5000);
	kmem_free(p, 5000);
	CHECK(p[100] == 0xdb && p[4999] == 0xdb);
}

static void
test_contexts(void)
{
	void *p;

	setup();
	CHECK_PANIC("size 0", (void)kmem_alloc(0, KM_SLEEP));
	CHECK_PANIC("flags", (void)kmem_alloc(8, 0));
	CHECK_PANIC("flags", (void)kmem_alloc(8, KM_SLEEP | KM_NOSLEEP));
	unit_cpu->ci_intr_depth = 1;
	CHECK_PANIC("interrupt context", (void)kmem_alloc(8, KM_NOSLEEP));
	CHECK_PANIC("interrupt context", (void)kmem_zalloc(8, KM_NOSLEEP));
	CHECK_PANIC("would sleep", (void)kmem_intr_alloc(8, KM_SLEEP));
	p = kmem_intr_zalloc(8, KM_NOSLEEP);
	CHECK(p != NULL);
	CHECK_PANIC("interrupt context", kmem_free(p, 8));
	kmem_intr_free(p, 8);
	unit_cpu->ci_in_nmi = true;
	CHECK_PANIC("nmi: called", (void)kmem_intr_alloc(8, KM_NOSLEEP));
	CHECK_PANIC("nmi: called", kmem_intr_free(p, 8));
}

void
unit_main(void)
{
	unit_ram = unit_memory(RAM_SIZE * 2);
	RUN(test_sizes);
	RUN(test_zalloc);
	RUN(test_random);
	RUN(test_exhaustion);
	RUN(test_sleep);
	RUN(test_double_free);
	RUN(test_wrong_size);
	RUN(test_wrong_pointer);
	RUN(test_copied_chunk);
	RUN(test_spare_pages);
	RUN(test_redzone);
	RUN(test_write_after_free);
	RUN(test_poison);
	RUN(test_contexts);
}
