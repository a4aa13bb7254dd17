/*
 * Handlers that come and go on every CPU, while every CPU takes NMIs: each
 * sends itself some; in a storm (storm.c) the host injects more.
 * What a handler's argument says of it is changed as soon as its removal
 * has returned: a call after that is seen.
 */

#include <sys/kmem.h>
#include "nmitest.h"

#define CH_TICKS	(1 * hz)
#define CH_THREADS	2	/* a CPU */
#define CH_ALIVE	0xa11fe

struct ch_thread {
	volatile u_int ct_state;
	volatile u_int ct_calls;
};

static struct ch_thread ch_thread[MAXCPUS * CH_THREADS];
static volatile u_int ch_stop, ch_rounds;

static int
ch_handler(const struct trapframe *tf, void *arg)
{
	struct ch_thread *ct = arg;

	KT_CHECK(ct->ct_state == CH_ALIVE);
	KT_CHECK(tf->tf_trapno == 2);
	for (u_int i = 0; i < 20; i++)
		x86_pause();
	KT_CHECK(ct->ct_state == CH_ALIVE);
	atomic_inc_uint(&ct->ct_calls);
	return 0;
}

static void
ch_worker(void *arg)
{
	struct ch_thread *ct = arg;
	nmi_handler_t *handle;
	u_int calls;

	while (ch_stop == 0) {
		ct->ct_state = CH_ALIVE;
		calls = ct->ct_calls;
		handle = nmi_establish(ch_handler, ct);
		KT_ASSERT(handle != NULL);
		KT_CHECK(nt_self());
		KT_CHECK(ct->ct_calls != calls);
		nmi_disestablish(handle);
		ct->ct_state = 0xdead;
		atomic_inc_uint(&ch_rounds);
	}
}

/* Whoever begins has a handler that claims. */
void
nt_churn_begin(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	u_int n = 0;

	ch_stop = ch_rounds = 0;
	memset(ch_thread, 0, sizeof(ch_thread));
	for (CPU_INFO_FOREACH(cii, ci))
		for (u_int i = 0; i < CH_THREADS; i++)
			kt_thread(PRI_USER, ci, ch_worker, &ch_thread[n++]);
}

void
nt_churn_end(void)
{
	KT_CHECK(KT_WAIT(ch_rounds >= (u_int)ncpu * CH_THREADS));
	ch_stop = 1;
	kt_threads_join();
	printf("# %u rounds\n", ch_rounds);
}

KTEST(nmi_churn, "all CPUs establish and remove handlers while all take NMIs, two removals at once")
{
	uint64_t unclaimed = nt_unclaimed(), taken[MAXCPUS];
	nmi_handler_t *claim;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	size_t inuse;
	int n;

	for (CPU_INFO_FOREACH(cii, ci))
		taken[cpu_index(ci)] = ci->ci_nmi.nc_taken.ev_count;
	claim = nmi_establish(nt_claim, NULL);
	inuse = kmem_inuse();
	n = nmi_account_count();
	nt_churn_begin();
	kpause("ktest", false, CH_TICKS, NULL);
	nt_churn_end();
	KT_CHECK(nmi_account_count() == n);
	KT_CHECK(kmem_inuse() == inuse);
	KT_CHECK(nt_unclaimed() == unclaimed);
	for (CPU_INFO_FOREACH(cii, ci)) {
		const uint64_t calls = nt_calls(claim, cpu_index(ci));

		KT_CHECK(ci->ci_nmi.nc_taken.ev_count - taken[cpu_index(ci)] == calls);
		KT_CHECK(nt_claims(claim, cpu_index(ci)) == calls);
	}
	nmi_disestablish(claim);
}
