/*
 * The system calls.  Thread context, interrupts on, in the address space of
 * the caller, whose arguments may be anything.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/proc.h>
#include <sys/syscall.h>

#define WRITE_MAX	128		/* bytes a call takes at most */
#define SLEEP_MAX	10000		/* ms */

typedef int (*sy_call_t)(const uint64_t *, uint64_t *);

static int
sys_exit(const uint64_t *arg, uint64_t *ret __unused)
{
	proc_exit(PROC_EXITED, (int)arg[0]);
}

/* A program's bytes do not steer the operator's terminal. */
static char
printable(char c)
{
	return (c >= ' ' && c <= '~') || c == '\n' || c == '\t' ? c : '?';
}

static int
sys_write(const uint64_t *arg, uint64_t *ret)
{
	char text[WRITE_MAX];
	size_t n = MIN(arg[1], sizeof(text));
	int error;

	if ((error = copyin((const void *)arg[0], text, n)) != 0)
		return error;
	for (size_t i = 0; i < n; i++)
		text[i] = printable(text[i]);
	printf("%.*s", (int)n, text);
	*ret = n;
	return 0;
}

static int
sys_getpid(const uint64_t *arg __unused, uint64_t *ret)
{
	*ret = (uint64_t)curlwp->l_proc->p_pid;
	return 0;
}

static int
sys_yield(const uint64_t *arg __unused, uint64_t *ret __unused)
{
	yield();
	return 0;
}

static int
sys_sleep(const uint64_t *arg, uint64_t *ret __unused)
{
	uint64_t ms = MIN(arg[0], SLEEP_MAX);

	(void)kpause("nanoslp", false, (int)(ms * (uint64_t)hz / 1000) + 1, NULL);
	return 0;
}

static int
sys_setgsbase(const uint64_t *arg, uint64_t *ret __unused)
{
	return cpu_set_user_gsbase(arg[0]);
}

static const sy_call_t sysent[] = {
	[SYS_exit] = sys_exit,
	[SYS_write] = sys_write,
	[SYS_getpid] = sys_getpid,
	[SYS_yield] = sys_yield,
	[SYS_sleep] = sys_sleep,
	[SYS_setgsbase] = sys_setgsbase,
};

int
proc_syscall(uint64_t number, const uint64_t *arg, uint64_t *ret)
{
	if (number >= __arraycount(sysent) || sysent[number] == NULL)
		return ENOSYS;
	return sysent[number](arg, ret);
}
