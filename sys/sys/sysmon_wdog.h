/*
 * Hardware watchdogs, sysmon_wdog(9): what a driver registers and the
 * operator arms.
 *
 * A device counts a period down; unless it is tickled, it "bites": here, by
 * an NMI.  One of them is armed at a time.
 */

#ifndef _SYS_SYSMON_WDOG_H_
#define _SYS_SYSMON_WDOG_H_

#include <sys/param.h>
#include <sys/queue.h>

#include <machine/nmi.h>

#define WDOG_MODE_DISARMED	0
#define WDOG_MODE_KTICKLE	1	/* the kernel tickles it */
#define WDOG_MODE_UTICKLE	2	/* the operator does */
#define WDOG_PERIOD_DEFAULT	((u_int)-1)

struct sysmon_wdog {
	/* The driver's, set before it is registered. */
	const char *smw_name;
	void *smw_cookie;
	/*
	 * Arm it for smw_period seconds, or disarm it, as smw_mode says.
	 * It may make smw_period one that the device can do.  Tickle: count
	 * the period from its start.
	 * => 0 or an errno, the device being off then.
	 * => called by one thread at a time; or by who has stopped the machine,
	 *    in any context, perhaps amid another call of theirs: no locks,
	 *    no printf, every wait bounded.
	 */
	int (*smw_setmode)(struct sysmon_wdog *);
	int (*smw_tickle)(struct sysmon_wdog *);
	/* Its nmi(9) handler, with the sysmon_wdog as argument. */
	int (*smw_nmi)(const struct trapframe *, void *);
	u_int smw_minperiod, smw_maxperiod, smw_defperiod;

	/* sysmon_wdog.c's; the driver reads the first two. */
	volatile u_int smw_mode;
	u_int smw_period;
	volatile uint64_t smw_tickled;	/* uptime_us() of the last time */
	volatile u_int smw_bites;	/* so many, times 2; odd: not yet armed again */
	volatile u_int smw_claimed[MAXCPUS];	/* the bites a CPU has claimed */
	nmi_handler_t *smw_handler;
	uint32_t smw_cause;		/* its name in the log of NMIs */
	TAILQ_ENTRY(sysmon_wdog) smw_list;
};

/* Thread context; 0 or EEXIST. */
int sysmon_wdog_register(struct sysmon_wdog *);
void sysmon_wdog_unregister(struct sysmon_wdog *);	/* disarms it */

/*
 * What the operator wants, thread context.  Each returns 0 or an errno and
 * then nothing has changed: ENOENT no such device, EBUSY one is armed,
 * ERANGE the period, ENXIO not armed, EPERM not the operator's to tickle,
 * ENOMEM no NMI handler; EIO and others are the device's.
 */
int sysmon_wdog_arm(const char *, u_int mode, u_int period);
int sysmon_wdog_disarm(const char *);
int sysmon_wdog_utickle(const char *);
/* A copy of the n-th device; false: there are not that many. */
bool sysmon_wdog_get(u_int, struct sysmon_wdog *);
bool sysmon_wdog_lookup(const char *, struct sysmon_wdog *);

/* By who has stopped the machine: it does not bite until resumed. */
void sysmon_wdog_suspend(void);
void sysmon_wdog_resume(void);

/* sysmon_wdog_nmi.c, NMI context. */

/*
 * sysmon_wdog_nmi(smw, tf, bit):
 *
 *	From the driver's handler.  bit: the device says that it has bitten;
 *	one that cannot say, if it is overdue.
 *	=> nonzero: claimed; on each CPU once for each bite.
 */
int sysmon_wdog_nmi(struct sysmon_wdog *, const struct trapframe *, bool);
bool sysmon_wdog_overdue(const struct sysmon_wdog *);
/* Thread context: the bite, if there was one, is over. */
void sysmon_wdog_rearmed(struct sysmon_wdog *);

static inline bool
sysmon_wdog_bitten(const struct sysmon_wdog *smw)
{
	return (smw->smw_bites & 1) != 0;
}

#endif
