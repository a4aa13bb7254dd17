/*
 * The hard-lockup watchdog, private to sys/arch: the NMI that comes unless it
 * is put off in time, and the devices that can raise it.
 */

#ifndef _X86_WDOGVAR_H_
#define _X86_WDOGVAR_H_

#include <sys/types.h>

/*
 * A source.  Putting its NMI off programs the device; meanwhile ws_fired()
 * speaks of both times, the new one and the one before, so that an NMI that
 * comes in between is told from one that nobody knows.
 *
 * start and stop: thread context, one caller at a time.  The rest: any
 * context, NMI included; those of a ws_percpu source on the CPU itself.
 */
struct wdog_source {
	const char *ws_name;
	bool ws_percpu;			/* each CPU has its own */
	/* Get ready, nothing set yet.  => NULL, or why it does not work. */
	const char *(*ws_start)(u_int apicid);
	void (*ws_stop)(void);
	u_int (*ws_longest)(void);	/* us, that can be set */
	/*
	 * An NMI then; 0: never.  => true: one came before that was done, and
	 * ws_fired() goes on to say so until ws_commit().
	 */
	bool (*ws_put_off)(u_int us);
	void (*ws_commit)(void);
	bool (*ws_fired)(void);		/* has the time come? */
	bool (*ws_test)(void);		/* instead of letting it fire */
};

extern const struct wdog_source perfctr_source, hpet_source, i8254_source,
    buddy_source;

#define WDOG_TARGET	cpu_infos[0]	/* who gets the NMIs of a device */

/* Where an NMI that came before needs no word. */
static inline void
wdog_set(const struct wdog_source *src, u_int us)
{
	if (src->ws_put_off(us))
		src->ws_commit();
}

struct cpu_info;
struct trapframe;

/* wdog_owed.c: NMIs of ours, on the way to a CPU. */
extern volatile u_int wdog_owed[];	/* a count, and one of these */
enum { WDOG_NONE, WDOG_SENDING, WDOG_SENT, WDOG_SEEN, WDOG_STATES };
#define wdog_owed_p(ci)	(wdog_owed[cpu_index(ci)] % WDOG_STATES != WDOG_NONE)
void wdog_send(const struct cpu_info *);
void wdog_owe(const struct cpu_info *);
void wdog_claim(struct cpu_info *, bool);
void wdog_settle(const struct cpu_info *);

/* wdog_look.c: who is stuck. */
void wdog_round(struct cpu_info *, u_int);
void wdog_judge(const struct trapframe *, const struct cpu_info *);
bool wdog_hung_p(void);
void wdog_patience(u_int seconds, u_int us);
void wdog_forget(void);

void i8254_silence(void);	/* its line moves no more */

/* nmi_watchdog.c; thread context, one caller at a time. */
extern volatile u_int wdog_arrived;	/* while a source is being tested */
bool wdog_establish(void);		/* the handler; false: no memory */
void wdog_disestablish(void);
void wdog_test_begin(const struct wdog_source *);
void wdog_test_end(void);
void wdog_begin(const struct wdog_source *, u_int seconds);
void wdog_end(void);

/* The machine is being stopped, or goes on: any context. */
void watchdog_quiet(void);
void watchdog_resume(void);

#endif
