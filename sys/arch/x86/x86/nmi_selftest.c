/*
 * The last step of the start: at boot every CPU is sent one NMI, by the CPU
 * that boots, and has to take it.  Thread context.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include <machine/cpu.h>

#include <x86/nmivar.h>

bool
nmi_selftest_cpu(struct cpu_info *ci)
{
	if (nmi_ping(ci))
		return true;
	printf("nmi: %s: self-test failed: no NMI arrived in %d ms\n",
	    cpu_name(ci), NMI_PING_MS);
	return false;
}

void
nmi_configure(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	int passed = 0;

	nmi_defer_init();
	nmi_cmd_init();
	/*
	 * nmi_ping() also sends the interrupt that runs what was deferred and
	 * printed so far: before the LAPIC was up, or the softint there.
	 */
	for (CPU_INFO_FOREACH(cii, ci))
		passed += nmi_selftest_cpu(ci);
	printf("nmi: %d handlers, self-test passed on %d of %d CPUs\n",
	    nmi_account_count(), passed, ncpu);
}
