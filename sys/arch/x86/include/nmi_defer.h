/* nmi_defer(9), nmi_printf(9): what an NMI handler may not do itself. */

#ifndef _X86_NMI_DEFER_H_
#define _X86_NMI_DEFER_H_

#include <sys/types.h>

#define NMI_DEFER_INTR		0	/* run it in an interrupt handler */
#define NMI_DEFER_THREAD	1	/* run it in a thread, which may sleep */

bool nmi_defer(int, void (*)(void *), void *);
void nmi_printf(const char *, ...) __printflike(1, 2);

#endif
