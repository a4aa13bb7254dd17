/* condvar(9): wait for a condition that a mutex protects. */

#ifndef _SYS_CONDVAR_H_
#define _SYS_CONDVAR_H_

#include <sys/mutex.h>

typedef struct kcondvar {
	const char *cv_wmesg;	/* NULL once destroyed */
} kcondvar_t;

void cv_init(kcondvar_t *, const char *);
void cv_destroy(kcondvar_t *);
void cv_wait(kcondvar_t *, kmutex_t *);
int cv_timedwait(kcondvar_t *, kmutex_t *, int);
void cv_signal(kcondvar_t *);
void cv_broadcast(kcondvar_t *);
bool cv_has_waiters(kcondvar_t *);

#endif
