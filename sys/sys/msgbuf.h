/*
 * The message buffer: the last MSGBUF_SIZE characters the kernel printed.
 * All of it takes no lock and works in every context, from the first
 * instruction of C on.
 */

#ifndef _SYS_MSGBUF_H_
#define _SYS_MSGBUF_H_

#include <sys/types.h>

#define MSGBUF_SIZE	32768	/* a power of two */

void msgbuf_putchar(int);

/* Characters ever put: the position of the next one. */
uint64_t msgbuf_head(void);

/*
 * Copy up to n characters from *pos on and advance *pos past them.  Where
 * they are overwritten already, it begins with the oldest there are.
 * Returns how many; 0 at the end.
 */
size_t msgbuf_read(uint64_t *pos, char *buf, size_t n);

/* The newest text that fits in size bytes, with a NUL; returns its length. */
size_t msgbuf_copy(char *buf, size_t size);

#endif
