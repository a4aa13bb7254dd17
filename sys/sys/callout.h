/* callout(9): call a function in some ticks, from a software interrupt. */

#ifndef _SYS_CALLOUT_H_
#define _SYS_CALLOUT_H_

#include <sys/types.h>
#include <sys/queue.h>

typedef struct callout {
	TAILQ_ENTRY(callout) c_list;
	void (*c_func)(void *);
	void *c_arg;
	int c_time;		/* the tick it is due */
	u_int c_flags;
	u_int c_magic;
} callout_t;

#define CALLOUT_PENDING		0x0002	/* on the wheel */
#define CALLOUT_FIRED		0x0004	/* has expired since last scheduled */
#define CALLOUT_INVOKING	0x0008	/* until callout_ack() */
#define CALLOUT_MPSAFE		0x0100	/* accepted: every callout is */

void callout_init(callout_t *, u_int);
void callout_destroy(callout_t *);
void callout_setfunc(callout_t *, void (*)(void *), void *);
void callout_reset(callout_t *, int, void (*)(void *), void *);
void callout_schedule(callout_t *, int);
bool callout_stop(callout_t *);
bool callout_halt(callout_t *, void *);
bool callout_pending(callout_t *);
bool callout_expired(callout_t *);
bool callout_active(callout_t *);
bool callout_invoking(callout_t *);
void callout_ack(callout_t *);

/* From hardclock() of one CPU: time has reached this tick. */
void callout_hardclock(int);
void callout_startup(void);	/* needs softint(9) */

#endif
