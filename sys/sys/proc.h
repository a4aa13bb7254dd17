/*
 * proc(9): processes.  One has an address space of its own and one thread,
 * which runs in user mode.
 *
 * A process belongs to whoever created it, until proc_wait() has freed it.
 */

#ifndef _SYS_PROC_H_
#define _SYS_PROC_H_

#include <sys/param.h>

struct pmap;
struct proc;

/* How it ended. */
enum proc_end {
	PROC_EXITED,		/* by its own exit() */
	PROC_TRAPPED,		/* by an exception */
	PROC_BADRETURN,		/* what it was to return to does not exist */
	PROC_KILLED		/* by proc_kill() */
};

struct proc_status {
	enum proc_end ps_end;
	int ps_code;		/* PROC_EXITED: what it gave */
	u_int ps_trapno;	/* the last exception, if there was one: */
	uint64_t ps_err;
	uint64_t ps_rip;
	uint64_t ps_addr;	/* of a page fault */
};

/*
 * An exception of the process's own, in its thread, which may sleep: true if
 * it is dealt with and the process may go on with the frame as it is now.
 */
typedef bool (*proc_trace_t)(struct proc *, struct trapframe *);

struct proc_params {
	const char *pp_name;
	const void *pp_text;	/* copied to VM_USER_TEXT, where it begins to run */
	size_t pp_size;
	size_t pp_data;		/* bytes of zeroes at VM_USER_DATA */
	uint64_t pp_arg;	/* its first argument */
	struct cpu_info *pp_cpu;/* bound to this CPU, or NULL */
	proc_trace_t pp_trace;	/* or NULL: any exception ends it */
};

struct proc {
	pid_t p_pid;
	struct pmap *p_pmap;
	struct lwp *p_lwp;
	uint64_t p_arg;
	proc_trace_t p_trace;
	volatile bool p_killed;
	struct proc_status p_status;
};

int proc_create(const struct proc_params *, struct proc **);
void proc_start(struct proc *);
void proc_kill(struct proc *);
void proc_wait(struct proc *, struct proc_status *);

bool proc_ended(const struct proc *);	/* proc_wait() would not wait */

/* By its own thread, interrupts on. */
void proc_exit(enum proc_end, int) __dead;
void proc_fault(struct trapframe *, const struct proc_status *);
void proc_ast(void);			/* about to return to user mode */
int proc_syscall(uint64_t, const uint64_t *, uint64_t *);

/* MD */
void cpu_proc_switch(struct lwp *, struct lwp *);
void cpu_user_start(uint64_t) __dead;
int cpu_set_user_gsbase(uint64_t);
void cpu_trap_report(const struct proc *, const struct proc_status *);

/* 0 or EFAULT; the address is one of the running process. */
int copyin(const void *, void *, size_t);

#endif
