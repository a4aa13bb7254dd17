/* percpu(9): one instance a CPU, also for CPUs that come later. */

#include <sys/kmem.h>
#include <sys/lwp.h>
#include <sys/page.h>
#include <sys/percpu.h>
#include <machine/pmap.h>
#include "unit.h"

static u_int constructed, destroyed;	/* a bit a CPU */

static void
setup(void)
{
	page_init();
	page_add(1UL << 20, 8UL << 20);
	kmem_init();
	percpu_init();
	constructed = destroyed = 0;
}

static void
construct(void *p, void *cookie, struct cpu_info *ci)
{
	CHECK(cookie == &constructed && *(u_long *)p == 0);
	*(u_long *)p = 100 + cpu_index(ci);
	CHECK((constructed & 1U << cpu_index(ci)) == 0);
	constructed |= 1U << cpu_index(ci);
}

static void
destroy(void *p, void *cookie __unused, struct cpu_info *ci)
{
	CHECK(*(u_long *)p == 100 + cpu_index(ci));
	destroyed |= 1U << cpu_index(ci);
}

static void
sum(void *p, void *arg, struct cpu_info *ci __unused)
{
	*(u_long *)arg += *(u_long *)p;
}

static void
test_own_instance(void)
{
	percpu_t *pc;
	u_long *p, total = 0;

	setup();
	pc = percpu_alloc(sizeof(u_long));
	for (u_int i = 0; i < UNIT_NCPU; i++) {
		unit_cpu = &unit_cpus[i];
		p = percpu_getref(pc);
		CHECK(lwp0.l_nopreempt == 1);
		CHECK(*p == 0);
		CHECK(((uintptr_t)p & (COHERENCY_UNIT - 1)) == 0);
		*p = 1UL << (8 * i);
		percpu_putref(pc);
		CHECK(lwp0.l_nopreempt == 0);
	}
	percpu_foreach(pc, sum, &total);
	CHECK(total == 0x01010101);
	percpu_free(pc, sizeof(u_long));
}

/* Whoever writes all of his never reaches another's cache line. */
static void
test_large(void)
{
	percpu_t *pc;

	setup();
	for (size_t size = 1; size < 10000; size = size * 3 + 1) {
		pc = percpu_alloc(size);
		for (u_int i = 0; i < UNIT_NCPU; i++) {
			unit_cpu = &unit_cpus[i];
			memset(percpu_getref(pc), 0xff, size);
			percpu_putref(pc);
		}
		unit_cpu = &unit_cpus[0];
		percpu_free(pc, size);
	}
}

static void
test_late_cpu(void)
{
	percpu_t *pc;

	setup();
	ncpu = 2;
	pc = percpu_create(sizeof(u_long), construct, destroy, &constructed);
	CHECK(constructed == 0x3);
	percpu_init_cpu(&unit_cpus[2]);
	CHECK(constructed == 0x7);
	percpu_init_cpu(&unit_cpus[2]);		/* its start was tried again */
	ncpu = 3;
	unit_cpu = &unit_cpus[2];
	CHECK(*(u_long *)percpu_getref(pc) == 102);
	percpu_putref(pc);
	percpu_free(pc, sizeof(u_long));
	CHECK(destroyed == 0x7);
}

static void
test_free(void)
{
	size_t used = kmem_inuse();
	percpu_t *pc;

	setup();
	pc = percpu_alloc(24);
	CHECK(kmem_inuse() > used);
	CHECK_PANIC("percpu_free: 25 bytes, allocated 24", percpu_free(pc, 25));
	percpu_free(pc, 24);
	CHECK(kmem_inuse() == used);
	percpu_init_cpu(&unit_cpus[0]);		/* it is on no list any more */
	CHECK(kmem_inuse() == used);
	CHECK_PANIC("size > 0", (void)percpu_alloc(0));
}

void
unit_main(void)
{
	unit_ram = unit_memory(16UL << 20);
	RUN(test_own_instance);
	RUN(test_large);
	RUN(test_late_cpu);
	RUN(test_free);
}
