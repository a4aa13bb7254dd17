/*
 * The clock interrupt: hz times a second on each CPU, with interrupts off.
 * The boot CPU's tick is the one that time is made of.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/lwp.h>

volatile int hardclock_ticks;

void
hardclock(void)
{
	struct cpu_info *ci = curcpu();
	int now;

	ci->ci_data.cpu_ticks++;
	if (cpu_index(ci) == 0) {
		now = (int)((u_int)hardclock_ticks + 1);
		hardclock_ticks = now;
		callout_hardclock(now);
		sleepq_tick(now);
	}
	if (ci->ci_running)
		sched_tick(ci);
}
