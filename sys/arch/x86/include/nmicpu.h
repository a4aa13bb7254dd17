/* What each CPU keeps about its NMIs: a member of struct cpu_info. */

#ifndef _X86_NMICPU_H_
#define _X86_NMICPU_H_

#include <sys/types.h>

#define NMI_LOG_SIZE	32

struct nmi_account;

/* One NMI taken; the entries of a CPU form a ring. */
struct nmi_log_entry {
	struct nmi_log_entry *le_next;
	uint64_t le_tsc;		/* 0: never used */
	uint64_t le_rip;
	uint64_t le_cs;
	int (*le_claimer)(const struct trapframe *, void *);	/* the last one */
};

struct nmi_cpu {
	/* Of the NMI being handled: touched by every one of them. */
	struct nmi_account *nc_current;	/* the handler that runs, or NULL */
	struct nmi_log_entry *nc_entry;	/* its line in the log */
	uint64_t nc_taken;		/* runs of the dispatcher */
	size_t nc_slot;			/* our offset in na_slot[] */

	uint64_t nc_unclaimed;
	uint64_t nc_absorbed;		/* swallowed while stopped */
	struct nmi_log_entry *nc_log;	/* NMI_LOG_SIZE of them */

	/* Stopping (nmi_ipi.c). */
	volatile u_int nc_stop_sent;	/* an NMI of ours is under way to it */
	volatile u_int nc_parked;	/* the value of the stop word it waits on */
	const struct trapframe *volatile nc_frame;	/* what it was doing */
};

#endif
