/*
 * mutex(9).
 *
 * Adaptive: one word, the owner and a bit that says somebody sleeps.  While
 * the owner runs on another CPU a waiter spins, since it will not be long;
 * otherwise the waiter sets the bit with sched_lock held and sleeps.  The
 * owner of a mutex with the bit set cannot release it without sched_lock, so
 * a sleeper is always found.  One sleeper is woken at a time, and the bit
 * stays on the free mutex as long as there are others.  A sleeper lends its
 * priority to the owner, one step far; the owner gives it back at its first
 * release of a mutex somebody waits for.
 *
 * Spin: the word is the owning CPU; interrupts stay off while it holds any.
 * This works in every context but NMI, also before sched_init().
 *
 * After a panic no lock holds anybody for long: its owner may be dead or
 * stopped.  The waiter goes on without it, and releases only what it owns.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <machine/lock.h>

#define MUTEX_PANIC_SPINS	100000		/* then go on without the lock */
#define MUTEX_SPINOUT_US	10000000	/* no lock is held that long ... */
#define MUTEX_SPINOUT_SPINS	1000000		/* ... by a machine that runs */

#define MUTEX_OWNER(word)	((struct lwp *)((word) & ~MUTEX_WAITERS))

static void
mutex_abort(const char *func, const kmutex_t *mtx, const char *why)
{
	if (panicstr != NULL)
		return;
	panic("%s: %s: lock %p owner %p", func, why, (const void *)mtx,
	    (void *)MUTEX_OWNER(mtx->mtx_owner));
}

void
mutex_init(kmutex_t *mtx, kmutex_type_t type, int ipl)
{
	bool spin = type == MUTEX_SPIN;

	if (type == MUTEX_DEFAULT || type == MUTEX_DRIVER)
		spin = ipl > IPL_SOFTSERIAL;
	else if (type == MUTEX_ADAPTIVE)
		KASSERT(ipl == IPL_NONE);
	mtx->mtx_owner = 0;
	mtx->mtx_ipl = (uint8_t)ipl;
	mtx->mtx_kind = spin ? MUTEX_KIND_SPIN : MUTEX_KIND_ADAPTIVE;
}

void
mutex_destroy(kmutex_t *mtx)
{
	if (mtx->mtx_owner != 0)
		mutex_abort("mutex_destroy", mtx, "is owned or has waiters");
	mtx->mtx_kind = MUTEX_KIND_DEAD;
}

/* Spin mutexes. */

static void
mutex_spl_enter(struct cpu_info *ci, int s)
{
	if (ci->ci_data.cpu_mtx_count-- == 0)
		ci->ci_data.cpu_mtx_oldspl = s;
}

/*
 * The last one of this CPU turns interrupts on again, if they were on.  A
 * thread that was woken while they were off may have a right to this CPU.
 */
static void
mutex_spl_exit(struct cpu_info *ci)
{
	int s = ci->ci_data.cpu_mtx_oldspl;

	if (++ci->ci_data.cpu_mtx_count != 0 || s == 0)
		return;
	if (ci->ci_want_resched != 0)
		sched_intr_return();
	splx(s);
}

static void
mutex_spinout(const kmutex_t *mtx, u_long owner)
{
	const struct cpu_info *ci = (const struct cpu_info *)owner;

	if (owner != 0 && panicstr == NULL)
		panic("spinout: lock %p held by %s, thread %s",
		    (const void *)mtx, cpu_name(ci), ci->ci_curlwp->l_name);
}

/* Another CPU, or this one by mistake, has it. */
static void __noinline
mutex_spin_wait(kmutex_t *mtx, struct cpu_info *ci)
{
	uint64_t start = uptime_us();
	u_long owner;
	u_int spins;

	for (spins = 1;; spins++) {
		owner = atomic_load_relaxed(&mtx->mtx_owner);
		if (owner == 0 &&
		    atomic_cas_ulong(&mtx->mtx_owner, 0, (u_long)ci) == 0)
			return;
		if (owner == (u_long)ci) {
			mutex_abort("mutex_enter", mtx, "locking against myself");
			return;
		}
		SPINLOCK_BACKOFF_HOOK;
		if (panicstr != NULL && spins > MUTEX_PANIC_SPINS)
			return;
		if (spins % 1024 == 0 && spins > MUTEX_SPINOUT_SPINS &&
		    uptime_us() - start > MUTEX_SPINOUT_US)
			mutex_spinout(mtx, owner);
	}
}

void
mutex_spin_enter(kmutex_t *mtx)
{
	int s = splhigh();
	struct cpu_info *ci = curcpu();

	NMI_FORBIDDEN();
	if (__predict_false(mtx->mtx_kind != MUTEX_KIND_SPIN))
		mutex_abort("mutex_spin_enter", mtx, "not a spin mutex");
	mutex_spl_enter(ci, s);
	if (atomic_cas_ulong(&mtx->mtx_owner, 0, (u_long)ci) != 0)
		mutex_spin_wait(mtx, ci);
}

void
mutex_spin_exit(kmutex_t *mtx)
{
	struct cpu_info *ci = curcpu();

	if (__predict_false(mtx->mtx_owner != (u_long)ci))
		mutex_abort("mutex_exit", mtx, "not owned by this CPU");
	else
		atomic_store_release(&mtx->mtx_owner, 0);
	mutex_spl_exit(ci);
}

static int
mutex_spin_tryenter(kmutex_t *mtx)
{
	int s = splhigh();
	struct cpu_info *ci = curcpu();

	mutex_spl_enter(ci, s);
	if (atomic_cas_ulong(&mtx->mtx_owner, 0, (u_long)ci) == 0)
		return 1;
	mutex_spl_exit(ci);
	return 0;
}

/* Adaptive mutexes. */

/*
 * The owner may have let go and be gone by now; its memory is still mapped,
 * and a wrong answer only costs one more turn.
 */
static bool
mutex_oncpu(u_long owner)
{
	const struct lwp *l = MUTEX_OWNER(owner);

	return l != NULL && l->l_stat == LSONPROC;
}

/* The mutex had this owner, who is not running.  Sleep if that is still so. */
static void
mutex_sleep(kmutex_t *mtx, u_long owner)
{
	struct lwp *l;

	mutex_spin_enter(&sched_lock);
	if (mutex_oncpu(owner) || atomic_cas_ulong(&mtx->mtx_owner, owner,
	    owner | MUTEX_WAITERS) != owner) {
		mutex_spin_exit(&sched_lock);
		return;
	}
	l = MUTEX_OWNER(owner);	/* stays, since it cannot release mtx now */
	if (l->l_priority < curlwp->l_priority)
		sched_lendpri(l, curlwp->l_priority);
	sleepq_enter(mtx, "mutex");
	sleepq_block(0);
}

static void __noinline
mutex_wait(kmutex_t *mtx, u_long me)
{
	u_long owner;
	u_int spins;

	for (spins = 0; panicstr == NULL || spins < MUTEX_PANIC_SPINS; spins++) {
		owner = atomic_load_relaxed(&mtx->mtx_owner);
		if (owner == (me | (owner & MUTEX_WAITERS))) {
			mutex_abort("mutex_enter", mtx, "locking against myself");
			return;
		}
		if (MUTEX_OWNER(owner) == NULL) {
			if (atomic_cas_ulong(&mtx->mtx_owner, owner,
			    owner | me) == owner)
				return;
		} else if (mutex_oncpu(owner) || panicstr != NULL)
			SPINLOCK_BACKOFF_HOOK;
		else
			mutex_sleep(mtx, owner);
	}
}

/* What must be true of whoever takes an adaptive mutex, free or not. */
static void
mutex_check(const kmutex_t *mtx)
{
	if (__predict_false(mtx->mtx_kind != MUTEX_KIND_ADAPTIVE))
		mutex_abort("mutex_enter", mtx, "uninitialized or destroyed");
	if (__predict_false(cpu_intr_p()))
		mutex_abort("mutex_enter", mtx,
		    "adaptive mutex in interrupt context");
}

void
mutex_enter(kmutex_t *mtx)
{
	NMI_FORBIDDEN();
	u_long me = (u_long)curlwp;

	if (mtx->mtx_kind == MUTEX_KIND_SPIN) {
		mutex_spin_enter(mtx);
		return;
	}
	mutex_check(mtx);
	if (atomic_cas_ulong(&mtx->mtx_owner, 0, me) != 0)
		mutex_wait(mtx, me);
}

/* With sched_lock held: pass it to those who sleep. */
static void
mutex_wakeup(kmutex_t *mtx)
{
	struct lwp *l = curlwp;

	l->l_priority = l->l_basepri;
	sleepq_wakeone(mtx);
	atomic_store_release(&mtx->mtx_owner,
	    sleepq_waiters(mtx) ? MUTEX_WAITERS : 0);
}

void
mutex_exit(kmutex_t *mtx)
{
	u_long me = (u_long)curlwp, owner;

	if (mtx->mtx_kind == MUTEX_KIND_SPIN) {
		mutex_spin_exit(mtx);
		return;
	}
	owner = atomic_cas_ulong(&mtx->mtx_owner, me, 0);
	if (__predict_true(owner == me))
		return;
	if (owner != (me | MUTEX_WAITERS)) {
		mutex_abort("mutex_exit", mtx, "not owned by current thread");
		return;
	}
	mutex_spin_enter(&sched_lock);
	mutex_wakeup(mtx);
	mutex_spin_exit(&sched_lock);
}

void
mutex_exit_interlock(kmutex_t *mtx)
{
	u_long me = (u_long)curlwp, owner;

	if (mtx->mtx_kind == MUTEX_KIND_SPIN) {
		mutex_spin_exit(mtx);
		return;
	}
	owner = atomic_cas_ulong(&mtx->mtx_owner, me, 0);
	if (owner == (me | MUTEX_WAITERS))
		mutex_wakeup(mtx);
	else if (owner != me)
		mutex_abort("mutex_exit", mtx, "not owned by current thread");
}

int
mutex_tryenter(kmutex_t *mtx)
{
	NMI_FORBIDDEN();
	u_long owner;

	if (mtx->mtx_kind == MUTEX_KIND_SPIN)
		return mutex_spin_tryenter(mtx);
	mutex_check(mtx);
	owner = atomic_load_relaxed(&mtx->mtx_owner);
	if (MUTEX_OWNER(owner) != NULL)
		return 0;
	return atomic_cas_ulong(&mtx->mtx_owner, owner,
	    owner | (u_long)curlwp) == owner;
}

int
mutex_owned(const kmutex_t *mtx)
{
	int s, owned;

	if (mtx->mtx_kind != MUTEX_KIND_SPIN)
		return MUTEX_OWNER(mtx->mtx_owner) == curlwp;
	s = splhigh();	/* do not move between the two loads */
	owned = mtx->mtx_owner == (u_long)curcpu();
	splx(s);
	return owned;
}
