/* A spinning CPU of the host build counts its turns. */

#ifndef _UNIT_MACHINE_LOCK_H_
#define _UNIT_MACHINE_LOCK_H_

extern volatile unsigned long unit_pauses;
#define SPINLOCK_BACKOFF_HOOK \
	((void)__atomic_fetch_add(&unit_pauses, 1, __ATOMIC_SEQ_CST))

#endif
