/*
 * "crashme badhandler": an NMI handler that breaks a rule, and "crashme
 * nmihang": one that does not return, to show that the kernel names them.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/console.h>
#include <sys/kthread.h>
#include <sys/lwp.h>
#include <sys/mutex.h>

#include <machine/cpu.h>
#include <machine/frame.h>

#include <x86/cpufunc.h>
#include <x86/nmivar.h>

static kmutex_t bad_lock = MUTEX_SPIN_INITIALIZER;

/* NMI context: what it interrupted may hold the lock. */
static int
bad_handler(const struct trapframe *tf __unused, void *arg)
{
	mutex_enter(arg);
	mutex_exit(arg);
	return 0;
}

static int
crashme_badhandler(int argc, char **argv __unused)
{
	nmi_handler_t *nh;

	if (argc != 1)
		return EINVAL;
	if ((nh = nmi_establish(bad_handler, &bad_lock)) == NULL) {
		printf("crashme: no memory for a handler\n");
		return 0;
	}
	printf("crashme: an NMI handler will take a mutex\n");
	(void)nmi_ping(curcpu());
	/* Only a kernel that does not check gets here. */
	nmi_disestablish(nh);
	return 0;
}

static struct cpu_info *volatile hang_cpu;
static volatile bool hang_came;

/*
 * NMI context: this CPU takes no further NMI, and nobody can stop it.  With
 * interrupts off it may hold a lock that all others need, and is let go.
 */
static int
hang_handler(const struct trapframe *tf, void *arg __unused)
{
	if (hang_cpu != curcpu() ||
	    (ncpu > 1 && (tf->tf_rflags & PSL_I) == 0))
		return 0;
	hang_came = true;
	while (hang_cpu == curcpu())
		x86_pause();
	return 0;
}

/* On a CPU beside the one that will hang, if there is any. */
static void
hang_thread(void *arg)
{
	struct cpu_info *ci = arg;

	hang_came = false;
	hang_cpu = ci;		/* one at a time: another one is let go */
	for (;;) {
		(void)nmi_ping(ci);
		if (hang_came)
			break;
		(void)kpause("crashme", false, 1, NULL);
	}
	kthread_exit(0);
}

static int
crashme_nmihang(int argc, char **argv)
{
	static nmi_handler_t *nh;
	struct cpu_info *ci = cpu_infos[ncpu - 1];
	struct lwp *l;

	if (argc > 2)
		return EINVAL;
	if (argc == 2 && console_cpu_arg("crashme", argv[1], &ci) != 0)
		return 0;
	if (nh == NULL)
		nh = nmi_establish(hang_handler, NULL);
	if (nh == NULL) {
		printf("crashme: no memory for a handler\n");
		return 0;
	}
	printf("crashme: %s hangs in an NMI handler\n", cpu_name(ci));
	if (kthread_create(PRI_KERNEL, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN,
	    cpu_infos[cpu_index(ci) == 0 ? ncpu - 1 : 0], hang_thread, ci, &l,
	    "nmihang") != 0)
		printf("crashme: no memory for a thread\n");
	else
		(void)kthread_join(l);
	return 0;
}

CRASHME(nmihang, crashme_nmihang, "[CPU]", "an NMI handler that does not return");

CRASHME(badhandler, crashme_badhandler, "", "an NMI handler that takes a mutex");
