/* Machine checks (mca.c). */

#ifndef _X86_MCAVAR_H_
#define _X86_MCAVAR_H_

struct trapframe;

void mca_init_cpu(void);	/* each CPU, when it may print */

/*
 * From its trap.  NULL: all is told, and execution goes on by the trapframe;
 * else the reason to panic.
 */
const char *mca_trap(struct trapframe *);

/* From the debugger's prompt, after a fatal one: its trap is not left otherwise. */
void mca_abandon(void);

#endif
