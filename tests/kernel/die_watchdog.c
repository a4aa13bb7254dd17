/*
 * A watchdog's NMI, to be acted upon by whatever kern.watchdog.action is.  If
 * it goes on, what came of it is told, and the end is a panic of our own.
 */

#include <sys/watchdog.h>
#include "nmitest.h"

static bool dw_acted;

static int
dw_handler(const struct trapframe *tf, void *arg __unused)
{
	dw_acted = watchdog_act(tf, true, "a device says %s", "so");
	return 1;
}

KDEATH(nmi_watchdog, "nmi-watchdog", "a watchdog's NMI")
{
	nmi_handler_t *nh = nmi_establish(dw_handler, NULL);

	if (nh != NULL && nt_self())
		printf("watchdog acted: %d\n", dw_acted);
	panic("the watchdog's NMI is over");
}
