/*
 * Threads: making them, and what is left of them.
 *
 * A thread cannot free the stack it runs on.  Whoever runs next on its CPU
 * finds it a zombie (sched_switched) and passes it on: to the thread that
 * waits for it, or to the reaper.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/kmem.h>
#include <sys/sched.h>
#include <sys/xcall.h>

struct lwplist alllwp = TAILQ_HEAD_INITIALIZER(alllwp);
static struct lwplist lwp_zombies = TAILQ_HEAD_INITIALIZER(lwp_zombies);
static lwpid_t lwp_lastid;	/* (s) lwp0 is 0 */

struct lwp lwp0 = {
	.l_stat = LSONPROC,
	.l_flag = LW_IDLE | LW_BOUND,
	.l_name = "idle/0",
};

/* Every thread but lwp0 and the APs' idle threads begins here. */
static void
lwp_startup(struct lwp *prev)
{
	struct lwp *l = curlwp;

	sched_switched(prev);
	curcpu()->ci_data.cpu_mtx_oldspl = 1;	/* threads run with interrupts on */
	mutex_spin_exit(&sched_lock);
	(*l->l_func)(l->l_arg);
	lwp_exit();
}

static void
lwp_insert(struct lwp *l)
{
	mutex_spin_enter(&sched_lock);
	l->l_lid = ++lwp_lastid;
	TAILQ_INSERT_TAIL(&alllwp, l, l_list);
	mutex_spin_exit(&sched_lock);
}

static void
lwp_free(struct lwp *l)
{
	mutex_spin_enter(&sched_lock);
	TAILQ_REMOVE(&alllwp, l, l_list);
	mutex_spin_exit(&sched_lock);
	kstack_free(l->l_stack);
	kmem_free(l, sizeof(*l));
}

/* It does not run before lwp_start().  NULL: no memory for it. */
struct lwp *
lwp_vcreate(pri_t pri, u_int flags, struct cpu_info *ci, void (*func)(void *),
    void *arg, const char *fmt, va_list ap)
{
	struct lwp *l;

	KASSERT(pri >= 0 && pri < PRI_COUNT);
	l = kmem_zalloc(sizeof(*l), KM_NOSLEEP);
	if (l == NULL)
		return NULL;
	if ((l->l_stack = kstack_alloc()) == 0) {
		kmem_free(l, sizeof(*l));
		return NULL;
	}
	vsnprintf(l->l_name, sizeof(l->l_name), fmt, ap);
	l->l_stat = LSIDL;
	l->l_priority = l->l_basepri = pri;
	l->l_flag = flags | (ci != NULL ? LW_BOUND : 0);
	l->l_cpu = ci != NULL ? ci : curcpu();
	l->l_func = func;
	l->l_arg = arg;
	cpu_lwp_setup(l, lwp_startup);
	lwp_insert(l);
	return l;
}

struct lwp *
lwp_create(pri_t pri, u_int flags, struct cpu_info *ci, void (*func)(void *),
    void *arg, const char *fmt, ...)
{
	struct lwp *l;
	va_list ap;

	va_start(ap, fmt);
	l = lwp_vcreate(pri, flags, ci, func, arg, fmt, ap);
	va_end(ap);
	return l;
}

void
lwp_start(struct lwp *l)
{
	mutex_spin_enter(&sched_lock);
	KASSERT(l->l_stat == LSIDL);
	sched_enqueue(l);
	mutex_spin_exit(&sched_lock);
}

void
lwp_exit(void)
{
	struct lwp *l = curlwp;

	l->l_flag &= ~(u_int)LW_INTR;	/* it ends as any thread does */
	assert_sleepable();
	KASSERTMSG(l->l_nopreempt == 0, "%s exits with preemption disabled",
	    l->l_name);
	mutex_spin_enter(&sched_lock);
	l->l_stat = LSZOMB;
	sched_switch();
	panic("lwp_exit: zombie %s runs again", l->l_name);
}

void
lwp_zombie(struct lwp *l)
{
	if ((l->l_flag & LW_MUSTJOIN) != 0) {
		l->l_exited = true;
		sleepq_wakeall(&l->l_exited);
		return;
	}
	TAILQ_INSERT_TAIL(&lwp_zombies, l, l_runq);
	sleepq_wakeone(&lwp_zombies);
}

void
lwp_join(struct lwp *l)
{
	KASSERT((l->l_flag & LW_MUSTJOIN) != 0);
	KASSERT(l != curlwp);
	assert_sleepable();
	mutex_spin_enter(&sched_lock);
	while (!l->l_exited) {
		sleepq_enter(&l->l_exited, "lwpwait");
		sleepq_block(0);
		mutex_spin_enter(&sched_lock);
	}
	mutex_spin_exit(&sched_lock);
	lwp_free(l);
}

static void
lwp_reaper(void *arg __unused)
{
	struct lwp *l;

	for (;;) {
		mutex_spin_enter(&sched_lock);
		if ((l = TAILQ_FIRST(&lwp_zombies)) == NULL) {
			sleepq_enter(&lwp_zombies, "reaper");
			sleepq_block(0);
			continue;
		}
		TAILQ_REMOVE(&lwp_zombies, l, l_runq);
		mutex_spin_exit(&sched_lock);
		lwp_free(l);
	}
}

/* The idle thread of an AP runs on a stack like any other; it is never queued. */
static void
lwp_create_idle(struct cpu_info *ci)
{
	struct lwp *l;

	l = lwp_create(PRI_IDLE, LW_IDLE, ci, NULL, NULL, "idle/%u",
	    cpu_index(ci));
	if (l == NULL)
		panic("no memory for the idle thread of %s", cpu_name(ci));
	l->l_stat = LSONPROC;
	ci->ci_data.cpu_runq = kmem_alloc(sizeof(struct runq), KM_SLEEP);
	runq_init(ci->ci_data.cpu_runq);
	ci->ci_idlelwp = ci->ci_curlwp = l;
}

void
sched_attach(struct cpu_info *ci)
{
	struct lwp *l;

	if (ci->ci_idlelwp == &lwp0) {
		l = lwp_create(PRI_KERNEL, 0, NULL, lwp_reaper, NULL, "reaper");
		if (l == NULL)
			panic("no memory for the reaper");
		lwp_start(l);
	} else
		lwp_create_idle(ci);
	softint_init_cpu(ci);
	xc_init_cpu(ci);
}
