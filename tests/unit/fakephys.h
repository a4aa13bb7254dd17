/*
 * Physical memory for parsers of firmware tables: a few regions, each a
 * heap block of just its size, so that ASan sees a read beyond it.
 */

#ifndef _TESTS_UNIT_FAKEPHYS_H_
#define _TESTS_UNIT_FAKEPHYS_H_

#include <sys/types.h>

void fake_phys_reset(void);
void fake_phys_add(paddr_t, const void *, size_t);	/* copies */
void *fake_phys(paddr_t);		/* unused addresses read as zeros */
void fuzz(uint8_t *, size_t, u_int seed);	/* change a few bytes */

#endif
