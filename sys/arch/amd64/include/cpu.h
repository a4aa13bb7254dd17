/* What machine-independent code includes to reach the CPU. */

#ifndef _AMD64_CPU_H_
#define _AMD64_CPU_H_

#include <x86/cpu.h>

#endif
