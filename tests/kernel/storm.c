/*
 * Storms: a kind of handler is established, the host injects NMIs as fast as
 * it can, and the operator's console goes on.  ktest_console=1 gives it the
 * command
 *
 *	storm KIND	begin: count, int3, fault, unwind or churn
 *	storm		what has come so far
 *	storm end	the host has stopped: remove, and see that all adds up
 *
 * Injected NMIs merge with each other and reach every CPU: how many were
 * sent says nothing.  What is exact are the counts of one CPU.
 */

#include <sys/console.h>
#include <sys/kmem.h>
#include <sys/page.h>
#include <sys/xcall.h>
#include "nmitest.h"

#define ST_SPINS	200	/* after an exception: room for a nested one */
#define ST_OWN		16	/* in every so many calls we send that one */
#define ST_CANARY	0xdecafbad5eed0000UL

struct st_kind {
	const char *sk_name;
	void (*sk_exception)(void);	/* of its handler; may be NULL */
	bool sk_nests;			/* its iret lets NMIs in */
	void (*sk_begin)(void);		/* what goes on besides; may be NULL */
	void (*sk_end)(void);
};

/* Only ever written by its CPU's handler, or before it is established. */
struct st_cpu {
	u_int sc_depth;
	bool sc_across;		/* a trace went through the NMI's frame */
	uint64_t sc_seen;	/* calls of the handler */
	uint64_t sc_again;	/* of them, for what was latched */
	uint64_t sc_taken, sc_latched, sc_absorbed;	/* before the storm */
};

static struct st_cpu st_cpu[MAXCPUS];
static const struct st_kind *st_now;
static nmi_handler_t *st_handle;
static uint64_t st_unclaimed;
static size_t st_inuse, st_pages;

/* Every CPU has a trace of its own: no buffer is shared. */
static void
st_trace_line(const char *fmt, ...)
{
	char line[80];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (strcmp(line, "--- trap (number 2) ---\n") == 0)
		st_cpu[cpu_number()].sc_across = true;
}

static __noinline void
st_unwind(void)
{
	struct st_cpu *sc = &st_cpu[cpu_number()];

	sc->sc_across = false;
	stack_trace((vaddr_t)st_unwind + 1,
	    (vaddr_t)__builtin_frame_address(0), st_trace_line);
	KT_CHECK(sc->sc_across);
}

/* Here the host's nest, too; but how many is the host's affair. */
static void
st_nest(const struct st_cpu *sc)
{
	if (sc->sc_seen % ST_OWN == 0)
		lapic_send_nmi(curcpu()->ci_apicid);
	for (u_int i = 0; i < ST_SPINS; i++)
		x86_pause();
}

static int
st_handler(const struct trapframe *tf, void *arg)
{
	const struct st_kind *sk = arg;
	struct st_cpu *sc = &st_cpu[cpu_number()];
	struct trapframe copy = *tf;
	volatile uint64_t canary[4];
	u_int i;

	/* Too late to return: what would be returned to is overwritten. */
	if (++sc->sc_depth != 1)
		panic("storm: the handler is entered again");
	sc->sc_seen++;
	if (curcpu()->ci_nmi.nc_entry->le_why & NMI_LOG_LATCHED)
		sc->sc_again++;
	for (i = 0; i < __arraycount(canary); i++)
		canary[i] = ST_CANARY + i;
	if (sk->sk_exception != NULL)
		sk->sk_exception();
	if (sk->sk_nests)
		st_nest(sc);
	for (i = 0; i < __arraycount(canary); i++)
		KT_CHECK(canary[i] == ST_CANARY + i);
	KT_CHECK(memcmp(&copy, tf, sizeof(copy)) == 0);
	sc->sc_depth--;
	return 1;
}

static const struct st_kind st_kinds[] = {
	{ "count", NULL, false, NULL, NULL },
	{ "int3", nt_breakpoint, true, NULL, NULL },
	{ "fault", nt_fault, true, NULL, NULL },
	{ "unwind", st_unwind, false, NULL, NULL },
	{ "churn", NULL, false, nt_churn_begin, nt_churn_end },
};

static void
st_remove(void)
{
	if (st_now->sk_end != NULL)
		st_now->sk_end();
	nmi_disestablish(st_handle);
}

static void
st_establish(void)
{
	st_handle = nmi_establish(st_handler, __UNCONST(st_now));
	if (st_now->sk_begin != NULL)
		st_now->sk_begin();
}

/* The first time allocates what stays: that is not lost. */
static void
st_begin(const struct st_kind *sk)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	st_now = sk;
	kt_begin();
	st_establish();
	st_remove();
	memset(st_cpu, 0, sizeof(st_cpu));
	for (CPU_INFO_FOREACH(cii, ci)) {
		struct st_cpu *sc = &st_cpu[cpu_index(ci)];

		sc->sc_taken = ci->ci_nmi.nc_taken.ev_count;
		sc->sc_latched = nmi_latched(ci);
		sc->sc_absorbed = ci->ci_nmi.nc_absorbed.ev_count;
	}
	st_unclaimed = nt_unclaimed();
	st_inuse = kmem_inuse();
	st_pages = page_free_count();
	st_establish();
}

static void
st_show(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		const struct st_cpu *sc = &st_cpu[cpu_index(ci)];

		printf_nolog("# %s: %lu NMIs, %lu for latched ones, of %lu\n",
		    cpu_name(ci), sc->sc_seen, sc->sc_again,
		    nmi_latched(ci) - sc->sc_latched);
	}
}

/* Every NMI of this CPU was one call, one claim, and seen by the handler. */
static void
st_count(struct cpu_info *ci)
{
	const struct st_cpu *sc = &st_cpu[cpu_index(ci)];
	const struct nmi_cpu *nc = &ci->ci_nmi;

	KT_CHECK(!nmi_in_progress(ci));
	KT_CHECK(sc->sc_depth == 0);
	KT_CHECK(nc->nc_taken.ev_count - sc->sc_taken == sc->sc_seen);
	KT_CHECK(nt_calls(st_handle, cpu_index(ci)) == sc->sc_seen);
	KT_CHECK(nt_claims(st_handle, cpu_index(ci)) == sc->sc_seen);
	KT_CHECK(nmi_latched(ci) == nc->nc_latched.ev_count);
	KT_CHECK(sc->sc_again <= nmi_latched(ci) - sc->sc_latched);
	KT_CHECK(nc->nc_absorbed.ev_count == sc->sc_absorbed);
}

/*
 * What was injected is taken before the interrupt of a barrier, or by the
 * run for a latched one that follows: hence the second.
 */
static void
st_end(void)
{
	char name[24];
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	xc_barrier(XC_HIGHPRI);
	xc_barrier(XC_HIGHPRI);
	if (st_now->sk_end != NULL)
		st_now->sk_end();
	for (CPU_INFO_FOREACH(cii, ci))
		st_count(ci);
	KT_CHECK(nt_unclaimed() == st_unclaimed);
	nmi_disestablish(st_handle);
	KT_CHECK(kmem_inuse() == st_inuse);
	KT_CHECK(page_free_count() == st_pages);
	st_show();
	snprintf(name, sizeof(name), "storm_%s", st_now->sk_name);
	kt_verdict(name);
	st_now = NULL;
}

static int
cmd_storm(int argc, char **argv)
{
	if (argc == 1 && st_now != NULL) {
		st_show();
		return 0;
	}
	if (argc != 2 || (strcmp(argv[1], "end") == 0) != (st_now != NULL))
		return EINVAL;
	if (st_now != NULL) {
		st_end();
		return 0;
	}
	for (u_int i = 0; i < __arraycount(st_kinds); i++)
		if (strcmp(argv[1], st_kinds[i].sk_name) == 0) {
			st_begin(&st_kinds[i]);
			return 0;
		}
	return EINVAL;
}
CONSOLE_COMMAND(storm, cmd_storm, "[KIND | end]", "handlers for NMIs that the host injects");
