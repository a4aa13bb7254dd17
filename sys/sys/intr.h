/* softint(9): handlers that run soon, in a thread of the CPU that asked. */

#ifndef _SYS_INTR_H_
#define _SYS_INTR_H_

#include <sys/types.h>
#include <machine/intr.h>

#define SOFTINT_BIO	0U
#define SOFTINT_CLOCK	1U
#define SOFTINT_SERIAL	2U
#define SOFTINT_NET	3U
#define SOFTINT_COUNT	4U
#define SOFTINT_LVLMASK	0x0fU
#define SOFTINT_MPSAFE	0x0100U	/* accepted: every handler is */

void *softint_establish(u_int, void (*)(void *), void *);
void softint_disestablish(void *);
void softint_schedule(void *);

void softint_init_cpu(struct cpu_info *);	/* the CPU's four threads */

#endif
