/*
 * ktest_inject: runs the driver that the host asks for, again and again, and
 * handles the NMIs it injects (tests/inject).
 */

#include <machine/cpu.h>
#include <machine/trap.h>
#include <machine/pmap.h>
#include <x86/acpivar.h>
#include <x86/cpufunc.h>
#include <x86/lapicreg.h>
#include <x86/lapicvar.h>
#include <x86/nmi.h>
#include "inj.h"
#include "nmitest.h"

#define CANARY		0x5ca1ab1ec0de0000UL

struct inj_state inj_state[MAXCPUS];
void (*volatile inj_driver)(void);
volatile u_int inj_variant;
volatile uint64_t inj_touched;		/* by the handler */
vaddr_t inj_nmi_top;			/* of the boot CPU's NMI stack */
static volatile u_int inj_depth[MAXCPUS];

void inj_ready(void);
void inj_check(void);

void
inj_wrong(int line)
{
	struct inj_state *is = &inj_state[cpu_number()];

	if (is->is_wrong == 0)
		is->is_wrong = (uint64_t)line;
}

/* Breakpoints of the host; it counts on their being calls. */
__noinline void
inj_ready(void)
{
	__asm volatile("" ::: "memory");
}

__noinline void
inj_check(void)
{
	__asm volatile("" ::: "memory");
}

/* Each but the machine check lets in what is blocked. */
static void
inj_disturb(u_int variant)
{
	if (variant & INJ_SECOND)
		lapic_send_nmi(curcpu()->ci_apicid);
	if (variant & INJ_BREAKPOINT)
		nt_breakpoint();
	if (variant & INJ_FAULT)
		INJ_EXPECT(nt_faults());
	if (variant & INJ_CHECK)
		inj_check();
	if (variant & INJ_WAKE)
		inj_wake();
}

static void
inj_note(struct inj_state *is, const struct trapframe *tf)
{
	is->is_rip = tf->tf_rip;
	is->is_cs = tf->tf_cs;
	is->is_rflags = tf->tf_rflags;
	is->is_rsp = tf->tf_rsp;
	is->is_ss = tf->tf_ss;
}

/* On this CPU's NMI stack, with its GS, and none of what user code may set. */
static void
inj_judge(struct cpu_info *ci, const struct trapframe *tf)
{
	vaddr_t top = ci->ci_md.cmd_ist[IST_NMI - 1], here = (vaddr_t)&top;

	INJ_EXPECT(ci == cpu_lookup(ci->ci_cpuid));
	INJ_EXPECT(here < top && here > top - IST_STACK_SIZE);
	INJ_EXPECT(tf == NMI_FRAME(top));
	INJ_EXPECT(tf->tf_trapno == T_NMI);
	INJ_EXPECT((x86_read_psl() & (PSL_T | PSL_I | PSL_D | PSL_NT)) == 0);
	INJ_EXPECT(!x86_features.smap || (x86_read_psl() & PSL_AC) == 0);
	INJ_EXPECT(nmi_in_progress(ci));
}

static int
inj_handler(const struct trapframe *tf, void *arg __unused)
{
	volatile uint64_t canary[8];
	struct trapframe copy = *tf;
	struct cpu_info *ci = curcpu();
	struct inj_state *is = &inj_state[ci->ci_cpuid];
	u_int variant = inj_variant, i;

	/* Too late to go on: what would be returned to is overwritten. */
	if (inj_depth[ci->ci_cpuid]++ != 0)
		panic("inject: the handler is entered again");
	inj_touched++;
	inj_judge(ci, tf);
	for (i = 0; i < __arraycount(canary); i++)
		canary[i] = CANARY + i;
	if (is->is_runs++ == 0) {
		inj_note(is, tf);
		inj_disturb(variant);
	}
	for (i = 0; i < __arraycount(canary); i++)
		INJ_EXPECT(canary[i] == CANARY + i);
	INJ_EXPECT(memcmp(&copy, tf, sizeof(copy)) == 0);
	inj_depth[ci->ci_cpuid]--;
	return (variant & INJ_DECLINE) == 0;
}

/* A clock would tick somewhere in a range, each time somewhere else. */
static void
inj_stop_clock(void)
{
	volatile uint8_t *lapic = pmap_mapdev(madt.madt_lapic_pa, LAPIC_SIZE);

	*(volatile uint32_t *)(lapic + LAPIC_LVT_TIMER) = LAPIC_LVT_MASKED;
}

void
inj_main(void)
{
	if (nmi_establish(inj_handler, NULL) == NULL)
		panic("inject: no memory for a handler");
	inj_nmi_top = curcpu()->ci_md.cmd_ist[IST_NMI - 1];
	inj_stop_clock();
	printf("# inject: ready\n");
	for (;;) {
		inj_ready();
		if (inj_driver != NULL)
			(*inj_driver)();
	}
}
