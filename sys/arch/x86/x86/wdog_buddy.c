/*
 * No device: a CPU that is stuck is found by the others, which send the NMI.
 * They do that with every source; with this one it is all there is, and a
 * machine whose CPUs are all stuck stays so.
 */

#include <sys/param.h>

#include <machine/cpu.h>

#include <x86/nmivar.h>
#include <x86/wdogvar.h>

#define TRIES	50	/* on a host that is busy a ping may seem lost */

static const char *
buddy_start(u_int apicid __unused)
{
	return ncpu < 2 ? "there is one CPU only" : NULL;
}

static void
buddy_nothing(void)
{
}

static bool
buddy_put_off(u_int us __unused)
{
	return false;
}

static bool
buddy_fired(void)
{
	return false;
}

static u_int
buddy_longest(void)
{
	return UINT_MAX / 3;
}

static bool
pinged(struct cpu_info *ci)
{
	int tries = 0;

	while (!nmi_ping(ci))
		if (++tries == TRIES)
			return false;
	return true;
}

static bool
buddy_test(void)
{
	return pinged(cpu_infos[0]) && pinged(cpu_infos[1]);
}

const struct wdog_source buddy_source = {
	.ws_name = "buddy",
	.ws_start = buddy_start,
	.ws_stop = buddy_nothing,
	.ws_longest = buddy_longest,
	.ws_put_off = buddy_put_off,
	.ws_fired = buddy_fired,
	.ws_test = buddy_test,
};
