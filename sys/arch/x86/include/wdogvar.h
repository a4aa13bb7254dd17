/*
 * The hard-lockup watchdog, private to sys/arch: the NMI that comes unless it
 * is put off in time, and the devices that can raise it.
 */

#ifndef _X86_WDOGVAR_H_
#define _X86_WDOGVAR_H_

#include <sys/types.h>

/*
 * A source.  Putting its NMI off takes two steps, so that one that comes in
 * between is told from one that nobody knows: ws_set() programs the device,
 * after which ws_fired() speaks of both times, this one and the one that was
 * set before; ws_commit() forgets the old one.
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
	void (*ws_set)(u_int us);	/* an NMI then; 0: never */
	bool (*ws_fired)(void);		/* has the time come? */
	void (*ws_commit)(void);
	bool (*ws_test)(void);		/* instead of letting it fire */
};

extern const struct wdog_source perfctr_source, hpet_source, i8254_source,
    buddy_source;

#define WDOG_TARGET	cpu_infos[0]	/* who gets the NMIs of a device */

struct cpu_info;
struct trapframe;

/* wdog_owed.c: NMIs of ours, on the way to a CPU. */
bool wdog_owed_p(const struct cpu_info *);
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
