/*
 * The last step of the start: at boot every CPU is sent one NMI, by the CPU that boots, and has to take
 * it.  Thread context.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>

#include <machine/cpu.h>

#include <x86/nmivar.h>

#define SELFTEST_WAIT_US	200000

bool
nmi_selftest_cpu(struct cpu_info *ci)
{
	struct nmi_cpu *nc = &ci->ci_nmi;
	u_int before = nc->nc_pings;

	nmi_ipi_send(ci, NMI_IPI_PING);
	for (int us = 0; us < SELFTEST_WAIT_US; us += 10) {
		if (nc->nc_pings != before)
			return true;
		delay(10);
	}
	printf("nmi: %s: self-test failed: no NMI arrived in %d ms\n",
	    cpu_name(ci), SELFTEST_WAIT_US / 1000);
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
	for (CPU_INFO_FOREACH(cii, ci))
		passed += nmi_selftest_cpu(ci);
	printf("nmi: %d handlers, self-test passed on %d of %d CPUs\n",
	    nmi_account_count(), passed, ncpu);
}
