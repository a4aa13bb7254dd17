/* A spinning CPU of the host build counts its turns. */

#ifndef _UNIT_MACHINE_LOCK_H_
#define _UNIT_MACHINE_LOCK_H_

extern unsigned long unit_pauses;
#define SPINLOCK_BACKOFF_HOOK	unit_pauses++

#endif
