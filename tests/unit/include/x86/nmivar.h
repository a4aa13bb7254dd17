/*
 * The host's <x86/nmivar.h>: the same calls in plain C, so that the tests
 * see whether nmi.c makes them.  The counts are atomic, since here the
 * "CPUs" are threads that share one slot.
 */

#ifndef _UNIT_X86_NMIVAR_H_
#define _UNIT_X86_NMIVAR_H_

#include <sys/param.h>
#include <sys/atomic.h>
#include <machine/cpu.h>
#include <x86/nmi.h>

typedef int (*nmi_handler_func_t)(const struct trapframe *, void *);

struct nmi_account {
	nmi_handler_t *na_handle;
	struct nmi_account *na_next;	/* the one attached before */
	nmi_handler_func_t na_func;
	void *na_arg;
	volatile u_int na_calls, na_claims, na_timed;
};

#define NMI_ACCOUNT_END	{ .na_calls = 0 }

extern bool nmi_timing;
extern volatile u_int note_attached, note_open;
extern struct nmi_account *note_accounts;	/* changed under nmi.c's lock */

bool nmi_thread_context(const char *, nmi_handler_func_t);

static inline void
note_attach(struct nmi_account *na, nmi_handler_t *handle,
    nmi_handler_func_t func, void *arg)
{
	na->na_handle = handle;
	na->na_next = note_accounts;
	note_accounts = na;
	na->na_func = func;
	na->na_arg = arg;
	atomic_inc_uint(&note_attached);
}

static inline void
note_detach(struct nmi_account *na __unused)
{
	atomic_dec_uint(&note_attached);
}

static inline size_t
note_begin(void)
{
	atomic_inc_uint(&note_open);
	return 0;
}

static inline bool
note_call(size_t slot __unused, struct nmi_account *na, bool handler)
{
	if (handler)
		atomic_inc_uint(&na->na_calls);
	return handler;
}

static inline void
note_claim(size_t slot __unused, struct nmi_account *na)
{
	atomic_inc_uint(&na->na_claims);
}

static inline uint64_t
note_time(void)
{
	return 1;
}

static inline void
note_elapsed(size_t slot __unused, struct nmi_account *na, uint64_t start)
{
	atomic_add_uint(&na->na_timed, (int)start);
}

static inline void
note_end(void)
{
	atomic_dec_uint(&note_open);
}

#endif
