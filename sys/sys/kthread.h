/* kthread(9): threads of the kernel. */

#ifndef _SYS_KTHREAD_H_
#define _SYS_KTHREAD_H_

#include <sys/types.h>

#define KTHREAD_IDLE	0x01	/* create it, do not start it */
#define KTHREAD_MPSAFE	0x02	/* accepted: every thread is */
#define KTHREAD_INTR	0x04	/* works for interrupts: never sleeps long */
#define KTHREAD_TS	0x08	/* time-sharing: PRI_NONE means PRI_USER */
#define KTHREAD_MUSTJOIN 0x10	/* stays until kthread_join() */

int kthread_create(pri_t, int, struct cpu_info *, void (*)(void *), void *,
    lwp_t **, const char *, ...) __printflike(7, 8);
void kthread_exit(int) __dead;
int kthread_join(lwp_t *);

#endif
