/*
 * Processes: made, ended, waited for.  See proc(9).
 *
 * The thread of a process is a thread like any other, with a kernel stack;
 * its first act is to go to user mode, and it comes back by exceptions,
 * interrupts and system calls only.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/lwp.h>
#include <sys/proc.h>

#include <machine/intr.h>
#include <machine/pmap.h>

static u_int proc_lastpid;

static void
proc_main(void *arg)
{
	const struct proc *p = arg;

	cpu_user_start(p->p_arg);
}

/* Text that cannot be written, data and a stack that cannot be run. */
static int
proc_load(struct pmap *pm, const struct proc_params *pp)
{
	int error;

	error = pmap_fill(pm, VM_USER_TEXT, pp->pp_text, pp->pp_size,
	    VM_PROT_EXECUTE);
	if (error == 0)
		error = pmap_fill(pm, VM_USER_DATA, NULL, pp->pp_data, VM_PROT_WRITE);
	if (error == 0)
		error = pmap_fill(pm, VM_USER_STACK - VM_USER_STACK_SIZE, NULL,
		    VM_USER_STACK_SIZE, VM_PROT_WRITE);
	return error;
}

static int
proc_build(struct proc *p, const struct proc_params *pp)
{
	int error;

	if ((p->p_pmap = pmap_create()) == NULL)
		return ENOMEM;
	if ((error = proc_load(p->p_pmap, pp)) != 0)
		return error;
	return kthread_create(PRI_USER, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN |
	    KTHREAD_IDLE, pp->pp_cpu, proc_main, p, &p->p_lwp, "%s", pp->pp_name);
}

int
proc_create(const struct proc_params *pp, struct proc **pp_new)
{
	struct proc *p;
	int error;

	if (pp->pp_size == 0 || pp->pp_size > VM_USER_TEXT_MAX ||
	    pp->pp_data > VM_USER_DATA_MAX)
		return EINVAL;
	if ((p = kmem_zalloc(sizeof(*p), KM_NOSLEEP)) == NULL)
		return ENOMEM;
	p->p_pid = (pid_t)atomic_inc_uint_nv(&proc_lastpid);
	p->p_arg = pp->pp_arg;
	p->p_trace = pp->pp_trace;
	if ((error = proc_build(p, pp)) != 0) {
		if (p->p_pmap != NULL)
			pmap_destroy(p->p_pmap);
		kmem_free(p, sizeof(*p));
		return error;
	}
	p->p_lwp->l_proc = p;
	*pp_new = p;
	return 0;
}

void
proc_start(struct proc *p)
{
	lwp_start(p->p_lwp);
}

/* It ends before its next instruction in user mode, a tick from now at most. */
void
proc_kill(struct proc *p)
{
	atomic_store_relaxed(&p->p_killed, true);
}

bool
proc_ended(const struct proc *p)
{
	bool ended;

	mutex_spin_enter(&sched_lock);
	ended = p->p_lwp->l_exited;
	mutex_spin_exit(&sched_lock);
	return ended;
}

void
proc_wait(struct proc *p, struct proc_status *ps)
{
	kthread_join(p->p_lwp);
	if (ps != NULL)
		*ps = p->p_status;
	pmap_destroy(p->p_pmap);
	kmem_free(p, sizeof(*p));
}

void
proc_exit(enum proc_end end, int code)
{
	struct proc *p = curlwp->l_proc;

	p->p_status.ps_end = end;
	p->p_status.ps_code = code;
	kthread_exit(0);
}

/*
 * An exception in user mode.  Returns if who traces the process has dealt
 * with it; the process has ended otherwise.
 */
void
proc_fault(struct trapframe *tf, const struct proc_status *ps)
{
	struct proc *p = curlwp->l_proc;

	p->p_status = *ps;
	if (ps->ps_end == PROC_TRAPPED && p->p_trace != NULL && p->p_trace(p, tf))
		return;
	cpu_trap_report(p, ps);
	proc_exit(ps->ps_end, 0);
}

void
proc_ast(void)
{
	if (curlwp->l_proc->p_killed) {
		splx(1);
		proc_exit(PROC_KILLED, 0);
	}
}
