/* The clock interrupt: its rate, on every CPU.  Needs a calibrated uptime. */

#include <sys/kernel.h>
#include "ktest.h"

#define CL_TICKS	20
#define CL_US		((uint64_t)CL_TICKS * 1000000 / (u_int)hz)

/* From one tick to the CL_TICKS-th after it. */
static uint64_t
cl_measure(void)
{
	int tick = getticks();
	uint64_t start;

	KT_CHECK(KT_SPIN(getticks() != tick));
	start = uptime_us();
	tick = getticks();
	KT_CHECK(KT_SPIN(getticks() - tick >= CL_TICKS));
	return uptime_us() - start;
}

/* The host can lengthen one measurement, or shorten it; not all of them. */
KTEST(clock_rate, "hz ticks are a second, to one percent")
{
	int start = getticks();
	uint64_t us;

	do {
		us = cl_measure();
	} while ((us < CL_US - CL_US / 100 || us > CL_US + CL_US / 100) &&
	    !kt_timeout(start));
	KT_CHECK(!kt_timeout(start));
}

KTEST(clock_everywhere, "every CPU has a clock of its own")
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	uint64_t before;

	for (CPU_INFO_FOREACH(cii, ci)) {
		before = ci->ci_data.cpu_ticks;
		KT_CHECK(KT_WAIT(ci->ci_data.cpu_ticks - before >= 3));
	}
}
