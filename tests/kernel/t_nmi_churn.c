/*
 * Handlers that come and go on every CPU, while every CPU takes NMIs.
 * What a handler's argument says of it is changed as soon as its removal
 * has returned: a call after that is seen.
 *
 * Each CPU sends itself NMIs.  With ktest_storm=SECONDS the host injects as
 * many as it can besides: it begins at "# storm", and never knows when we
 * have finished, so the handler that claims them stays for good.  They merge
 * with ours and with each other: what is exact are the counts of one CPU.
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

struct ch_cpu {
	volatile u_int cc_sending;	/* an NMI of ours is expected */
	volatile uint64_t cc_foreign;	/* came when none was */
	uint64_t cc_taken;		/* before the claiming handler was there */
};

static struct ch_thread ch_thread[MAXCPUS * CH_THREADS];
static struct ch_cpu ch_cpu[MAXCPUS];
static volatile u_int ch_stop, ch_rounds;

static int
ch_claim(const struct trapframe *tf __unused, void *arg __unused)
{
	struct ch_cpu *cc = &ch_cpu[cpu_number()];

	if (cc->cc_sending == 0)
		cc->cc_foreign++;
	return 1;
}

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

static bool
ch_self(void)
{
	int s = splhigh();
	struct ch_cpu *cc = &ch_cpu[cpu_number()];
	bool came;

	cc->cc_sending = 1;
	came = nt_send(curcpu());
	cc->cc_sending = 0;
	splx(s);
	return came;
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
		KT_CHECK(ch_self());
		KT_CHECK(ct->ct_calls != calls);
		nmi_disestablish(handle);
		ct->ct_state = 0xdead;
		atomic_inc_uint(&ch_rounds);
	}
}

static bool
ch_stormed(void)
{
	for (u_int i = 0; i < (u_int)ncpu; i++)
		if (ch_cpu[i].cc_foreign == 0)
			return false;
	return true;
}

static void
ch_run(u_int storm)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	u_int n = 0;

	ch_stop = ch_rounds = 0;
	memset(ch_thread, 0, sizeof(ch_thread));
	for (CPU_INFO_FOREACH(cii, ci))
		for (u_int i = 0; i < CH_THREADS; i++)
			kt_thread(PRI_USER, ci, ch_worker, &ch_thread[n++]);
	if (storm != 0)
		printf("# storm\n");
	kpause("ktest", false, storm != 0 ? (int)storm * hz : CH_TICKS, NULL);
	if (storm != 0)
		KT_CHECK(KT_WAIT(ch_stormed()));
	ch_stop = 1;
	kt_threads_join();
	KT_CHECK(ch_rounds >= n);
}

/* More may come while we look: every one so far was called and claimed. */
static void
ch_count(struct cpu_info *ci, const nmi_handler_t *claim)
{
	const volatile uint64_t *taken = &ci->ci_nmi.nc_taken.ev_count;
	const struct ch_cpu *cc = &ch_cpu[cpu_index(ci)];
	uint64_t before = *taken, calls, claims;

	KT_CHECK(KT_SPIN(!nmi_in_progress(ci)));
	claims = nt_claims(claim, cpu_index(ci));
	calls = nt_calls(claim, cpu_index(ci));
	KT_CHECK(claims >= before - cc->cc_taken);
	KT_CHECK(calls >= claims);
	KT_CHECK(calls <= *taken - cc->cc_taken);
	KT_CHECK(cc->cc_foreign <= calls);
	printf("# %s: %lu NMIs, %lu of them from outside\n", cpu_name(ci), calls,
	    cc->cc_foreign);
}

KTEST(nmi_churn, "all CPUs establish and remove handlers while all take NMIs, two removals at once")
{
	uint64_t unclaimed = nt_unclaimed();
	const u_int storm = kt_storm();
	nmi_handler_t *claim;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	size_t inuse;
	int n;

	memset(ch_cpu, 0, sizeof(ch_cpu));
	for (CPU_INFO_FOREACH(cii, ci))
		ch_cpu[cpu_index(ci)].cc_taken = ci->ci_nmi.nc_taken.ev_count;
	claim = nmi_establish(ch_claim, NULL);
	inuse = kmem_inuse();
	n = nmi_account_count();
	ch_run(storm);
	KT_CHECK(nmi_account_count() == n);
	KT_CHECK(kmem_inuse() == inuse);
	KT_CHECK(nt_unclaimed() == unclaimed);
	printf("# %u rounds\n", ch_rounds);
	for (CPU_INFO_FOREACH(cii, ci))
		ch_count(ci, claim);
	if (storm == 0)
		nmi_disestablish(claim);
}
