/* atomic_ops(3): what each returns and leaves. */

#include <sys/atomic.h>
#include "unit.h"

static void
test_add(void)
{
	volatile uint32_t v32 = 5;
	volatile uint64_t v64 = 5;
	volatile u_int vi = UINT_MAX;
	volatile u_long vl = 0;

	atomic_add_32(&v32, -7);
	CHECK(v32 == (uint32_t)-2);
	CHECK(atomic_add_64_nv(&v64, 1L << 40) == (1UL << 40) + 5);
	CHECK(atomic_inc_uint_nv(&vi) == 0);
	CHECK(atomic_dec_ulong_nv(&vl) == ULONG_MAX);
	atomic_inc_ulong(&vl);
	CHECK(vl == 0);
	atomic_dec_uint(&vi);
	CHECK(vi == UINT_MAX);
}

static void
test_swap_cas(void)
{
	volatile u_int v = 1;
	int a, b;
	void *volatile p = &a;

	CHECK(atomic_swap_uint(&v, 2) == 1 && v == 2);
	CHECK(atomic_cas_uint(&v, 1, 3) == 2 && v == 2);
	CHECK(atomic_cas_uint(&v, 2, 3) == 2 && v == 3);
	CHECK(atomic_cas_ptr(&p, &b, NULL) == &a && p == &a);
	CHECK(atomic_cas_ptr(&p, &a, &b) == &a && p == &b);
	CHECK(atomic_swap_ptr(&p, NULL) == &b && p == NULL);
}

static void
test_bits(void)
{
	volatile u_int v = 0x0f;
	volatile uint64_t w = 1;

	atomic_or_uint(&v, 0xf0);
	CHECK(v == 0xff);
	atomic_and_uint(&v, ~0x11U);
	CHECK(v == 0xee);
	atomic_or_64(&w, 1UL << 63);
	CHECK(w == ((1UL << 63) | 1));
}

static void
test_load_store(void)
{
	volatile int v = 1;
	int *p = NULL, x;

	CHECK(atomic_load_relaxed(&v) == 1);
	atomic_store_relaxed(&v, 2);
	CHECK(atomic_load_acquire(&v) == 2);
	atomic_store_release(&p, &x);
	CHECK(atomic_load_consume(&p) == &x);
}

void
unit_main(void)
{
	RUN(test_add);
	RUN(test_swap_cas);
	RUN(test_bits);
	RUN(test_load_store);
}
