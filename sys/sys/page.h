/*
 * Physical pages, in runs of 2^order.  A run is reached through the direct
 * map (see <machine/pmap.h>), so it is contiguous in both address spaces.
 */

#ifndef _SYS_PAGE_H_
#define _SYS_PAGE_H_

#include <sys/types.h>

#define PAGE_NORDER	20

void page_init(void);			/* no memory yet */
void page_add(paddr_t, psize_t);	/* give RAM to the allocator */
void *page_alloc(u_int order);		/* direct-map address, or NULL */
void page_free(void *, u_int order);
size_t page_free_count(void);		/* pages */
size_t page_total_count(void);
u_int page_order_most(void);		/* no larger run will ever be free */

#endif
