/*
 * softint(9).  Each CPU has one bound thread a level, above every other
 * thread; a handler runs in the thread of the CPU that scheduled it, may
 * take adaptive mutexes, and must not sleep for anything else.
 *
 * A handler has an entry for each CPU, on that CPU's list while pending.
 * The CPU's lock is held for a few instructions only, and remotely only by
 * softint_disestablish().
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/lwp.h>

struct softhand {
	TAILQ_ENTRY(softhand) sh_list;
	struct softint *sh_si;
	bool sh_pending;
};

struct softint {
	void (*si_func)(void *);
	void *si_arg;
	u_int si_level;
	struct softhand si_hand[MAXCPUS];
};

struct softlevel {
	TAILQ_HEAD(, softhand) sl_list;
	struct softint *sl_running;
	struct softcpu *sl_cpu;
	const char *sl_name;
};

struct softcpu {
	kmutex_t sc_lock;
	u_int sc_waiters;		/* in softint_disestablish() */
	kcondvar_t sc_cv;		/* for them: something has run */
	struct softlevel sc_level[SOFTINT_COUNT];
};

static const struct {
	const char *name;
	pri_t pri;
} softint_levels[SOFTINT_COUNT] = {
	[SOFTINT_BIO] = { "softbio", PRI_SOFTBIO },
	[SOFTINT_CLOCK] = { "softclk", PRI_SOFTCLOCK },
	[SOFTINT_SERIAL] = { "softser", PRI_SOFTSERIAL },
	[SOFTINT_NET] = { "softnet", PRI_SOFTNET },
};

/* The thread has the CPU's lock but while it sleeps or runs a handler. */
static void
softint_run(struct softlevel *sl, struct softhand *sh)
{
	struct softcpu *sc = sl->sl_cpu;
	struct softint *si = sh->sh_si;

	TAILQ_REMOVE(&sl->sl_list, sh, sh_list);
	sh->sh_pending = false;	/* from here it may be scheduled again */
	sl->sl_running = si;
	mutex_spin_exit(&sc->sc_lock);
	(*si->si_func)(si->si_arg);
	KASSERTMSG(curcpu()->ci_data.cpu_mtx_count == 0 &&
	    curlwp->l_nopreempt == 0, "%s: handler leaks a lock", sl->sl_name);
	mutex_spin_enter(&sc->sc_lock);
	sl->sl_running = NULL;
	if (sc->sc_waiters != 0)
		cv_broadcast(&sc->sc_cv);
}

static void
softint_thread(void *arg)
{
	struct softlevel *sl = arg;
	struct softcpu *sc = sl->sl_cpu;
	struct softhand *sh;

	mutex_spin_enter(&sc->sc_lock);
	for (;;) {
		while ((sh = TAILQ_FIRST(&sl->sl_list)) != NULL)
			softint_run(sl, sh);
		sleepq_wait(sl, sl->sl_name, 0, &sc->sc_lock);
		mutex_spin_enter(&sc->sc_lock);
	}
}

static void
softint_init_level(struct cpu_info *ci, struct softcpu *sc, u_int level)
{
	struct softlevel *sl = &sc->sc_level[level];
	struct lwp *l;

	TAILQ_INIT(&sl->sl_list);
	sl->sl_cpu = sc;
	sl->sl_name = softint_levels[level].name;
	l = lwp_create(softint_levels[level].pri, LW_INTR, ci, softint_thread,
	    sl, "%s/%u", sl->sl_name, cpu_index(ci));
	if (l == NULL)
		panic("no memory for the softint threads of %s", cpu_name(ci));
	lwp_start(l);
}

void
softint_init_cpu(struct cpu_info *ci)
{
	struct softcpu *sc = kmem_zalloc(sizeof(*sc), KM_SLEEP);
	u_int level;

	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_HIGH);
	cv_init(&sc->sc_cv, "softdis");
	for (level = 0; level < SOFTINT_COUNT; level++)
		softint_init_level(ci, sc, level);
	ci->ci_data.cpu_softcpu = sc;
}

void *
softint_establish(u_int flags, void (*func)(void *), void *arg)
{
	struct softint *si;
	u_int level = flags & SOFTINT_LVLMASK, i;

	KASSERTMSG(level < SOFTINT_COUNT, "softint_establish: level %u", level);
	si = kmem_zalloc(sizeof(*si), KM_SLEEP);
	si->si_func = func;
	si->si_arg = arg;
	si->si_level = level;
	for (i = 0; i < MAXCPUS; i++)
		si->si_hand[i].sh_si = si;
	return si;
}

static bool
softint_busy(struct softcpu *sc, struct softint *si, struct softhand *sh)
{
	return sh->sh_pending || sc->sc_level[si->si_level].sl_running == si;
}

/*
 * Waits for what is pending or running anywhere.  The caller sees to it that
 * nobody schedules it any more.
 */
void
softint_disestablish(void *cookie)
{
	struct softint *si = cookie;
	struct softcpu *sc;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		if ((sc = ci->ci_data.cpu_softcpu) == NULL)
			continue;
		mutex_spin_enter(&sc->sc_lock);
		sc->sc_waiters++;
		while (softint_busy(sc, si, &si->si_hand[cpu_index(ci)]))
			cv_wait(&sc->sc_cv, &sc->sc_lock);
		sc->sc_waiters--;
		mutex_spin_exit(&sc->sc_lock);
	}
	kmem_free(si, sizeof(*si));
}

/* From a thread or an interrupt handler; pending once however often asked. */
void
softint_schedule(void *cookie)
{
	struct softint *si = cookie;
	struct cpu_info *ci;
	struct softcpu *sc;
	struct softhand *sh;
	struct softlevel *sl;
	int s = splhigh();	/* stay on this CPU */

	NMI_FORBIDDEN();
	ci = curcpu();
	sc = ci->ci_data.cpu_softcpu;
	KASSERTMSG(sc != NULL, "softint_schedule: %s has no softints yet",
	    cpu_name(ci));
	sh = &si->si_hand[cpu_index(ci)];
	sl = &sc->sc_level[si->si_level];
	mutex_spin_enter(&sc->sc_lock);
	if (!sh->sh_pending) {
		sh->sh_pending = true;
		TAILQ_INSERT_TAIL(&sl->sl_list, sh, sh_list);
		mutex_spin_enter(&sched_lock);
		sleepq_wakeone(sl);
		mutex_spin_exit(&sched_lock);
	}
	mutex_spin_exit(&sc->sc_lock);
	if (s != 0)
		sched_intr_return();	/* it goes first, if it may */
	splx(s);
}
