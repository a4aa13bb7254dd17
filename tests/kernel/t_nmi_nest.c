/*
 * NMIs while a handler runs: the iret of a fault that it takes ends the
 * CPU's blocking of NMIs, and the next one lands on the same stack.
 */

#include <x86/dbregs.h>
#include "nmitest.h"

#define NE_ROUNDS	50
#define NE_TOLD		4	/* those that print a line for each exception */
#define NE_PENDING	3	/* sent before and between the faults */
#define NE_SPINS	200
#define NE_CANARY	0x5ca1ab1ec0de0000UL
#define NE_CR2		0x123456789000UL

static volatile u_int ne_depth, ne_runs;
static volatile bool ne_first;
static void (*ne_exception)(void);
static volatile u_long ne_psl;

static void
ne_send(struct cpu_info *ci)
{
	lapic_send_nmi(ci->ci_apicid);
	for (u_int i = 0; i < NE_SPINS; i++)
		x86_pause();
}

static void
ne_faults(struct cpu_info *ci)
{
	uint64_t latched = nmi_latched(ci);

	ne_send(ci);
	for (u_int i = 0; i < NE_PENDING; i++) {
		ne_exception();
		ne_send(ci);
	}
	/* The first was let in by the first iret; since then none is blocked. */
	KT_CHECK(nmi_latched(ci) == latched + NE_PENDING + 1);
}

static int
ne_handler(const struct trapframe *tf, void *arg __unused)
{
	volatile uint64_t canary[16];
	struct trapframe copy = *tf;
	u_int i;

	/* Too late to return: what would be returned to is overwritten. */
	if (++ne_depth != 1)
		panic("t_nmi_nest: the handler is entered again");
	ne_runs++;
	nt_registers_check(tf);
	if (ne_first) {
		ne_first = false;
		for (i = 0; i < __arraycount(canary); i++)
			canary[i] = NE_CANARY + i;
		ne_faults(curcpu());
		for (i = 0; i < __arraycount(canary); i++)
			KT_CHECK(canary[i] == NE_CANARY + i);
		KT_CHECK(memcmp(&copy, tf, sizeof(copy)) == 0);
	} else
		nt_regs.nr_seen = 1;
	ne_depth--;
	return 1;
}

/* The handler runs once more for all that came meanwhile, then we go on. */
static void
ne_nest(void (*exception)(void), u_int rounds)
{
	nmi_handler_t *handle = nmi_establish(ne_handler, NULL);
	int s;

	ne_exception = exception;
	ne_depth = 0;
	for (u_int i = 0; i < rounds; i++) {
		s = splhigh();
		ne_first = true;
		ne_runs = 0;
		nt_registers(i % 2 == 0 ? 0 : PSL_D);
		splx(s);
		KT_CHECK(ne_runs == 2);
	}
	nmi_disestablish(handle);
}

KTEST(nmi_nest_fault, "NMIs that a page fault in a handler lets in are latched, nothing is overwritten")
{
	KT_NEEDS(PROBE_FAULT);
	ne_nest(nt_fault, NE_ROUNDS);
}

KTEST(nmi_nest_breakpoint, "NMIs that a breakpoint in a handler lets in are latched, nothing is overwritten")
{
	KT_NEEDS(PROBE_INT3);
	ne_nest(nt_breakpoint, NE_ROUNDS);
}

KTEST(nmi_nest_iret, "NMIs that a bare iret in a handler lets in are latched, nothing is overwritten")
{
	KT_NEEDS(PROBE_FAULT);
	ne_nest(x86_nmi_unblock, NE_ROUNDS);
}

/* No bank says why: it is told, and gone on from. */
static void
ne_machine_check(void)
{
	__asm volatile("int $18");
}

KTEST(nmi_nest_machine_check, "NMIs that a machine check in a handler lets in are latched, nothing is overwritten")
{
	KT_NEEDS(PROBE_FAULT);
	ne_nest(ne_machine_check, NE_TOLD);
}

/* What its stub and handler themselves read. */
KTEST(nmi_mca_watched, "a machine check meets no watchpoint, and leaves it and CR2 as they were")
{
	u_long before;
	int s = splhigh();

	KT_CHECK(x86_watch_set(2, (vaddr_t)&x86_features.mca, 1, X86_WATCH_RW) == 0);
	before = rdr7();
	lcr2(NE_CR2);
	ne_machine_check();
	KT_CHECK(rdr7() == before && rcr2() == NE_CR2);
	x86_watch_clear(2);
	splx(s);
}

static int
ne_faulting(const struct trapframe *tf __unused, void *arg __unused)
{
	nt_fault();
	ne_runs++;
	return 1;
}

KTEST(nmi_cr2, "a handler that takes a page fault leaves CR2 as it was")
{
	nmi_handler_t *handle = nmi_establish(ne_faulting, NULL);
	int s;

	for (u_long i = 0; i < NE_ROUNDS; i++) {
		s = splhigh();
		ne_runs = 0;
		lcr2(NE_CR2 + i);
		KT_CHECK(nt_self());
		KT_CHECK(rcr2() == NE_CR2 + i);
		KT_CHECK(ne_runs == 1);
		splx(s);
	}
	nmi_disestablish(handle);
}

static int
ne_flags(const struct trapframe *tf, void *arg __unused)
{
	ne_psl = x86_read_psl();
	nt_registers_check(tf);
	nt_regs.nr_seen = 1;
	return 1;
}

static void
ne_with_flags(u_long psl)
{
	nmi_handler_t *handle = nmi_establish(ne_flags, NULL);
	int s = splhigh();

	nt_registers(psl);	/* they are back afterwards */
	splx(s);
	KT_CHECK((ne_psl & psl) == 0);
	nmi_disestablish(handle);
}

KTEST(nmi_direction, "a handler runs with DF clear, and DF is back afterwards")
{
	ne_with_flags(PSL_D);
}

KTEST(nmi_access, "where there is SMAP a handler runs with AC clear, and AC is back afterwards")
{
	if (!x86_features.smap)
		KT_SKIP("no SMAP");
	ne_with_flags(PSL_AC);
	ne_with_flags(PSL_AC | PSL_D);
}
