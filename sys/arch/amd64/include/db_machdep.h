/* What the debugger and panic know of the stack. */

#ifndef _AMD64_DB_MACHDEP_H_
#define _AMD64_DB_MACHDEP_H_

#include <machine/frame.h>

/* Registers, in the order of a fatal trap's report. */
void trapframe_print(const struct trapframe *,
    void (*)(const char *, ...) __printflike(1, 2));

/* A trace that starts at what the frame interrupted. */
void trapframe_trace(const struct trapframe *,
    void (*)(const char *, ...) __printflike(1, 2));

#endif
