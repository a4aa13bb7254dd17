/*
 * Watchdogs: what happens when one finds the machine, or a CPU, stuck.
 *
 * For every watchdog whose NMI its own handler claims, whatever device it is.
 */

#ifndef _SYS_WATCHDOG_H_
#define _SYS_WATCHDOG_H_

#include <sys/types.h>

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

#endif
