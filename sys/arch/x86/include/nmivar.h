/*
 * What this kernel adds to nmi(9): accounting, the log, checks of context.
 *
 * nmi.c uses of it struct nmi_account, nmi_timing, nmi_thread_context() and
 * the note_*() functions, and nothing below them.  With an empty struct,
 * constants and empty functions for these it builds in NetBSD.
 */

#ifndef _X86_NMIVAR_H_
#define _X86_NMIVAR_H_

#include <sys/param.h>
#include <sys/evcnt.h>

#include <machine/cpu.h>

#include <x86/cpufunc.h>
#include <x86/nmi.h>
#include <x86/nmi_log.h>

typedef int (*nmi_handler_func_t)(const struct trapframe *, void *);

/* One handler on one CPU. */
struct nmi_slot {
	struct evcnt ns_calls;
	struct evcnt ns_claims;
	uint64_t ns_maxcycles;		/* while machdep.nmi.timing is on */
};

#define NMI_EVNAME	64

/* One handler: lies at the start of its record. */
struct nmi_account {
	nmi_handler_func_t na_func;
	void *na_arg;
	nmi_handler_t *na_handle;
	char na_evname[2][NMI_EVNAME];	/* "NAME calls", "NAME claims" */
	TAILQ_ENTRY(nmi_account) na_list;
	struct nmi_slot na_slot[MAXCPUS];
};

/*
 * The end of the list: what counts a call tells by the sign of the sum that
 * this is none.
 */
#define NMI_ACCOUNT_END { \
	.na_slot[0 ... MAXCPUS - 1].ns_calls.ev_count = 1UL << 63 \
}

extern bool nmi_timing;			/* sysctl machdep.nmi.timing */

/* False, and one line said why: func may not be registered from here. */
bool nmi_thread_context(const char *what, nmi_handler_func_t func);
void note_attach(struct nmi_account *, nmi_handler_t *, nmi_handler_func_t,
    void *);
void note_detach(struct nmi_account *);

/* From here on: NMI context, in the loop over the handlers. */

/*
 * Each of these few instructions is paid by every NMI, so the CPU's own
 * words are reached by %gs: no register holds their address.
 */

/* Where in an account this CPU's slot is. */
static inline size_t
note_begin(void)
{
	return curcpu_load(ci_nmi.nc_slot);
}

static inline struct nmi_slot *
note_slot(size_t slot, struct nmi_account *na)
{
	return (struct nmi_slot *)((char *)na + slot);
}

/* One instruction that the compiler does not split. */
#define note_count(slot, na, member) \
	__asm volatile("incq %c2(%0,%1)" :: "r"(na), "r"(slot), \
	    "i"(offsetof(struct nmi_slot, member)) : "memory", "cc")

/*
 * Before the call: a handler may not return.  False: there is none to call,
 * which nmi.c knows from a comparison and we from the count.
 */
static inline bool
note_call(size_t slot, struct nmi_account *na, bool handler __unused)
{
	bool is_handler;

	__asm volatile("incq %c3(%1,%2)"
	    : "=@ccns"(is_handler)
	    : "r"(na), "r"(slot), "i"(offsetof(struct nmi_slot, ns_calls.ev_count))
	    : "memory");
	if (is_handler)
		curcpu_store(ci_nmi.nc_current, na);
	return is_handler;
}

static inline void
note_claim(size_t slot, struct nmi_account *na)
{
	note_count(slot, na, ns_claims.ev_count);
	curcpu_load(ci_nmi.nc_entry)->le_claimer = na->na_func;
}

static inline uint64_t
note_time(void)
{
	return rdtsc();
}

static inline void
note_elapsed(size_t slot, struct nmi_account *na, uint64_t start)
{
	struct nmi_slot *ns = note_slot(slot, na);
	uint64_t t = rdtsc() - start;

	if (t > ns->ns_maxcycles)
		ns->ns_maxcycles = t;
}

static inline void
note_end(void)
{
	curcpu_store(ci_nmi.nc_current, NULL);
}

/* nmi_trap.c */
int nmi_trap(struct trapframe *);	/* these three: called by vector.S */
int nmi_trap_again(struct trapframe *, u_int);
void nmi_trap_unclaimed(struct trapframe *);
bool nmi_in_progress(struct cpu_info *);	/* between entry and iret */
uint64_t nmi_latched(const struct cpu_info *);
uint64_t nmi_latched_before(const struct cpu_info *);
bool nmi_absorb(struct cpu_info *, uint64_t);	/* was there one? */
bool nmi_abandon(struct cpu_info *);	/* was one latched? */
const char *nmi_machine_check(struct trapframe *);	/* NULL, or why to panic */
void nmi_cpu_init(struct cpu_info *);	/* before its lidt */

/* nmi_unclaimed.c */
void nmi_unclaimed(struct trapframe *);

/* nmi_account.c: calls fn for each handler, oldest first; thread context. */
void nmi_account_foreach(void (*fn)(const struct nmi_account *, void *), void *);
int nmi_account_count(void);
void nmi_account_init(void);		/* once the CPUs are there */
bool nmi_account_has(vaddr_t);		/* a handler?  Machine stopped */
const char *nmi_handler_name(char *, size_t, nmi_handler_func_t);

/* nmi_policy.c: what to do about one that nobody claims. */
enum nmi_cause { NMI_UNKNOWN, NMI_SERR, NMI_IOCHK, NMI_CAUSES };
enum nmi_policy { NMI_DDB, NMI_PANIC, NMI_LOG };
enum nmi_policy nmi_policy(enum nmi_cause);

/* nmi_cause.c */
const char *nmi_cause_bit(u_int);
const char *nmi_cause_name(enum nmi_cause);

/* nmi_storm.c */
void nmi_storm_show(void (*pr)(const char *, ...));
void nmi_unmask(void);
void nmi_lint1_follow(void);		/* an interrupt or NMI of this CPU */

/*
 * nmi_act.c: what is done about an NMI.  ax_say() says it with one call of
 * pr, a whole line; the panic is "ax_panic on cpuN".
 */
struct nmi_action {
	enum nmi_policy ax_policy;
	void (*ax_say)(const struct nmi_action *, void (*pr)(const char *, ...));
	const char *ax_panic;
};
bool nmi_act_begin(const struct trapframe *);	/* is it ours to act? */
void nmi_act(struct trapframe *, const struct nmi_action *);
void nmi_act_end(void);			/* instead of nmi_act() */

/* nmi_ping.c */
#define NMI_PING_MS	1000	/* a host may take a CPU away for some hundreds */
void nmi_ping_init(void);
bool nmi_ping(struct cpu_info *);	/* sent one, and it was taken */
void nmi_ping_all(bool, void (*)(struct cpu_info *));
bool nmi_ping_claim(struct nmi_cpu *);	/* in an NMI: may be ours */
void nmi_ping_settle(struct nmi_cpu *);	/* in an interrupt: it has come */

/* One is under way to it, or may be. */
static inline bool
nmi_ping_owed(const struct nmi_cpu *nc)
{
	return nc->nc_ping_settled != nc->nc_ping_sent;
}

/* nmi_ipi.c */
#define NMI_IPI_STOP	0x1U		/* in nc_ipi: stop until resumed */
void nmi_ipi_init(void);
bool nmi_stop_try(void);		/* take the machine; true: it is ours */
u_int nmi_stop_count(void);		/* sessions so far */
bool nmi_stop_again(void);		/* was there one since we took it? */
bool nmi_stop_retake(void);		/* ... since then?  Ours again */
bool nmi_park(const struct trapframe *);	/* false: nobody holds it */

/* nmi_selftest.c */
bool nmi_selftest_cpu(struct cpu_info *);

/* nmi_defer.c, nmi_printf.c: the interrupt they send themselves. */
void nmi_defer_init(void);
void nmi_cmd_init(void);
void nmi_soft_intr(void);
void nmi_soft_kick(void);
void nmi_printf_drain(struct nmi_cpu *);

#endif
