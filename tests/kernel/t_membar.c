/* membar_ops(3), between two CPUs. */

#include "ktest.h"

#define MB_MESSAGES	20000
#define MB_ROUNDS	2000

static volatile u_int mb_data, mb_flag, mb_reader;
static volatile u_int mb_mine[2], mb_saw[2], mb_done[2], mb_next[2];

static void
mb_produce(void *arg __unused)
{
	u_int i;

	KT_CHECK(KT_SPIN(mb_reader != 0));
	for (i = 1; i <= MB_MESSAGES; i++) {
		mb_data = i;
		membar_producer();
		mb_flag = i;
	}
}

static void
mb_consume(void *arg __unused)
{
	uint64_t start = uptime_us();
	u_int flag;

	mb_reader = 1;
	do {
		flag = mb_flag;
		membar_consumer();
		KT_CHECK(mb_data >= flag);
	} while (flag != MB_MESSAGES && uptime_us() - start < 60000000);
	KT_CHECK(flag == MB_MESSAGES);
}

KTEST(membar_message, "who sees the flag sees what was written before it")
{
	if (ncpu == 1)
		KT_SKIP("two CPUs");
	mb_data = mb_flag = mb_reader = 0;
	kt_thread(PRI_NONE, cpu_lookup(0), mb_produce, NULL);
	kt_thread(PRI_NONE, cpu_lookup(1), mb_consume, NULL);
	kt_threads_join();
}

/* Both write, then look at the other's: without the fence both may be late. */
static void
mb_cross(void *arg)
{
	u_int me = (u_int)(uintptr_t)arg, i;

	for (i = 1; i <= MB_ROUNDS; i++) {
		mb_mine[me] = i;
		membar_sync();
		mb_saw[me] = mb_mine[!me];
		membar_release();
		mb_done[me] = i;
		if (!KT_SPIN(mb_done[!me] >= i)) {
			KT_CHECK(mb_done[!me] >= i);
			return;
		}
		membar_acquire();
		KT_CHECK(mb_saw[0] == i || mb_saw[1] == i);
		membar_exit();
		mb_next[me] = i;
		KT_CHECK(KT_SPIN(mb_next[!me] >= i));
		membar_enter();
	}
}

KTEST(membar_sync, "of two that write and then read one sees the other's")
{
	if (ncpu == 1)
		KT_SKIP("two CPUs");
	memset(__UNVOLATILE(mb_mine), 0, sizeof(mb_mine));
	memset(__UNVOLATILE(mb_done), 0, sizeof(mb_done));
	memset(__UNVOLATILE(mb_next), 0, sizeof(mb_next));
	kt_thread(PRI_NONE, cpu_lookup(0), mb_cross, (void *)0);
	kt_thread(PRI_NONE, cpu_lookup(1), mb_cross, (void *)1);
	kt_threads_join();
}
