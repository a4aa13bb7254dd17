/*
 * Threads.  Everything marked (s) is protected by sched_lock, a spin lock
 * that a context switch hands from the old thread to the new one.
 */

#ifndef _SYS_LWP_H_
#define _SYS_LWP_H_

#include <sys/param.h>
#include <sys/queue.h>
#include <sys/stdarg.h>
#include <sys/mutex.h>
#include <machine/cpu.h>	/* curlwp, curcpu */
#include <machine/proc.h>

enum lwp_stat { LSIDL, LSRUN, LSONPROC, LSSLEEP, LSZOMB };

struct lwp {
	uint64_t l_sp;			/* MD: stack pointer while not running */
	struct cpu_info *volatile l_cpu;/* (s) last or bound CPU */
	volatile enum lwp_stat l_stat;	/* (s) */
	volatile int l_priority;	/* (s) with what waiters have lent */
	int l_basepri;			/* (s) its own */
	u_int l_flag;			/* LW_* */
	volatile int l_nopreempt;	/* own thread only */
	lwpid_t l_lid;
	char l_name[COMM_LEN];
	vaddr_t l_stack;		/* lowest usable byte */
	struct proc *l_proc;		/* NULL: it never leaves the kernel */
	struct mdlwp l_md;		/* of user mode, while it does not run */
	void (*l_func)(void *);
	void *l_arg;

	const void *volatile l_wchan;	/* (s) what it sleeps on */
	const char *volatile l_wmesg;	/* (s) */
	int l_wakeerr;			/* (s) what the sleep returns */
	bool l_timed;			/* (s) on the list of timed sleepers */
	int l_timeo;			/* (s) the tick that ends its sleep */
	TAILQ_ENTRY(lwp) l_timeq;	/* (s) timed sleepers */
	TAILQ_ENTRY(lwp) l_runq;	/* (s) run, sleep or zombie queue */
	TAILQ_ENTRY(lwp) l_list;	/* (s) alllwp */
	uint64_t l_runseq;		/* (s) when it went to the queue's tail */
	bool l_exited;			/* (s) for kthread_join */
	volatile int l_slice;		/* ticks left */
	volatile uint64_t l_ticks;	/* ticks used */
};

#define LW_BOUND	0x01	/* stays on l_cpu */
#define LW_IDLE		0x02
#define LW_INTR		0x04	/* a softint thread */
#define LW_MUSTJOIN	0x08
#define LW_MPSAFE	0x10

#define cpu_softintr_p()	((curlwp->l_flag & LW_INTR) != 0)

TAILQ_HEAD(lwplist, lwp);
extern struct lwplist alllwp;	/* readers that cannot lock walk it as it is */
extern kmutex_t sched_lock;
extern struct lwp lwp0;		/* the boot thread; becomes cpu0's idle */

/* MD */
void cpu_lwp_setup(struct lwp *, void (*)(struct lwp *)); /* first switch calls it */
struct lwp *cpu_switchto(struct lwp *, struct lwp *);	/* returns the old one */
vaddr_t kstack_alloc(void);		/* KSTACK_SIZE bytes over a guard page, or 0 */
void kstack_free(vaddr_t);

/* kern_lwp.c */
struct lwp *lwp_create(pri_t, u_int, struct cpu_info *,
    void (*)(void *), void *, const char *fmt, ...) __printflike(6, 7);
struct lwp *lwp_vcreate(pri_t, u_int, struct cpu_info *,
    void (*)(void *), void *, const char *fmt, va_list) __printflike(6, 0);
void lwp_start(struct lwp *);
void lwp_exit(void) __dead;
void lwp_join(struct lwp *);		/* waits for the end of an LW_MUSTJOIN one */
void lwp_zombie(struct lwp *);		/* switched away from for good (s) */

/* kern_synch.c */
void sched_init(void);			/* makes the caller lwp0 on cpu0 */
void sched_attach(struct cpu_info *);	/* idle, softint, xcall threads of a CPU */
void sched_start_cpu(void) __dead;	/* every CPU enters its idle loop here */
void sched_enqueue(struct lwp *);	/* (s) runnable: queue it, kick a CPU */
void sched_lendpri(struct lwp *, pri_t);/* (s) */
void sched_switch(void);		/* (s) curlwp is no longer LSONPROC */
void sched_switched(struct lwp *);	/* (s) first thing after the switch */
void yield(void);
void preempt(void);			/* involuntary yield */
void kpreempt_disable(void);
void kpreempt_enable(void);
bool kpreempt_disabled(void);
/* From the interrupt return path, interrupts off: switch if wanted and allowed. */
void sched_intr_return(void);
void sched_tick(struct cpu_info *);	/* from hardclock() */

void hardclock(void);			/* each CPU, hz times a second */

/*
 * Sleep queues, for mutex, condvar and kpause: all with sched_lock held.
 * A wchan is any address; waiters leave it by priority, then in order.
 */
void sleepq_enter(const void *, const char *);	/* mark curlwp asleep */
int sleepq_block(int timo);		/* switch away; drops sched_lock; 0 or EWOULDBLOCK */
struct lwp *sleepq_wakeone(const void *);
void sleepq_wakeall(const void *);
bool sleepq_waiters(const void *);
void sleepq_tick(int);			/* takes sched_lock itself */
/* Takes sched_lock, then releases the interlock; does not take it back. */
int sleepq_wait(const void *, const char *, int timo, kmutex_t *);

int kpause(const char *, bool, int, kmutex_t *);

#endif
