/* Machine-independent constants; the first header of every kernel file. */

#ifndef _SYS_PARAM_H_
#define _SYS_PARAM_H_

#include <sys/types.h>
#include <sys/errno.h>
#include <machine/param.h>

#define MAXCPUS		32
#define COMM_LEN	24		/* a thread's name, with its NUL */

#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))
#define howmany(x, y)	(((x) + ((y) - 1)) / (y))
#define roundup(x, y)	(howmany(x, y) * (y))
#define roundup2(x, m)	(((x) + ((m) - 1)) & ~((m) - 1))
#define rounddown2(x, m) ((x) & ~((m) - 1))
#define powerof2(x)	((((x) - 1) & (x)) == 0)

#define round_page(x)	roundup2((x), (vaddr_t)PAGE_SIZE)
#define trunc_page(x)	rounddown2((x), (vaddr_t)PAGE_SIZE)

/*
 * Thread priorities: a larger number runs first.
 */
#define PRI_IDLE	0
#define PRI_NONE	(-1)
#define PRI_USER	32
#define PRI_KERNEL	96
#define PRI_SOFTCLOCK	160
#define PRI_SOFTBIO	161
#define PRI_SOFTNET	162
#define PRI_SOFTSERIAL	163
#define PRI_XCALL	164
#define PRI_COUNT	165

#endif
