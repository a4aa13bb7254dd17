/* The machine-independent part of struct cpu_info. */

#ifndef _SYS_CPU_DATA_H_
#define _SYS_CPU_DATA_H_

#include <sys/types.h>

struct trapframe;

struct cpu_data {
	char cpu_name[8];		/* "cpu0" */
	int cpu_mtx_count;		/* spin mutexes held: 0 down to -n */
	int cpu_mtx_oldspl;		/* splx() of the outermost one */
	volatile uint64_t cpu_nintr;	/* interrupts taken */
	volatile uint64_t cpu_nswtch;	/* context switches */
	volatile uint64_t cpu_ticks;	/* hardclock() calls */
	int cpu_clock_seen;		/* hardclock_ticks at the last one... */
	u_int cpu_clock_missed;		/* and how often it had not moved */
	volatile uint64_t cpu_nipi;
	const struct trapframe *cpu_intrframe;	/* of the interrupt under way */
	/* kern_watchdog.c */
	volatile uint64_t cpu_nsched;	/* runs of the scheduler */
	volatile uint64_t cpu_watchdog_due;	/* by cpu_ticks */
	volatile uint64_t cpu_touched;	/* watchdog_touch(): so often */
	uint64_t cpu_soft_due;		/* the next look, by cpu_ticks */
	uint64_t cpu_soft_seen;		/* cpu_nsched, last time it had moved... */
	uint64_t cpu_soft_since;	/* and cpu_ticks then */
	bool cpu_soft_told;
	struct runq *cpu_runq;		/* threads bound to it (kern_runq.c) */
	struct softcpu *cpu_softcpu;	/* its softint(9) threads */
	struct lwp *cpu_xcall;		/* runs low-priority cross-calls */
};

#endif
