/* Run one line of the operator's; says what is wrong with it. */

#ifndef _CONSOLE_SHELL_H_
#define _CONSOLE_SHELL_H_

void shell_run(char *);

#endif
