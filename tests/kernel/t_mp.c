/* Starting CPUs. */

#include <sys/msgbuf.h>
#include <sys/xcall.h>
#include <x86/cpuvar.h>
#include "nmitest.h"

KTEST(mp_absent, "a CPU that does not answer is left out, and told in one line")
{
	static const char want[] = "cpu: apicid 238 did not start\n";
	char said[sizeof(want)] = "";
	uint64_t pos = msgbuf_head();
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	int n = ncpu;

	KT_CHECK(!mp_start(238));
	(void)msgbuf_read(&pos, said, sizeof(said) - 1);
	KT_CHECK(strcmp(said, want) == 0);
	KT_CHECK(ncpu == n && cpu_lookup((u_int)n) == NULL);
	xc_barrier(0);
	for (CPU_INFO_FOREACH(cii, ci))
		KT_CHECK(nt_ping(ci));
}
