/*
 * The clock interrupt: hz times a second on each CPU, with interrupts off.
 *
 * Time is made of the boot CPU's ticks.  While that takes no interrupts the
 * first other CPU to notice goes on in its place, and looks after the console's
 * input too, whose interrupt goes to the boot CPU: a machine with a wedged
 * CPU still serves its operator.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/callout.h>
#include <sys/cons.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/watchdog.h>

#define CLOCK_MISSED	5	/* ticks of ours without one of time */

volatile int hardclock_ticks;
static volatile u_int clock_cpu;	/* whose ticks are time */

/* Is it for this CPU to move time on? */
static bool
clock_mine(struct cpu_info *ci)
{
	struct cpu_data *cd = &ci->ci_data;
	const u_int owner = clock_cpu;
	const int now = hardclock_ticks;

	if (cpu_index(ci) == 0) {
		clock_cpu = 0;		/* perhaps after a while away */
		return true;
	}
	if (owner == cpu_index(ci))
		return true;
	if (now != cd->cpu_clock_seen) {
		cd->cpu_clock_seen = now;
		cd->cpu_clock_missed = 0;
		return false;
	}
	if (++cd->cpu_clock_missed < CLOCK_MISSED)
		return false;
	cd->cpu_clock_missed = 0;
	return atomic_cas_uint(&clock_cpu, owner, cpu_index(ci)) == owner;
}

void
hardclock(void)
{
	struct cpu_info *ci = curcpu();
	int now;

	ci->ci_data.cpu_ticks++;
	if (clock_mine(ci)) {
		/* Whoever was stuck amid its last tick may finish it now. */
		now = (int)atomic_inc_uint_nv((volatile u_int *)&hardclock_ticks);
		callout_hardclock(now);
		sleepq_tick(now);
		cnadopt();
		if (cpu_index(ci) != 0)
			cnintr();
	}
	if (ci->ci_running)
		sched_tick(ci);
	if (ci->ci_data.cpu_ticks >= ci->ci_data.cpu_watchdog_due)
		watchdog_tick(ci);
}
