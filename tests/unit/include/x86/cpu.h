/* CPUs of the host build: what machine-independent code knows of them. */

#ifndef _UNIT_X86_CPU_H_
#define _UNIT_X86_CPU_H_

#include <sys/param.h>
#include <sys/cpu_data.h>
#include <x86/nmicpu.h>

struct cpu_info {
	struct lwp *ci_curlwp;
	struct lwp *ci_idlelwp;
	int ci_intr_depth;
	bool ci_in_nmi;			/* set by a test */
	struct nmi_cpu ci_nmi;
	u_int ci_apicid;
	volatile u_int ci_want_resched;
	cpuid_t ci_cpuid;
	volatile bool ci_running;
	struct cpu_data ci_data;
};

extern struct cpu_info *cpu_infos[MAXCPUS];
extern int ncpu;
extern __thread struct cpu_info *unit_cpu;

#define CPU_INFO_ITERATOR	int
#define CPU_INFO_FOREACH(cii, ci) \
	(cii) = 0; (cii) < ncpu && ((ci) = cpu_infos[cii], 1); (cii)++

#define curcpu()	(unit_cpu)
#define curlwp		(unit_cpu->ci_curlwp)
#define cpu_index(ci)	((ci)->ci_cpuid)
#define cpu_number()	(unit_cpu->ci_cpuid)
#define cpu_name(ci)	((ci)->ci_data.cpu_name)
#define cpu_intr_p()	(unit_cpu->ci_intr_depth != 0)
#define cpu_nmi_p()	(unit_cpu->ci_in_nmi)

bool cpu_stop_mine(void);		/* a test's, where it is asked */

#define NMI_FORBIDDEN() \
	(cpu_nmi_p() ? panic("nmi: called %s", __func__) : (void)0)

#endif
