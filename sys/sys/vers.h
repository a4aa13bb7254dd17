/* The names the kernel gives itself. */

#ifndef _SYS_VERS_H_
#define _SYS_VERS_H_

extern const char ostype[], osrelease[];
extern char version[], buildid[];	/* version_init() fills them in */
void version_init(void);

#endif
