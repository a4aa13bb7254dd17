/* Between panic(9) and its neighbours. */

#ifndef _SYS_PANIC_H_
#define _SYS_PANIC_H_

extern int panic_timeout;	/* sysctl kernel.panic: seconds, 0 halt, -1 at once */

#endif
