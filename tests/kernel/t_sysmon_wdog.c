/*
 * sysmon_wdog(9) with a device that is a record: who may do what, what the
 * callout does, and that each CPU claims a bite once.
 *
 * The handler is called for every NMI of every CPU; what is counted is what it
 * claims, and whatever it declines is claimed by nt_claim().
 */

#include <sys/sysctl.h>
#include <sys/sysmon_wdog.h>
#include <sys/watchdog.h>
#include "nmitest.h"

#define SW_MIN		1
#define SW_MAX		60
#define SW_LONG		60		/* no tickle comes during the test */
#define SW_SHORT	0		/* a tickle each tick of the clock */

static volatile u_int sw_tickles, sw_setmodes;
static volatile int sw_error, sw_deaf;	/* of setting the mode, of tickling */
static volatile bool sw_bit;

static int
sw_setmode(struct sysmon_wdog *smw __unused)
{
	sw_setmodes++;
	return sw_error;
}

static int
sw_tickle(struct sysmon_wdog *smw __unused)
{
	sw_tickles++;
	return sw_deaf;
}

static int
sw_nmi(const struct trapframe *tf, void *arg)
{
	return sysmon_wdog_nmi(arg, tf, sw_bit);
}

/* clang-format off */
static struct sysmon_wdog sw = {
	.smw_name = "ktest",
	.smw_setmode = sw_setmode,
	.smw_tickle = sw_tickle,
	.smw_nmi = sw_nmi,
	.smw_minperiod = SW_MIN,
	.smw_maxperiod = SW_MAX,
	.smw_defperiod = 5,
};
/* clang-format on */

static void
sw_begin(void)
{
	sw_error = sw_deaf = 0;
	sw_bit = false;
	sw.smw_minperiod = SW_SHORT;
	KT_CHECK(sysmon_wdog_register(&sw) == 0);
}

KTEST(sysmon_wdog_refused, "what makes no sense is refused and changes nothing")
{
	static struct sysmon_wdog other = { .smw_name = "ktest" };
	struct sysmon_wdog copy;
	u_int before;

	sw_begin();
	sw.smw_minperiod = SW_MIN;
	before = sw_setmodes;
	KT_CHECK(sysmon_wdog_register(&other) == EEXIST);
	KT_CHECK(sysmon_wdog_arm("nothing", WDOG_MODE_KTICKLE, 5) == ENOENT);
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_KTICKLE, SW_MIN - 1) == ERANGE);
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_KTICKLE, SW_MAX + 1) == ERANGE);
	KT_CHECK(sysmon_wdog_disarm("ktest") == ENXIO);
	KT_CHECK(sysmon_wdog_utickle("ktest") == ENXIO);
	KT_CHECK(sw_setmodes == before);
	sw_error = EIO;
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_KTICKLE, 5) == EIO);
	KT_CHECK(sw.smw_mode == WDOG_MODE_DISARMED);
	sw_error = 0;
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_KTICKLE, WDOG_PERIOD_DEFAULT) == 0);
	KT_CHECK(sysmon_wdog_lookup("ktest", &copy) && copy.smw_period == 5);
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_KTICKLE, 5) == EBUSY);
	KT_CHECK(sysmon_wdog_arm("ib700", WDOG_MODE_KTICKLE, 30) == EBUSY);
	KT_CHECK(sysmon_wdog_utickle("ktest") == EPERM);
	sw_error = EIO;
	KT_CHECK(sysmon_wdog_disarm("ktest") == EIO);
	KT_CHECK(sw.smw_mode == WDOG_MODE_KTICKLE);
	sw_error = 0;
	KT_CHECK(sysmon_wdog_disarm("ktest") == 0);
	sysmon_wdog_unregister(&sw);
	KT_CHECK(!sysmon_wdog_lookup("ktest", &copy));
}

KTEST(sysmon_wdog_tickled, "the kernel tickles at half of the period; the operator when he says so")
{
	u_int before;

	sw_begin();
	before = sw_tickles;
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_KTICKLE, SW_SHORT) == 0);
	KT_CHECK(KT_WAIT(sw_tickles >= before + 2));
	KT_CHECK(sysmon_wdog_disarm("ktest") == 0);
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_UTICKLE, SW_LONG) == 0);
	before = sw_tickles;
	KT_CHECK(sysmon_wdog_utickle("ktest") == 0 && sw_tickles == before + 1);
	sysmon_wdog_unregister(&sw);	/* armed */
	KT_CHECK(sw.smw_mode == WDOG_MODE_DISARMED && sw.smw_handler == NULL);
}

KTEST(sysmon_wdog_deaf, "a device that goes deaf is told of once, and armed when it hears again")
{
	u_int before;

	sw_begin();
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_KTICKLE, SW_SHORT) == 0);
	before = sw_setmodes;
	sw_deaf = EIO;
	KT_CHECK(KT_WAIT(sw_setmodes >= before + 2));
	sw_deaf = 0;
	before = sw_tickles;
	KT_CHECK(KT_WAIT(sw_tickles >= before + 2));
	/* One that has bitten, and does not want to be armed again. */
	sw_error = EIO;
	before = sw_setmodes;
	sw.smw_bites |= 1;
	KT_CHECK(KT_WAIT(sw_setmodes >= before + 2) && sysmon_wdog_bitten(&sw));
	sw_error = 0;
	KT_CHECK(KT_WAIT(!sysmon_wdog_bitten(&sw)));
	sysmon_wdog_unregister(&sw);
}

KTEST(sysmon_wdog_suspended, "suspended it is off, resumed it is as before, bitten or not")
{
	u_int before;

	sw_begin();
	before = sw_setmodes;
	sysmon_wdog_suspend();
	sysmon_wdog_resume();
	KT_CHECK(sw_setmodes == before);	/* nothing is armed */
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_UTICKLE, SW_LONG) == 0);
	before = sw_setmodes;
	sysmon_wdog_resume();			/* it was not suspended */
	KT_CHECK(sw_setmodes == before);
	sysmon_wdog_suspend();
	sysmon_wdog_suspend();			/* a panic in the debugger */
	KT_CHECK(sw_setmodes == before + 1 && sw.smw_mode == WDOG_MODE_DISARMED);
	sw.smw_bites |= 1;
	sysmon_wdog_resume();
	KT_CHECK(sw_setmodes == before + 2 && sw.smw_mode == WDOG_MODE_UTICKLE);
	KT_CHECK(!sysmon_wdog_bitten(&sw));
	KT_CHECK(sysmon_wdog_disarm("ktest") == 0);
	/* One that does not answer then is armed by the callout. */
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_KTICKLE, SW_SHORT) == 0);
	sysmon_wdog_suspend();
	sw_error = EIO;
	sysmon_wdog_resume();
	before = sw_setmodes;
	KT_CHECK(KT_WAIT(sw_setmodes > before));
	sw_error = 0;
	before = sw_tickles;
	KT_CHECK(KT_WAIT(sw_tickles > before));
	sysmon_wdog_unregister(&sw);
}

/* How often each CPU has claimed, all together. */
static uint64_t
sw_claims(void)
{
	uint64_t sum = 0;

	for (u_int i = 0; i < (u_int)ncpu; i++)
		sum += nt_claims(sw.smw_handler, i);
	return sum;
}

/* One NMI to each CPU; how many of them were claimed. */
static u_int
sw_send_all(void)
{
	uint64_t before = sw_claims();
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci))
		KT_CHECK(nt_send(ci));
	return (u_int)(sw_claims() - before);
}

/* The CPUs whose last NMI has our name in the log. */
static u_int
sw_named(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	u_int n = 0;

	for (CPU_INFO_FOREACH(cii, ci))
		n += (ci->ci_nmi.nc_entry->le_why & sw.smw_cause) != 0;
	return n;
}

static void
sw_policy(const char *action)
{
	char err[SYSCTL_ERRLEN];

	KT_CHECK(sysctl_set_text("kern.watchdog.action", action, err, sizeof(err)) == 0);
}

KTEST(sysmon_wdog_claims, "each CPU claims a bite once, also one that it takes late")
{
	nmi_handler_t *all = nmi_establish(nt_claim, NULL);

	sw_begin();
	sw_policy("log");
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_UTICKLE, SW_LONG) == 0);
	KT_CHECK(sw_send_all() == 0 && sw_named() == 0);
	sw_bit = true;
	KT_CHECK(sw_send_all() == (u_int)ncpu && sw_named() == (u_int)ncpu);
	KT_CHECK(sysmon_wdog_bitten(&sw));
	/* The mark is still there. */
	KT_CHECK(sw_send_all() == 0 && sw_named() == 0);
	sw_bit = false;
	sysmon_wdog_rearmed(&sw);
	KT_CHECK(sw_send_all() == 0);
	sw_bit = true;
	KT_CHECK(nt_send(cpu_lookup(0)));
	sw_bit = false;
	sysmon_wdog_rearmed(&sw);
	KT_CHECK(sw_send_all() == (u_int)ncpu - 1);
	sw_policy("panic");
	sysmon_wdog_unregister(&sw);
	nmi_disestablish(all);
}

KTEST(sysmon_wdog_overdue, "a period without a tickle, but for a sixteenth, is overdue")
{
	sw_begin();
	KT_CHECK(!sysmon_wdog_overdue(&sw));
	KT_CHECK(sysmon_wdog_arm("ktest", WDOG_MODE_UTICKLE, SW_LONG) == 0);
	KT_CHECK(!sysmon_wdog_overdue(&sw));
	sw.smw_tickled -= 40 * 1000000;
	KT_CHECK(!sysmon_wdog_overdue(&sw));
	sw.smw_tickled -= 17 * 1000000;
	KT_CHECK(sysmon_wdog_overdue(&sw));
	KT_CHECK(sysmon_wdog_utickle("ktest") == 0 && !sysmon_wdog_overdue(&sw));
	sysmon_wdog_unregister(&sw);
}
