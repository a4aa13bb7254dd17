/*
 * Watchdogs over CPUs, the part without a machine in it: sysctl
 * kern.watchdog.* with Linux's names as views, and soft lockups.
 *
 * A CPU is softly locked up if it takes clock interrupts but its scheduler has
 * not run for kern.watchdog.soft seconds of them: a thread that never sleeps
 * is none, as long as it can be preempted.  Its own clock finds that; what
 * happens if it takes none, cpu_watchdog_check() knows.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/sysctl.h>
#include <sys/watchdog.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>

#define PERIOD_MAX	3600
#define THRESH_MAX	60		/* Linux's */

static int action;
static const char *const action_words[] = {
	[WATCHDOG_PANIC] = "panic", [WATCHDOG_DDB] = "ddb", [WATCHDOG_LOG] = "log", NULL
};
static int period = WATCHDOG_PERIOD;
static int soft = WATCHDOG_SOFT;

/* Any context: one aligned load. */
enum watchdog_action
watchdog_action(void)
{
	return (enum watchdog_action)atomic_load_relaxed(&action);
}

u_int
watchdog_period(void)
{
	return (u_int)period;
}

/* Another CPU's, if we were moved just now, does no harm. */
void
watchdog_touch(void)
{
	curcpu()->ci_data.cpu_touched++;
}

/* Once an episode, in the clock interrupt of the CPU that it is about. */
static void
soft_report(const struct cpu_info *ci)
{
	const struct trapframe *tf = ci->ci_data.cpu_intrframe;
	char where[80];

	printf("watchdog: %s has scheduled nothing for %d s, thread %s at %s\n",
	    cpu_name(ci), soft, ci->ci_curlwp->l_name,
	    ksyms_format(where, sizeof(where), db_frame_pc(tf)));
	trapframe_trace(tf, printf);
}

/* Not a part of its caller, which runs more often. */
static __noinline void
soft_check(struct cpu_info *ci)
{
	struct cpu_data *cd = &ci->ci_data;
	uint64_t now = cd->cpu_nsched;

	if (now != cd->cpu_soft_seen || db_cpu_idle(ci)) {
		cd->cpu_soft_seen = now;
		cd->cpu_soft_since = cd->cpu_ticks;
		cd->cpu_soft_told = false;
		return;
	}
	if (cd->cpu_soft_told || soft == 0 ||
	    cd->cpu_ticks - cd->cpu_soft_since < (uint64_t)soft * hz)
		return;
	cd->cpu_soft_told = true;
	soft_report(ci);
}

void
watchdog_tick(struct cpu_info *ci)
{
	struct cpu_data *cd = &ci->ci_data;
	const uint64_t now = cd->cpu_ticks;

	if (now >= cd->cpu_soft_due) {
		cd->cpu_soft_due = now + hz / 2;
		soft_check(ci);
	}
	cd->cpu_watchdog_due = now + cpu_watchdog_check(ci);
}

/* At boot, when the arguments are known. */
void
watchdog_configure(void)
{
	cpu_watchdog_configure();
}

static int
set_period(int seconds)
{
	int error = cpu_watchdog_set((u_int)seconds);

	if (error == 0)
		period = seconds;
	return error;
}

static int
put_period(const struct sysctl_node *n __unused, const struct sysctl_value *v)
{
	return set_period((int)v->sv_num);
}

SYSCTL_NODE(watchdog_action, "kern.watchdog.action", CTLTYPE_ENUM,
    CTLFLAG_READWRITE, "what a watchdog does that finds something stuck",
    .sn_data = &action, .sn_words = action_words);
SYSCTL_NODE(watchdog_period, "kern.watchdog.period", CTLTYPE_INT,
    CTLFLAG_READWRITE, "seconds without a clock interrupt: a CPU is stuck; 0 off",
    .sn_data = &period, .sn_max = PERIOD_MAX, .sn_set = put_period);
SYSCTL_NODE(watchdog_soft, "kern.watchdog.soft", CTLTYPE_INT,
    CTLFLAG_READWRITE, "seconds without the scheduler: a message; 0 off",
    .sn_data = &soft, .sn_max = PERIOD_MAX);

/* Linux's names. */

static void
get_panics(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = watchdog_action() == WATCHDOG_PANIC;
}

/* 0 is what Linux then does: a message, and on. */
static int
set_panics(const struct sysctl_node *n __unused, const struct sysctl_value *v)
{
	atomic_store_relaxed(&action, v->sv_num ? WATCHDOG_PANIC : WATCHDOG_LOG);
	return 0;
}

static void
get_on(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = period != 0 && cpu_watchdog_on();
}

static int
set_on(const struct sysctl_node *n __unused, const struct sysctl_value *v)
{
	if (v->sv_num == 0)
		return set_period(0);
	return set_period(period != 0 ? period : WATCHDOG_PERIOD);
}

SYSCTL_NODE(hardlockup_panic, "kernel.hardlockup_panic", CTLTYPE_INT,
    CTLFLAG_READWRITE, "1: kern.watchdog.action is panic; 0: sets it to log",
    .sn_max = 1, .sn_get = get_panics, .sn_set = set_panics);
SYSCTL_NODE(nmi_watchdog, "kernel.nmi_watchdog", CTLTYPE_INT,
    CTLFLAG_READWRITE, "1: kern.watchdog.period is not 0, and CPUs are watched",
    .sn_max = 1, .sn_get = get_on, .sn_set = set_on);
SYSCTL_NODE(watchdog_thresh, "kernel.watchdog_thresh", CTLTYPE_INT,
    CTLFLAG_READWRITE, "kern.watchdog.period",
    .sn_data = &period, .sn_max = THRESH_MAX, .sn_set = put_period);
