/* com(4): the serial port as console. */

#ifndef _DEV_COMVAR_H_
#define _DEV_COMVAR_H_

#include <sys/types.h>

/* Sets cn_tab if the port of boot_console is there.  No heap, no interrupts. */
void com_cninit(void);

#endif
