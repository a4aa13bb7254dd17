/*
 * Watchdogs: what happens when one finds the machine, or a CPU, stuck.
 *
 * For every watchdog whose NMI its own handler claims, whatever device it is.
 */

#ifndef _SYS_WATCHDOG_H_
#define _SYS_WATCHDOG_H_

#include <sys/types.h>

struct cpu_info;
struct trapframe;

/* sysctl kern.watchdog.action */
enum watchdog_action { WATCHDOG_PANIC, WATCHDOG_DDB, WATCHDOG_LOG };
enum watchdog_action watchdog_action(void);	/* any context */

/*
 * watchdog_act(tf, trace, fmt, ...):
 *
 *	Say "watchdog: ..." in one line (fmt has no newline), with a trace of
 *	what the NMI interrupted if asked, then act as kern.watchdog.action says.
 *	=> NMI context, in a handler that will claim this NMI.
 *	=> returns where the machine goes on.  False: nothing was said, since
 *	   another CPU had stopped the machine, or this one is in the debugger
 *	   or a panic itself.
 */
bool watchdog_act(const struct trapframe *, bool, const char *, ...)
    __printflike(3, 4);

/*
 * CPUs that are stuck: with interrupts off, which the MD part notices by
 * NMI; or taking interrupts, but never scheduling (kern_watchdog.c).
 */
#define WATCHDOG_PERIOD	10		/* seconds, the default */
#define WATCHDOG_SOFT	20

void watchdog_configure(void);		/* at boot, once all CPUs run */
void watchdog_tick(struct cpu_info *);	/* from hardclock(), when it is due */
u_int watchdog_period(void);		/* seconds; 0: off */

/*
 * watchdog_touch():
 *
 *	This CPU waits for a device, perhaps with interrupts off, and has a bound
 *	for that: it is not stuck.
 *	=> any context; again and again as it waits.
 */
void watchdog_touch(void);

/* MD.  Thread context. */
void cpu_watchdog_configure(void);	/* chooses a source */
int cpu_watchdog_set(u_int);		/* period changes; 0 or an errno */
bool cpu_watchdog_on(void);
/* MD.  From the clock interrupt.  => ticks until it wants to be called again. */
u_int cpu_watchdog_check(struct cpu_info *);

#endif
