/* Watchpoints of the CPU itself, by its debug registers. */

#ifndef _X86_DBREGS_H_
#define _X86_DBREGS_H_

#include <sys/types.h>

#include <x86/cpufunc.h>

#define X86_NWATCH	4

/* What hits: the CPU's encoding. */
#define X86_WATCH_EXEC	0
#define X86_WATCH_WRITE	1
#define X86_WATCH_RW	3

/*
 * x86_watch_set(n, va, len, how):
 *
 *	Watch 1, 2, 4 or 8 bytes with the n-th watchpoint of this CPU.
 *	=> preemption disabled, so that it is this CPU.
 *	=> 0; EINVAL for what the CPU cannot; EPERM for what taking a trap
 *	   touches: a hit there would never end.
 */
int x86_watch_set(u_int, vaddr_t, size_t, u_int);
void x86_watch_clear(u_int);

/* Off, and as they were; any context. */
static inline u_long
x86_watch_suspend(void)
{
	u_long dr7 = rdr7();

	ldr7(0);
	return dr7;
}

static inline void
x86_watch_resume(u_long dr7)
{
	ldr7(dr7);
}

#endif
