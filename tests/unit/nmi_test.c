/*
 * nmi.c on the host.  NMIs are signals, CPUs are threads: they hit a thread
 * in the middle of establishing and removing, and several at once.
 *
 * Built with ASan and UBSan, with TSan, and with the do-nothing nmivar.h of
 * dropin/; what is only counted by the other one is checked by nmi_note.c.
 */

#include <sys/atomic.h>
#include <x86/nmi.h>
#include "unit.h"
#include "nmi_host.h"
#include "nmi_note.h"
#include "nmi_shim.h"

#define ALIVE		0xa11fe
#define STORM_THREADS	8
#define STORM_ROUNDS	400

/* What a handler's argument points at; gone when its removal returns. */
struct driver {
	u_int d_alive;
	int d_value;
	volatile u_int d_calls;
	volatile u_int d_order;		/* of its last call */
};

static volatile u_int order, bad;

static int
handler(const struct trapframe *tf, void *arg)
{
	struct driver *d = arg;

	if (tf != NULL || d->d_alive != ALIVE)
		atomic_inc_uint(&bad);
	atomic_inc_uint(&d->d_calls);
	atomic_store_relaxed(&d->d_order, atomic_inc_uint_nv(&order));
	return d->d_value;
}

static void
setup(void)
{
	nmi_init();
	shim_no_memory = false;
	order = bad = 0;
}

static struct driver
driver(int value)
{
	return (struct driver){ .d_alive = ALIVE, .d_value = value };
}

static void
test_none(void)
{
	setup();
	CHECK(shim_nmi() == 0);
}

static void
test_null(void)
{
	u_int memory = shim_memory;

	setup();
	CHECK(nmi_establish(NULL, unit_cpus) == NULL);
	CHECK(shim_memory == memory);
}

static void
test_no_memory(void)
{
	struct driver d = driver(1);
	nmi_handler_t *h;

	setup();
	shim_no_memory = true;
	CHECK(nmi_establish(handler, &d) == NULL);
	CHECK(shim_nmi() == 0 && d.d_calls == 0);
	shim_no_memory = false;
	CHECK((h = nmi_establish(handler, &d)) != NULL);
	CHECK(shim_nmi() != 0 && d.d_calls == 1);
	nmi_disestablish(h);
}

/* Newest first, none left out, whoever claims. */
static void
test_every_handler(void)
{
	struct driver d[4] = { driver(0), driver(1), driver(0), driver(1) };
	nmi_handler_t *h[4];
	u_int memory = shim_memory;

	setup();
	for (u_int i = 0; i < 4; i++)
		h[i] = nmi_establish(handler, &d[i]);
	CHECK(shim_nmi() != 0);
	for (u_int i = 0; i < 4; i++)
		CHECK(d[i].d_calls == 1 && d[i].d_order == 4 - i);
	nmi_disestablish(h[1]);		/* in the middle, */
	CHECK(shim_nmi() != 0 && d[1].d_calls == 1 && d[3].d_calls == 2);
	nmi_disestablish(h[3]);		/* the head, */
	CHECK(shim_nmi() == 0 && d[3].d_calls == 2 && d[0].d_calls == 3);
	nmi_disestablish(h[0]);		/* the tail, */
	CHECK(shim_nmi() == 0 && d[0].d_calls == 3 && d[2].d_calls == 4);
	nmi_disestablish(h[2]);		/* the only one */
	CHECK(shim_nmi() == 0 && d[2].d_calls == 4);
	CHECK(shim_memory == memory && bad == 0);
}

static void
test_any_nonzero(void)
{
	static const int values[] = { 1, -1, 2, 0x100, INT_MIN, INT_MAX };
	struct driver d;
	nmi_handler_t *h;

	setup();
	for (u_int i = 0; i < __arraycount(values); i++) {
		d = driver(values[i]);
		h = nmi_establish(handler, &d);
		CHECK(shim_nmi() != 0);
		nmi_disestablish(h);
	}
}

static void
test_no_such_handler(void)
{
	struct driver d = driver(1);
	nmi_handler_t *h, *keep;
	u_int memory = shim_memory;

	setup();
	keep = nmi_establish(handler, &d);
	CHECK_PANIC("nmi_disestablish: no such handler", nmi_disestablish(NULL));
	CHECK_PANIC("nmi_disestablish: no such handler",
	    nmi_disestablish((nmi_handler_t *)(void *)&d));
	h = nmi_establish(handler, &d);
	nmi_disestablish(h);
	CHECK_PANIC("nmi_disestablish: no such handler", nmi_disestablish(h));
	CHECK(shim_nmi() != 0 && d.d_calls == 1);	/* nothing has changed */
	nmi_disestablish(keep);
	CHECK(shim_memory == memory);
}

/* A CPU may be in the handler for ever: what it reads must stay. */
static void
test_panic_frees_nothing(void)
{
	struct driver d = driver(1);
	u_int memory = shim_memory;
	nmi_handler_t *h;

	setup();
	h = nmi_establish(handler, &d);
	panicstr = "test";
	nmi_disestablish(h);
	panicstr = NULL;
	CHECK(shim_memory == memory + 1);
	CHECK(shim_nmi() == 0 && d.d_calls == 0);
	nmi_host_free(shim_newest);	/* on no list any more */
	atomic_dec_uint(&shim_memory);
}

void
nmi_host_entry(void)
{
	(void)shim_nmi();
}

/* The record and the argument die as soon as the removal returns. */
static void
storm(u_int n)
{
	struct driver *d;
	nmi_handler_t *h;

	shim_thread(n + 1);
	for (u_int i = 0; i < STORM_ROUNDS; i++) {
		d = nmi_host_alloc(sizeof(*d));
		*d = driver((int)(n % 2));
		h = nmi_establish(handler, d);
		nmi_host_self();
		if (atomic_load_relaxed(&d->d_calls) == 0)
			atomic_inc_uint(&bad);
		nmi_disestablish(h);
		d->d_alive = 0;
		nmi_host_free(d);
	}
}

static void
test_storm(void)
{
	u_int memory = shim_memory;

	setup();
	nmi_host_init();
	nmi_host_storm(STORM_THREADS, storm);
	CHECK(bad == 0);
	CHECK(shim_memory == memory);
	CHECK(shim_nmi() == 0);
}

void
unit_main(void)
{
	RUN(test_none);
	RUN(test_null);
	RUN(test_no_memory);
	RUN(test_every_handler);
	RUN(test_any_nonzero);
	RUN(test_no_such_handler);
	RUN(test_panic_frees_nothing);
	RUN(test_storm);
	nmi_note_main();
}
