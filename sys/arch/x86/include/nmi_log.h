/*
 * nmi(9): names in "nmi log" for what a handler claims.  A bit is added once
 * and noted in an NMI.
 */

#ifndef _X86_NMI_LOG_H_
#define _X86_NMI_LOG_H_

#include <sys/types.h>

uint32_t nmi_cause_add(const char *);	/* thread context */
void nmi_cause_note(uint32_t);		/* in an NMI */

#endif
