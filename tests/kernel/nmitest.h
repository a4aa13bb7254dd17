/*
 * What the tests of nmi(9) share.
 *
 * A raw NMI is one that nobody here keeps a note of, unlike
 * nmi_ipi_send()'s: some handler of the test has to claim it.
 */

#ifndef _TESTS_KERNEL_NMITEST_H_
#define _TESTS_KERNEL_NMITEST_H_

#include <machine/cpu.h>
#include <machine/frame.h>
#include <x86/cpufunc.h>
#include <x86/lapicvar.h>
#include <x86/nmi.h>
#include <x86/nmivar.h>
#include "ktest.h"

#define NT_NOWHERE	((const void *)0xffffd00000000000UL)	/* never mapped */

/* probe.c: what this CPU or emulator guarantees; found out when first asked. */
enum probe_fact {
	PROBE_BLOCKED,		/* NMIs wait until the handler's iret */
	PROBE_LATCHED,		/* of several that wait, one is delivered */
	PROBE_INT3,		/* the iret of a breakpoint lets them in */
	PROBE_FAULT,		/* the iret of a page fault does */
	PROBE_PROMPT,		/* one sent to oneself does not come late */
	PROBE_NFACTS
};
bool probe_holds(enum probe_fact);
const char *probe_name(enum probe_fact);
#define KT_NEEDS(fact) do { \
	if (!probe_holds(fact)) \
		KT_SKIP(probe_name(fact)); \
} while (0)
#define KT_NEEDS_CPUS(n) do { \
	if (ncpu < (n)) \
		KT_SKIP("needs " #n " CPUs"); \
} while (0)

/* A handler that claims everything, and one that never does. */
int nt_claim(const struct trapframe *, void *);
int nt_decline(const struct trapframe *, void *);

/* A raw NMI, taken and handled when they return; false: it never came. */
bool nt_send(struct cpu_info *);
bool nt_self(void);

/*
 * t_nmi_churn.c: threads on every CPU that establish and remove handlers
 * and send NMIs; some handler of the caller claims those.
 */
void nt_churn_begin(void);
void nt_churn_end(void);

/* A report that is caught instead of printed; one at a time. */
#define NT_TEXT		8192
extern char nt_text[NT_TEXT];
extern u_int nt_lines;
void nt_print(const char *, ...) __printflike(1, 2);
void nt_print_reset(void);
bool nt_order(const char *const *, size_t);
/* It contains these, in this order, others between them or not. */
#define NT_SAID(...) nt_order((const char *const[]){ __VA_ARGS__ }, \
    __arraycount(((const char *const[]){ __VA_ARGS__ })))

/* nmi_ping(), however long the host lets that CPU wait. */
static inline bool
nt_ping(struct cpu_info *ci)
{
	return KT_SPIN(nmi_ping(ci));
}

/* Unclaimed ones so far, of all CPUs. */
uint64_t nt_unclaimed(void);

/* What is known of a handler that is registered. */
const struct nmi_account *nt_account(const nmi_handler_t *);

static inline uint64_t
nt_calls(const nmi_handler_t *handle, u_int cpu)
{
	return *(const volatile uint64_t *)&nt_account(handle)->na_slot[cpu].ns_calls.ev_count;
}

static inline uint64_t
nt_claims(const nmi_handler_t *handle, u_int cpu)
{
	return *(const volatile uint64_t *)&nt_account(handle)->na_slot[cpu].ns_claims.ev_count;
}

/* Exceptions that return, and end the blocking of NMIs as they do. */
static inline void
nt_breakpoint(void)
{
	__asm volatile("int3\n"
	    "1:\n\t"
	    ".pushsection .fault_table, \"a\"\n\t"
	    ".quad 1b, 1b\n\t"
	    ".popsection" ::: "memory");
}

/* One that is recovered from, and CR2 says where it was. */
static inline bool
nt_faults(void)
{
	char c;

	return kcopy(NT_NOWHERE, &c, 1) == EFAULT && rcr2() == (u_long)NT_NOWHERE;
}

static inline void
nt_fault(void)
{
	KT_CHECK(nt_faults());
}

/*
 * Registers across an NMI: nt_registers() loads nr_in, sends this CPU an
 * NMI, waits until the handler has set nr_seen, and stores what is there
 * then in nr_out.  Interrupts must be off.  The handler may ask
 * nt_registers_check() whether its frame is that moment's.
 */
enum {
	NR_RAX, NR_RBX, NR_RCX, NR_RDX, NR_RSI, NR_RDI, NR_RBP, NR_R8,
	NR_R9, NR_R10, NR_R11, NR_R12, NR_R13, NR_R14, NR_R15, NR_N
};
struct nt_regs {
	uint64_t nr_in[NR_N];
	uint64_t nr_out[NR_N];
	uint64_t nr_rsp[2];		/* before and after */
	uint64_t nr_flags[2];
	volatile uint64_t nr_patience;	/* turns of the wait */
	volatile u_int nr_seen;
};
extern struct nt_regs nt_regs;
#define NT_FLAGS	(PSL_D | PSL_AC | PSL_I | PSL_NT)	/* those that stay */
void nt_registers(u_long psl);		/* the flags that shall be set */
void nt_registers_check(const struct trapframe *);

#endif
