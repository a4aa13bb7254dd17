/* What the test of nmi.c has from the host; plain C on both sides. */

#ifndef _TESTS_UNIT_NMI_HOST_H_
#define _TESTS_UNIT_NMI_HOST_H_

void *nmi_host_alloc(unsigned long);	/* zeroed */
void nmi_host_free(void *);
void nmi_host_yield(void);

/*
 * An NMI is a signal whose handler calls nmi_host_entry() on the thread
 * that gets it; a second one waits until the first is done.
 */
void nmi_host_init(void);
void nmi_host_entry(void);		/* the test's */
void nmi_host_self(void);		/* handled when it returns */

/*
 * Runs func(i) in n threads at once.  Meanwhile the caller sends all of them
 * NMIs, until the last has ended.
 */
#define NMI_HOST_THREADS	16
void nmi_host_storm(unsigned int n, void (*)(unsigned int));

#endif
