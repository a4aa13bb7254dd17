/*
 * A watchdog's NMI, to be acted upon by whatever kern.watchdog.action is: if
 * it goes on, what came of it is told, and the end is a panic of our own.
 * And an end that no watchdog may take for a CPU that is stuck.
 */

#include <sys/sysctl.h>
#include <sys/watchdog.h>
#include "nmitest.h"

static bool dw_acted;

static int
dw_handler(const struct trapframe *tf, void *arg __unused)
{
	dw_acted = watchdog_act(tf, true, "a device says %s", "so");
	return 1;
}

KDEATH(watchdog_act, "watchdog-act", "a watchdog's NMI")
{
	nmi_handler_t *nh = nmi_establish(dw_handler, NULL);

	if (nh != NULL && nt_self())
		printf("watchdog acted: %d\n", dw_acted);
	panic("the watchdog's NMI is over");
}

KDEATH(watchdog_halt, "watchdog-halt", "halted, while CPUs are watched")
{
	char err[SYSCTL_ERRLEN];

	if (sysctl_set_text("kern.watchdog.period", "1", err, sizeof(err)) != 0)
		panic("%s", err);
	printf("watchdog: halting\n");
	cpu_reboot(RB_HALT, NULL);
}
