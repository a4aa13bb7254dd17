/* Performance counters: what the watchdog needs of them. */

#ifndef _X86_PERFCTR_H_
#define _X86_PERFCTR_H_

#include <sys/types.h>

/* Event select; the same bits for Intel and AMD. */
#define PERFEVT_USR	0x00010000
#define PERFEVT_OS	0x00020000
#define PERFEVT_INT	0x00100000
#define PERFEVT_ENABLE	0x00400000

/* Intel, "architectural" */
#define MSR_PERFCTR0		0x0c1
#define MSR_PERFEVTSEL0		0x186
#define	PERFEVT_CYCLES		0x3c	/* unhalted core cycles */
#define MSR_PERF_GLOBAL_CTRL	0x38f
#define MSR_PERF_GLOBAL_OVF	0x390

/* AMD */
#define MSR_K7_PERFEVTSEL0	0xc0010000
#define MSR_K7_PERFCTR0		0xc0010004
#define MSR_F15_PERFEVTSEL0	0xc0010200
#define MSR_F15_PERFCTR0	0xc0010201
#define	PERFEVT_AMD_CYCLES	0x76
#define AMD_PERFCTR_WIDTH	48

#endif
