/*
 * What this kernel adds to nmi(9): accounting, the log, checks of context.
 *
 * nmi.c uses only the note_*() and nmi_*() inlines below; with empty ones
 * it builds in NetBSD.
 */

#ifndef _X86_NMIVAR_H_
#define _X86_NMIVAR_H_

#include <sys/param.h>

#include <machine/cpu.h>

#include <x86/cpufunc.h>
#include <x86/nmi.h>
#include <x86/nmicpu.h>

typedef int (*nmi_handler_func_t)(const struct trapframe *, void *);

/* One handler on one CPU. */
struct nmi_slot {
	uint64_t ns_calls;
	uint64_t ns_claims;
	uint64_t ns_maxcycles;		/* while machdep.nmi.timing is on */
};

/* One handler: lies at the end of its record, a slot for each CPU. */
struct nmi_account {
	nmi_handler_func_t na_func;
	void *na_arg;
	struct nmi_account *na_next;	/* nmi_account.c: its own list */
	struct nmi_slot na_slot[];
};

extern bool nmi_timing;			/* sysctl machdep.nmi.timing */

static inline size_t
nmi_account_size(void)
{
	return MAXCPUS * sizeof(struct nmi_slot);
}

bool nmi_thread_context(const char *, nmi_handler_func_t);
void nmi_account_attach(struct nmi_account *, nmi_handler_func_t, void *);
void nmi_account_detach(struct nmi_account *);

/* From here on: NMI context, in the loop over the handlers. */

static inline struct nmi_cpu *
note_begin(void)
{
	return &curcpu()->ci_nmi;
}

static inline struct nmi_slot *
note_slot(const struct nmi_cpu *nc, struct nmi_account *na)
{
	return (struct nmi_slot *)((char *)na->na_slot + nc->nc_slot);
}

/* Known before the call: a handler may not return. */
static inline void
note_call(struct nmi_cpu *nc, struct nmi_account *na)
{
	nc->nc_current = na;
	note_slot(nc, na)->ns_calls++;
}

static inline void
note_claim(struct nmi_cpu *nc, struct nmi_account *na)
{
	note_slot(nc, na)->ns_claims++;
	nc->nc_entry->le_claimer = na->na_func;
}

static inline uint64_t
note_time(void)
{
	return rdtsc();
}

static inline void
note_elapsed(struct nmi_cpu *nc, struct nmi_account *na, uint64_t start)
{
	struct nmi_slot *ns = note_slot(nc, na);
	uint64_t t = rdtsc() - start;

	if (t > ns->ns_maxcycles)
		ns->ns_maxcycles = t;
}

static inline void
note_end(struct nmi_cpu *nc)
{
	nc->nc_current = NULL;
}

#endif
