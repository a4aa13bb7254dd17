/* What a CPU does while it spins. */

#ifndef _AMD64_LOCK_H_
#define _AMD64_LOCK_H_

#include <x86/cpufunc.h>

#define SPINLOCK_BACKOFF_HOOK	x86_pause()

#endif
