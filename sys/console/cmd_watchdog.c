/* watchdog: the hardware watchdogs; arm one, tickle it, disarm it. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/console.h>
#include <sys/sysmon_wdog.h>

static const char *
mode_name(u_int mode)
{
	return mode == WDOG_MODE_UTICKLE ? "operator" : "kernel";
}

static void
watchdog_list(void)
{
	struct sysmon_wdog w;
	char period[12];
	bool armed;
	u_int i;

	printf_nolog("%-12s %-8s %8s %8s %8s  %s\n", "DEVICE", "STATE", "PERIOD",
	    "MIN", "MAX", "TICKLED BY");
	for (i = 0; sysmon_wdog_get(i, &w); i++) {
		armed = w.smw_mode != WDOG_MODE_DISARMED;
		snprintf(period, sizeof(period), "%u", w.smw_period);
		printf_nolog("%-12s %-8s %8s %8u %8u  %s\n", w.smw_name,
		    !armed ? "off" : sysmon_wdog_bitten(&w) ? "bitten" : "armed", armed ? period : "-",
		    w.smw_minperiod, w.smw_maxperiod,
		    armed ? mode_name(w.smw_mode) : "-");
	}
}

/* What went wrong, and what to do about it. */
static void
watchdog_explain(int error, const char *name)
{
	static const struct {
		int e_error;
		const char *e_text;
	} errors[] = {
		{ ENOENT, "no such device; watchdog alone lists them" },
		{ EBUSY, "another one, or this, is armed; disarm it first" },
		{ ENXIO, "not armed; arm it first" },
		{ EPERM, "the kernel tickles it; to do it yourself, arm it for the operator" },
		{ ENOMEM, "no memory for its NMI handler" },
		{ ETIMEDOUT, "the device does not answer" },
	};
	u_int i;

	for (i = 0; i < __arraycount(errors); i++)
		if (errors[i].e_error == error) {
			printf_nolog("watchdog: %s: %s\n", name, errors[i].e_text);
			return;
		}
	printf_nolog("watchdog: %s: the device refuses, error %d\n", name, error);
}

static void
watchdog_arm(const char *name, const char *seconds, u_int mode)
{
	struct sysmon_wdog w;
	uint64_t period = WDOG_PERIOD_DEFAULT;
	int error;

	if (!sysmon_wdog_lookup(name, &w)) {
		watchdog_explain(ENOENT, name);
		return;
	}
	if (seconds != NULL && (kstrtou64(seconds, 10, &period) != 0 ||
	    period < w.smw_minperiod || period > w.smw_maxperiod)) {
		printf_nolog("watchdog: '%s': bad number of seconds, %s takes %u to %u\n",
		    seconds, name, w.smw_minperiod, w.smw_maxperiod);
		return;
	}
	error = sysmon_wdog_arm(name, mode, (u_int)period);
	if (error != 0) {
		watchdog_explain(error, name);
		return;
	}
	(void)sysmon_wdog_lookup(name, &w);
	printf("watchdog: %s armed, bites after %u s, tickled by the %s\n", name,
	    w.smw_period, mode_name(w.smw_mode));
}

static int
watchdog_cmd_arm(int argc, char **argv)
{
	u_int mode = WDOG_MODE_KTICKLE;

	if (argc < 2 || argc > 4)
		return EINVAL;
	if (argc == 4 && strcmp(argv[3], "operator") == 0)
		mode = WDOG_MODE_UTICKLE;
	else if (argc == 4 && strcmp(argv[3], "kernel") != 0)
		return EINVAL;
	watchdog_arm(argv[1], argv[2], mode);
	return 0;
}

static int
watchdog_cmd_tickle(int argc, char **argv)
{
	int error;

	if (argc != 2)
		return EINVAL;
	if ((error = sysmon_wdog_utickle(argv[1])) != 0)
		watchdog_explain(error, argv[1]);
	return 0;
}

static int
watchdog_cmd_disarm(int argc, char **argv)
{
	int error;

	if (argc != 2)
		return EINVAL;
	if ((error = sysmon_wdog_disarm(argv[1])) != 0)
		watchdog_explain(error, argv[1]);
	else
		printf("watchdog: %s is off\n", argv[1]);
	return 0;
}

/* EINVAL: no such subcommand, or not its words. */
static int
watchdog_sub(int argc, char **argv)
{
	static const struct {
		const char *s_name;
		int (*s_func)(int, char **);
	} subs[] = {
		{ "arm", watchdog_cmd_arm },
		{ "tickle", watchdog_cmd_tickle },
		{ "disarm", watchdog_cmd_disarm },
	};
	u_int i;

	for (i = 0; i < __arraycount(subs); i++)
		if (strcmp(argv[0], subs[i].s_name) == 0)
			return (*subs[i].s_func)(argc, argv);
	return EINVAL;
}

/* More than the shell's usage line, which is the line of help, has room for. */
static int
cmd_watchdog(int argc, char **argv)
{
	if (argc == 1)
		watchdog_list();
	else if (watchdog_sub(argc - 1, argv + 1) == EINVAL)
		printf_nolog("usage: watchdog [arm NAME [SECONDS [kernel|operator]] | "
		    "tickle NAME | disarm NAME]\n");
	return 0;
}
CONSOLE_COMMAND(watchdog, cmd_watchdog, "[arm|tickle|disarm NAME ...]",
    "list and use the hardware watchdogs");
