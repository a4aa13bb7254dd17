/*
 * The debugger ddb(4), as the rest of the kernel sees it.
 *
 * All of it works in any context, NMI included.
 */

#ifndef _SYS_DEBUGGER_H_
#define _SYS_DEBUGGER_H_

#include <sys/types.h>
#include <sys/stdarg.h>

struct trapframe;

extern int db_onpanic;		/* sysctl ddb.onpanic: 1 and 2 enter it */
extern int db_fromconsole;	/* sysctl ddb.fromconsole: BREAK enters it */
extern bool boot_debugger;	/* the boot word -d */

/* Is somebody able to talk to it, and is the CPU set up to trap into it? */
bool db_possible(void);

/* Enter it where we stand, and come back on "continue". */
void Debugger(void);

/*
 * db_nmi(tf):
 *
 *	An NMI sends this CPU here, which owns the stopped or still running
 *	machine (nmi_stop_try()).  On return the machine goes on.
 */
void db_nmi(struct trapframe *);

/*
 * db_trap(tf):
 *
 *	=> true: the trap was ours, return to where it came from.
 *	=> a fault in the debugger itself does not return.
 */
bool db_trap(struct trapframe *);

/* The machine is stopped: whoever reports meets no breakpoint. */
void db_break_remove(void);

/*
 * db_panic(fmt, ap):
 *
 *	First thing in a panic: one inside the debugger ends at its prompt.
 *	=> returns where it did not come from there.
 */
void db_panic(const char *, va_list) __printflike(1, 0);

#endif
