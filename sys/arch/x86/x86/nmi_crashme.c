/*
 * "crashme badhandler": an NMI handler that breaks a rule, to show that the
 * kernel names it.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/console.h>
#include <sys/mutex.h>

#include <machine/cpu.h>

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

CRASHME(badhandler, crashme_badhandler, "", "an NMI handler that takes a mutex");
