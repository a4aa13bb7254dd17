/* Time and boot state. */

#ifndef _SYS_KERNEL_H_
#define _SYS_KERNEL_H_

#include <sys/types.h>

#define hz	100

#define mstohz(ms)	((int)(((int64_t)(ms) * hz + 999) / 1000))
#define hztoms(t)	((int)((int64_t)(t) * 1000 / hz))

extern volatile int hardclock_ticks;	/* since boot */
static inline int
getticks(void)
{
	return hardclock_ticks;
}

void delay(u_int);			/* spin that many microseconds (MD) */
uint64_t uptime_us(void);		/* since boot, by the TSC (MD) */

#endif
