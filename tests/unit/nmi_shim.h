/* The kernel's half of the shims of nmi_test.c. */

#ifndef _TESTS_UNIT_NMI_SHIM_H_
#define _TESTS_UNIT_NMI_SHIM_H_

#include <sys/types.h>

extern volatile u_int shim_memory;	/* allocations that live */
extern void *shim_newest;		/* the last one made */
extern bool shim_no_memory;		/* the next one is NULL */
void shim_thread(u_int);		/* which one the caller is; 0: main */
int shim_nmi(void);			/* one NMI here; nonzero: claimed */

#endif
