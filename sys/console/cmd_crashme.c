/*
 * crashme: break the kernel on purpose, to see it report.
 *
 * A bad argument is told before anything is broken.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kernel.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/lwp.h>
#include <sys/mutex.h>
#include <sys/console.h>
#include <machine/intr.h>
#include <machine/lock.h>

#define WEDGE_MAX	86400	/* seconds */
#define WEDGE_WAIT_MS	1000	/* until the thread runs */
#define DEADLOCK_WAIT	(5 * hz)

static int
crashme_panic(int argc, char **argv __unused)
{
	if (argc != 1)
		return EINVAL;
	panic("crashme: asked to");
}
CRASHME(panic, crashme_panic, "", "panic");

static int
crashme_null(int argc, char **argv __unused)
{
	/* Volatile: the compiler must not see what it is asked to do. */
	volatile int *volatile nowhere = NULL;

	if (argc != 1)
		return EINVAL;
	printf("crashme: read %d at address 0: it is mapped\n", *nowhere);
	return 0;
}
CRASHME(null, crashme_null, "", "read through a null pointer");

/* Each level keeps its caller's byte in use, so that no call is a tail call. */
static __noinline u_int
overflow_level(volatile u_char *above)
{
	volatile u_char pad[256];

	pad[0] = (u_char)(above[0] + 1);
	if (pad[0] == above[0])
		return 0;	/* never, but who compiles this cannot know */
	return overflow_level(pad) + pad[0];
}

static int
crashme_overflow(int argc, char **argv __unused)
{
	volatile u_char bottom[1] = { 0 };

	if (argc != 1)
		return EINVAL;
	printf("crashme: returned with %u: the stack has no end\n",
	    overflow_level(bottom));
	return 0;
}
CRASHME(overflow, crashme_overflow, "", "recurse until the stack ends");

/*
 * wedge: a CPU that takes no interrupt, for some seconds or for ever.  The
 * command returns when it spins; without timeouts, for cpu0 drives them.
 */
static volatile u_int wedges;	/* that have begun */

static void
wedge_spin(void *arg)
{
	uint64_t us = (uint64_t)(uintptr_t)arg * 1000000;
	uint64_t start;
	int s;

	if (us != 0)
		printf("crashme: %s spins for %lu s, interrupts off\n",
		    cpu_name(curcpu()), (u_long)us / 1000000);
	else
		printf("crashme: %s spins for ever, interrupts off\n",
		    cpu_name(curcpu()));
	s = splhigh();
	atomic_inc_uint(&wedges);
	start = uptime_us();
	while (us == 0 || uptime_us() - start < us)
		SPINLOCK_BACKOFF_HOOK;
	splx(s);
	if (us != 0)
		printf("crashme: %s takes interrupts again\n",
		    cpu_name(curcpu()));
	kthread_exit(0);
}

static bool
wedge_seconds(const char *word, uint64_t *seconds)
{
	if (kstrtou64(word, 10, seconds) == 0 && *seconds != 0 &&
	    *seconds <= WEDGE_MAX)
		return true;
	printf_nolog("crashme: '%s': bad number of seconds, want 1 to %d\n",
	    word, WEDGE_MAX);
	return false;
}

static int
crashme_wedge(int argc, char **argv)
{
	struct cpu_info *ci;
	uint64_t seconds = 0;
	u_int before = wedges;
	int error;

	if (argc < 2 || argc > 3)
		return EINVAL;
	if (console_cpu_arg("crashme", argv[1], &ci) != 0)
		return 0;
	if (argc == 3 && !wedge_seconds(argv[2], &seconds))
		return 0;
	error = kthread_create(PRI_KERNEL, KTHREAD_MPSAFE, ci, wedge_spin,
	    (void *)(uintptr_t)seconds, NULL, "wedge/%u", cpu_index(ci));
	if (error != 0) {
		printf("crashme: no memory for a thread\n");
		return 0;
	}
	for (int ms = 0; ms < WEDGE_WAIT_MS && wedges == before; ms++)
		delay(1000);
	if (wedges == before)
		printf("crashme: %s runs no threads, it may be wedged already\n",
		    cpu_name(ci));
	return 0;
}
CRASHME(wedge, crashme_wedge, "CPU [SECONDS]", "spin with interrupts off");

/*
 * spin: a CPU that takes interrupts, but never runs another thread.  For so
 * many seconds of its own clock: a host that is busy lets it tick seldom.
 */
static void
spin_thread(void *arg)
{
	struct cpu_info *ci = curcpu();
	uint64_t seconds = (uint64_t)(uintptr_t)arg, start;

	printf("crashme: %s spins for %lu s, without rescheduling\n",
	    cpu_name(ci), (u_long)seconds);
	kpreempt_disable();
	start = ci->ci_data.cpu_ticks;
	while (ci->ci_data.cpu_ticks - start < seconds * hz)
		SPINLOCK_BACKOFF_HOOK;
	kpreempt_enable();
	printf("crashme: %s schedules again\n", cpu_name(ci));
	kthread_exit(0);
}

static int
crashme_spin(int argc, char **argv)
{
	struct cpu_info *ci;
	uint64_t seconds;

	if (argc != 3)
		return EINVAL;
	if (console_cpu_arg("crashme", argv[1], &ci) != 0)
		return 0;
	if (!wedge_seconds(argv[2], &seconds))
		return 0;
	if (kthread_create(PRI_KERNEL, KTHREAD_MPSAFE, ci, spin_thread,
	    (void *)(uintptr_t)seconds, NULL, "spin/%u", cpu_index(ci)) != 0)
		printf("crashme: no memory for a thread\n");
	return 0;
}
CRASHME(spin, crashme_spin, "CPU SECONDS", "spin with preemption off");

/*
 * deadlock: two threads, each with the mutex that the other wants.  Nobody
 * can undo it, so each use makes a pair of its own.
 *
 * An adaptive mutex is spun for while its owner runs, so the second thread
 * asks for the first one's mutex only when that sleeps: then both sleep,
 * and ps shows for what.
 */
struct deadlock {
	kmutex_t dl_lock[2];
	struct lwp *volatile dl_lwp[2];	/* has its own mutex */
	volatile bool dl_off;	/* there is no second thread: go away */
};

/* Asleep for the other one's mutex? */
static bool
deadlock_hangs(const struct deadlock *dl, u_int mine)
{
	const struct lwp *l = dl->dl_lwp[mine];
	bool hangs;

	mutex_spin_enter(&sched_lock);
	hangs = l != NULL && l->l_wchan == &dl->dl_lock[!mine];
	mutex_spin_exit(&sched_lock);
	return hangs;
}

static void
deadlock_threads(struct deadlock *dl, u_int mine)
{
	mutex_enter(&dl->dl_lock[mine]);
	dl->dl_lwp[mine] = curlwp;
	while (!dl->dl_off && (dl->dl_lwp[!mine] == NULL ||
	    (mine == 1 && !deadlock_hangs(dl, 0))))
		(void)kpause("crashme", false, 1, NULL);
	if (!dl->dl_off) {
		mutex_enter(&dl->dl_lock[!mine]);
		mutex_exit(&dl->dl_lock[!mine]);
	}
	mutex_exit(&dl->dl_lock[mine]);
	kthread_exit(0);
}

static void
deadlock_first(void *dl)
{
	deadlock_threads(dl, 0);
}

static void
deadlock_second(void *dl)
{
	deadlock_threads(dl, 1);
}

static int
deadlock_create(struct deadlock *dl)
{
	struct lwp *first;
	int error;

	mutex_init(&dl->dl_lock[0], MUTEX_DEFAULT, IPL_NONE);
	mutex_init(&dl->dl_lock[1], MUTEX_DEFAULT, IPL_NONE);
	error = kthread_create(PRI_KERNEL, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN,
	    cpu_infos[0], deadlock_first, dl, &first, "deadlock/0");
	if (error != 0)
		return error;
	error = kthread_create(PRI_KERNEL, KTHREAD_MPSAFE,
	    cpu_infos[ncpu > 1 ? 1 : 0], deadlock_second, dl, NULL,
	    "deadlock/1");
	if (error != 0) {
		dl->dl_off = true;
		(void)kthread_join(first);
	}
	return error;
}

static int
crashme_deadlock(int argc, char **argv __unused)
{
	struct deadlock *dl;
	int i;

	if (argc != 1)
		return EINVAL;
	dl = kmem_zalloc(sizeof(*dl), KM_NOSLEEP);
	if (dl == NULL || deadlock_create(dl) != 0) {
		printf_nolog("crashme: no memory for two threads\n");
		if (dl != NULL)
			kmem_free(dl, sizeof(*dl));
		return 0;
	}
	for (i = 0; i < DEADLOCK_WAIT && !deadlock_hangs(dl, 1); i++)
		(void)kpause("crashme", false, 1, NULL);
	printf("crashme: deadlock/0 and deadlock/1 %shang, each with the mutex "
	    "that the other wants\n", i < DEADLOCK_WAIT ? "" : "will ");
	return 0;
}
CRASHME(deadlock, crashme_deadlock, "",
    "hang two threads on each other's mutex");

/* The first one whose name sorts after this. */
static const struct crashme *
crashme_next(const char *name)
{
	const struct crashme *const *w;
	const struct crashme *best = NULL;

	for (w = __link_set_start(crashme_ways);
	     w < __link_set_end(crashme_ways); w++)
		if (strcmp((*w)->cr_name, name) > 0 && (best == NULL ||
		    strcmp((*w)->cr_name, best->cr_name) < 0))
			best = *w;
	return best;
}

static void
crashme_list(void)
{
	const struct crashme *w;
	char head[32];

	for (w = crashme_next(""); w != NULL; w = crashme_next(w->cr_name)) {
		snprintf(head, sizeof(head), "%s %s", w->cr_name, w->cr_args);
		printf_nolog("crashme %-24s %s\n", head, w->cr_help);
	}
}

static int
cmd_crashme(int argc, char **argv)
{
	const struct crashme *const *w;

	if (argc == 1) {
		crashme_list();
		return 0;
	}
	for (w = __link_set_start(crashme_ways);
	     w < __link_set_end(crashme_ways); w++) {
		if (strcmp((*w)->cr_name, argv[1]) != 0)
			continue;
		if ((*w)->cr_func(argc - 1, argv + 1) == EINVAL)
			printf_nolog("usage: crashme %s%s%s\n", (*w)->cr_name,
			    (*w)->cr_args[0] != '\0' ? " " : "",
			    (*w)->cr_args);
		return 0;
	}
	printf_nolog("crashme: '%s': unknown, crashme alone lists what there "
	    "is\n", argv[1]);
	return 0;
}
CONSOLE_COMMAND(crashme, cmd_crashme, "[WHAT]", "break the kernel on purpose");
