/*
 * mutex(9).  An adaptive mutex belongs to a thread, which may sleep with it;
 * a spin mutex belongs to a CPU, whose interrupts stay off until the last
 * one is released.
 */

#ifndef _SYS_MUTEX_H_
#define _SYS_MUTEX_H_

#include <sys/types.h>

typedef enum kmutex_type_t {
	MUTEX_SPIN = 0,
	MUTEX_ADAPTIVE = 1,
	MUTEX_DEFAULT = 2,	/* adaptive up to IPL_SOFTSERIAL, else spin */
	MUTEX_DRIVER = 3	/* the same, NetBSD's old name */
} kmutex_type_t;

/* A zeroed or freed mutex has neither of the two good kinds. */
#define MUTEX_KIND_SPIN		0x5b
#define MUTEX_KIND_ADAPTIVE	0xa7
#define MUTEX_KIND_DEAD		0xdd

typedef struct kmutex {
	volatile u_long mtx_owner;	/* struct lwp | MUTEX_WAITERS, or cpu_info */
	uint8_t mtx_kind;
	uint8_t mtx_ipl;
} kmutex_t;

#define MUTEX_WAITERS	1UL

/* For locks that are used before anybody could initialize them. */
#define MUTEX_SPIN_INITIALIZER	{ .mtx_kind = MUTEX_KIND_SPIN }
#define MUTEX_ADAPTIVE_INITIALIZER { .mtx_kind = MUTEX_KIND_ADAPTIVE }

void mutex_init(kmutex_t *, kmutex_type_t, int);
void mutex_destroy(kmutex_t *);
void mutex_enter(kmutex_t *);
void mutex_exit(kmutex_t *);
int mutex_tryenter(kmutex_t *);
int mutex_owned(const kmutex_t *);
void mutex_spin_enter(kmutex_t *);
void mutex_spin_exit(kmutex_t *);

/* For kern_sleepq.c: release an interlock with sched_lock held. */
void mutex_exit_interlock(kmutex_t *);

#endif
