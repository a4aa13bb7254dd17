/*
 * What NMIs cost: ktest_bench=nmi and ktest_bench=remove on the command
 * line.  Each result is a line
 *
 *	bench NAME VALUE UNIT
 *
 * for tests/bench/bench.py.  The instructions are exact, the same in every
 * run, under "-accel tcg -icount shift=0" on one CPU, where the TSC counts
 * them; interrupts are off meanwhile.  What is measured stands between two
 * rdtsc; the same with nothing between is subtracted, so "int $2" includes
 * the int itself and all until the instruction after it.  That ten nops
 * come out as 10 is checked first.
 *
 * NMIs are made by "int $2", which does not block others: that is how one
 * handler here has another arrive while it runs.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lwp.h>
#include <sys/sysctl.h>
#include <machine/cpu.h>
#include <machine/trap.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/lapicvar.h>
#include <x86/nmivar.h>
#include "ktest.h"
#include "usertest.h"

#define HANDLERS	64
#define REMOVALS	101

typedef int bench_handler_t(const struct trapframe *, void *);

bench_handler_t bench_claim, bench_decline, bench_stamp, bench_again,
    bench_nested;
extern volatile uint32_t bench_seen, bench_left;

/* In assembler: a compiler's handler would be another each time. */
__asm(
    "	.text\n"
    "bench_claim:\n"
    "	mov $1, %eax\n"
    "	ret\n"
    "bench_decline:\n"
    "	xor %eax, %eax\n"
    "	ret\n"
    "bench_stamp:\n"		/* when it was called */
    "	rdtsc\n"
    "	mov %eax, bench_seen\n"
    "	mov $1, %eax\n"
    "	ret\n"
    "bench_again:\n"		/* if bench_left was 1, one more arrives */
    "	decl bench_left\n"
    "	jnz 1f\n"
    "	int $2\n"
    "1:	mov $1, %eax\n"
    "	ret\n"
    "bench_nested:\n"		/* the same, and how long that takes here */
    "	decl bench_left\n"
    "	jnz 1f\n"
    "	rdtsc\n"
    "	mov %eax, %esi\n"
    "	int $2\n"
    "	rdtsc\n"
    "	sub %esi, %eax\n"
    "	mov %eax, bench_seen\n"
    "1:	mov $1, %eax\n"
    "	ret\n"
    "	.bss\n"
    "	.balign 4\n"
    "	.globl bench_seen, bench_left\n"
    "bench_seen:\n"
    "	.skip 4\n"
    "bench_left:\n"
    "	.skip 4\n"
    "	.text\n");

/* insns may be a call of a function with the argument id. */
#define MEASURE(start, insns, id) ({ \
	uint32_t end_; \
	u_int id_ = (id); \
	__asm volatile("rdtsc\n\tmov %%eax, %%ebx\n\t" insns "\n\trdtsc" \
	    : "=a"(end_), "=&b"(start), "+D"(id_) \
	    : \
	    : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc", "memory"); \
	end_ - (start); \
})

static uint32_t overhead;	/* of two rdtsc */

static uint32_t
cost_of_nops(void)
{
	uint32_t start;

	return MEASURE(start, ".rept 10\n\tnop\n\t.endr", 0) - overhead;
}

static uint32_t
cost_of_int(void)
{
	uint32_t start;

	return MEASURE(start, "int $2", 0) - overhead;
}

/* Until the first instruction of the handler, which is bench_stamp. */
static uint32_t
cost_of_entry(void)
{
	uint32_t start;

	(void)MEASURE(start, "int $2", 0);
	return bench_seen - start - overhead;
}

static uint32_t
cost_of_self_nmi(void)
{
	uint32_t start;

	return MEASURE(start, "call lapic_send_nmi", curcpu()->ci_apicid) -
	    overhead;
}

static void
say(const char *name, uint64_t value, const char *unit)
{
	printf("bench %s %lu %s\n", name, value, unit);
}

/* The result of a function with interrupts off, and func the only claimer. */
static uint32_t
with_handler(bench_handler_t *func, uint32_t (*measure)(void))
{
	nmi_handler_t *nh = nmi_establish(func, NULL);
	uint32_t value;
	int s;

	if (nh == NULL)
		panic("bench: no memory");
	s = splhigh();
	value = (*measure)();
	splx(s);
	nmi_disestablish(nh);
	return value;
}

static void
find_newest(const struct nmi_account *na, void *arg)
{
	*(const struct nmi_account **)arg = na;
}

/* The kernel's own handlers go. */
static void
remove_all(void)
{
	const struct nmi_account *na;

	while (nmi_account_count() != 0) {
		nmi_account_foreach(find_newest, &na);
		nmi_disestablish(na->na_handle);
	}
}

/* The round trip with ever more handlers, all but the newest decline. */
static void
bench_handlers(void)
{
	static nmi_handler_t *nh[HANDLERS];
	uint32_t before = with_handler(bench_claim, cost_of_int), now, worst = 0;
	char name[32];

	for (u_int n = 1; n < HANDLERS; n++) {
		if ((nh[n] = nmi_establish(bench_decline, NULL)) == NULL)
			panic("bench: no memory");
		now = with_handler(bench_claim, cost_of_int);
		worst = MAX(worst, now - before);
		before = now;
		snprintf(name, sizeof(name), "nmi_handlers_%u", n + 1);
		if (powerof2(n + 1))
			say(name, now, "instructions");
	}
	for (u_int n = HANDLERS; n-- > 1;)
		nmi_disestablish(nh[n]);
	say("nmi_further", worst, "instructions");
}

/* The least of many: clock interrupts may come as well. */
static void
bench_user(void)
{
	USER_IMAGE(bench);
	nmi_handler_t *nh = nmi_establish(bench_claim, NULL);

	idt_allow_user(T_NMI);
	say("nmi_user", (uint32_t)ut_exit(UT(bench, 0)) - overhead,
	    "instructions");
	nmi_disestablish(nh);
}

/* A second NMI while the handler of the first runs, against one alone. */
static void
bench_latched(void)
{
	uint32_t alone;

	bench_left = 0;
	alone = with_handler(bench_again, cost_of_int);
	bench_left = 1;
	say("nmi_latched", with_handler(bench_again, cost_of_int) - alone,
	    "instructions");
	bench_left = 1;
	(void)with_handler(bench_nested, cost_of_int);
	say("nmi_nested", bench_seen - overhead, "instructions");
}

/* The stack is the one in use by NMIs; its guard page is no memory. */
static void
bench_memory(void)
{
	size_t slots = (size_t)nmi_account_count() * sizeof(struct nmi_slot);

	printf("# struct nmi_cpu %zu, stack %d, slots of %d handlers %zu\n",
	    sizeof(struct nmi_cpu), IST_STACK_SIZE, nmi_account_count(), slots);
	say("nmi_memory", sizeof(struct nmi_cpu) + IST_STACK_SIZE + slots,
	    "bytes");
}

/*
 * An NMI that nobody claims, under "log", until the sender goes on: one that
 * is told, and one that is suppressed.  The port is the machine's own.
 */
static void
bench_log(void)
{
	char err[SYSCTL_ERRLEN];
	uint32_t told, suppressed;
	int s;

	if (sysctl_set_text("machdep.nmi.unknown", "log", err, sizeof(err)) != 0)
		panic("bench: %s", err);
	s = splhigh();
	told = cost_of_self_nmi();
	suppressed = cost_of_self_nmi();
	splx(s);
	say("nmi_log", told, "instructions");
	say("nmi_suppressed", suppressed, "instructions");
}

static bool
bench_nmi(void)
{
	uint32_t start;
	int s;

	bench_memory();
	remove_all();
	s = splhigh();
	overhead = MEASURE(start, "", 0);
	splx(s);
	say("rdtsc", overhead, "instructions");
	if (with_handler(bench_claim, cost_of_nops) != 10) {
		printf("# the TSC does not count instructions\n");
		return false;
	}
	say("nmi_claimed", with_handler(bench_claim, cost_of_int),
	    "instructions");
	bench_handlers();
	bench_user();
	say("nmi_first_handler", with_handler(bench_stamp, cost_of_entry),
	    "instructions");
	say("nmi_self", with_handler(bench_claim, cost_of_self_nmi),
	    "instructions");
	bench_latched();
	bench_log();
	return true;
}

/* In order, so that the middle one is the median. */
static void
insert_sorted(uint64_t *sorted, int n, uint64_t value)
{
	for (; n > 0 && sorted[n - 1] > value; n--)
		sorted[n] = sorted[n - 1];
	sorted[n] = value;
}

/*
 * The median of many removals, each after a pause of so many ticks.  Without
 * -icount the TSC is the host's time.  The other CPUs halt in either case.
 */
static void
bench_removals(const char *name, int ticks)
{
	static uint64_t cycles[REMOVALS];
	nmi_handler_t *nh;
	uint64_t start;

	for (int n = 0; n < REMOVALS; n++) {
		if ((nh = nmi_establish(bench_decline, NULL)) == NULL)
			panic("bench: no memory");
		if (ticks != 0)
			kpause("bench", false, ticks, NULL);
		start = rdtsc();
		nmi_disestablish(nh);
		insert_sorted(cycles, n, rdtsc() - start);
	}
	printf("# of %d: fastest %lu, slowest %lu cycles, at %lu Hz\n", REMOVALS,
	    cycles[0], cycles[REMOVALS - 1], tsc_freq);
	say(name, cycles[REMOVALS / 2] * 1000000 / (tsc_freq / 1000), "ns");
}

static bool
bench_remove(void)
{
	bench_removals("nmi_disestablish", 0);
	bench_removals("nmi_disestablish_rested", 1);
	return true;
}

bool
kt_bench(const char *name)
{
	if (strcmp(name, "nmi") == 0)
		return bench_nmi();
	if (strcmp(name, "watchdog") == 0)
		return bench_watchdog();
	return strcmp(name, "remove") == 0 && bench_remove();
}
