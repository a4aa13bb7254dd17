/* kthread(9): NetBSD's way to make a thread, on lwp_create(). */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kthread.h>
#include <sys/lwp.h>

static pri_t
kthread_pri(pri_t pri, int flag)
{
	if (pri != PRI_NONE)
		return pri;
	return (flag & KTHREAD_TS) != 0 ? PRI_USER : PRI_KERNEL;
}

int
kthread_create(pri_t pri, int flag, struct cpu_info *ci, void (*func)(void *),
    void *arg, lwp_t **lp, const char *fmt, ...)
{
	struct lwp *l;
	u_int lflag = LW_MPSAFE;
	va_list ap;

	KASSERT((flag & KTHREAD_INTR) == 0 || (flag & KTHREAD_MPSAFE) != 0);
	KASSERT((flag & KTHREAD_MUSTJOIN) == 0 || lp != NULL);
	if ((flag & KTHREAD_INTR) != 0)
		lflag |= LW_INTR;
	if ((flag & KTHREAD_MUSTJOIN) != 0)
		lflag |= LW_MUSTJOIN;
	va_start(ap, fmt);
	l = lwp_vcreate(kthread_pri(pri, flag), lflag, ci, func, arg, fmt, ap);
	va_end(ap);
	if (l == NULL)
		return ENOMEM;
	if (lp != NULL)		/* first: the thread may look there */
		*lp = l;
	if ((flag & KTHREAD_IDLE) == 0)
		lwp_start(l);
	return 0;
}

void
kthread_exit(int ecode)
{
	if (ecode != 0)
		printf("WARNING: kthread `%s' (%d) exits with status %d\n",
		    curlwp->l_name, curlwp->l_lid, ecode);
	lwp_exit();
}

/* Only for KTHREAD_MUSTJOIN ones; afterwards l is no more. */
int
kthread_join(lwp_t *l)
{
	lwp_join(l);
	return 0;
}
