/* What each CPU keeps about its NMIs: a member of struct cpu_info. */

#ifndef _X86_NMICPU_H_
#define _X86_NMICPU_H_

#include <sys/types.h>
#include <sys/evcnt.h>

#define NMI_LOG_SIZE	32
#define NMI_DEFER_SIZE	16		/* of each ring; a power of two */
#define NMI_PRINTF_SIZE	1024		/* a power of two */

#define NMI_LOG_LATCHED	0x1U	/* a run for those that came during the last */
#define NMI_LOG_PING	0x2U	/* claimed, since nmi_ping() had sent one */
#define NMI_LOG_STOP	0x4U	/* claimed, since we were to be stopped */
#define NMI_LOG_CAUSE	3	/* the bit of the first enum nmi_cause; others follow */

struct nmi_account;

/* One NMI taken; the entries of a CPU form a ring. */
struct nmi_log_entry {
	struct nmi_log_entry *le_next;
	uint32_t le_tsc[2];		/* low, high; 0: never used */
	uint64_t le_rip;
	union {
		uint64_t le_cs_why;	/* one store of cs clears le_why */
		struct {
			uint32_t le_cs;
			uint32_t le_why;	/* NMI_LOG_*, and nmi_cause_add()'s */
		};
	};
	int (*le_claimer)(const struct trapframe *, void *);	/* the last one */
};

struct nmi_deferred {
	void (*d_func)(void *);
	void *d_arg;
};

/* Filled by NMIs of this CPU, emptied by one reader on it. */
struct nmi_defer_ring {
	volatile u_int dr_head;		/* next to fill */
	volatile u_int dr_tail;		/* next to run */
	struct nmi_deferred dr_slot[NMI_DEFER_SIZE];
};

struct nmi_cpu {
	/* Of the NMI being handled: touched by every one of them. */
	struct nmi_account *nc_current;	/* the handler that runs, or NULL */
	struct nmi_log_entry *nc_entry;	/* its line in the log */
	size_t nc_slot;			/* our offset in struct nmi_account */
	struct evcnt nc_taken;		/* runs of the dispatcher */

	struct evcnt nc_latched;	/* arrivals while one ran */
	struct evcnt nc_absorbed;	/* swallowed while stopped */
	struct evcnt nc_unclaimed;
	struct nmi_log_entry nc_log[NMI_LOG_SIZE];

	/* nmi_ipi.c */
	volatile u_int nc_ipi;		/* why we sent it an NMI: NMI_IPI_* */
	volatile u_int nc_again;	/* one came while we own the machine */
	volatile u_int nc_parked;	/* the stop word it waits on, or 0 */
	const struct trapframe *volatile nc_frame;	/* what it was doing */

	/* nmi_ping.c */
	volatile u_int nc_ping_sent, nc_ping_left;
	volatile u_int nc_ping_seen, nc_ping_settled;
	volatile u_int nc_pings;	/* NMIs claimed for them */

	volatile u_int nc_lint1_masked;	/* nmi_storm.c */

	/* nmi_defer.c, nmi_printf.c */
	struct nmi_defer_ring nc_defer[2];
	struct evcnt nc_defer_lost;
	volatile u_int nc_print_head, nc_print_tail;
	struct evcnt nc_print_lost;
	char nc_print[NMI_PRINTF_SIZE];
};

#endif
