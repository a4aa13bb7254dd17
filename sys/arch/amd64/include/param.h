/* Page and stack sizes of amd64. */

#ifndef _AMD64_PARAM_H_
#define _AMD64_PARAM_H_

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1 << PAGE_SHIFT)
#define PAGE_MASK	(PAGE_SIZE - 1)

#define KSTACK_SIZE	(4 * PAGE_SIZE)	/* of a thread */
#define IST_STACK_SIZE	(2 * PAGE_SIZE)	/* of each of NMI, #DF, #MC, #DB */

#endif
