/*
 * What a watchdog does that finds something stuck: sysctl
 * kern.watchdog.action, and Linux's name as a view of it.
 *
 * Read in NMI context: one aligned load.
 */

#include <sys/param.h>
#include <sys/atomic.h>
#include <sys/sysctl.h>
#include <sys/watchdog.h>

static int action;
static const char *const action_words[] = {
	[WATCHDOG_PANIC] = "panic", [WATCHDOG_DDB] = "ddb", [WATCHDOG_LOG] = "log", NULL
};

enum watchdog_action
watchdog_action(void)
{
	return (enum watchdog_action)atomic_load_relaxed(&action);
}

SYSCTL_NODE(watchdog_action, "kern.watchdog.action", CTLTYPE_ENUM,
    CTLFLAG_READWRITE, "what a watchdog does that finds something stuck",
    .sn_data = &action, .sn_words = action_words);

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

SYSCTL_NODE(hardlockup_panic, "kernel.hardlockup_panic", CTLTYPE_INT,
    CTLFLAG_READWRITE, "1: kern.watchdog.action is panic; 0: sets it to log",
    .sn_max = 1, .sn_get = get_panics, .sn_set = set_panics);
