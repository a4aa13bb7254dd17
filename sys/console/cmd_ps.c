/*
 * ps and cpus: threads and processors.
 *
 * Each line is copied under sched_lock and printed without it: printing at
 * serial speed must not hold the scheduler up.  The list of threads may
 * change between two lines, so the walk goes by thread number.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lwp.h>
#include <sys/console.h>

struct ps_line {
	lwpid_t pl_lid;
	enum lwp_stat pl_stat;
	int pl_priority;
	u_int pl_cpu;
	const char *pl_wmesg;	/* a literal, as tsleep(9) wants */
	char pl_name[COMM_LEN];
};

static const char *const ps_states[] = {
	[LSIDL] = "new",
	[LSRUN] = "run",
	[LSONPROC] = "onproc",
	[LSSLEEP] = "sleep",
	[LSZOMB] = "zombie",
};

/* The thread with the lowest number above this one; NULL when done. */
static struct lwp *
ps_next(lwpid_t after)
{
	struct lwp *l, *best = NULL;

	TAILQ_FOREACH(l, &alllwp, l_list)
		if (l->l_lid > after &&
		    (best == NULL || l->l_lid < best->l_lid))
			best = l;
	return best;
}

static bool
ps_copy(lwpid_t after, struct ps_line *pl)
{
	struct lwp *l;

	mutex_spin_enter(&sched_lock);
	l = ps_next(after);
	if (l != NULL) {
		pl->pl_lid = l->l_lid;
		pl->pl_stat = l->l_stat;
		pl->pl_priority = l->l_priority;
		pl->pl_cpu = cpu_index(l->l_cpu);
		pl->pl_wmesg = l->l_stat == LSSLEEP ? l->l_wmesg : NULL;
		strlcpy(pl->pl_name, l->l_name, sizeof(pl->pl_name));
	}
	mutex_spin_exit(&sched_lock);
	return l != NULL;
}

static int
cmd_ps(int argc, char **argv __unused)
{
	struct ps_line pl = { .pl_lid = -1 };

	if (argc != 1)
		return EINVAL;
	printf_nolog("%5s %-7s %4s %3s %-12s %s\n", "LID", "STATE", "PRI",
	    "CPU", "WMESG", "NAME");
	while (ps_copy(pl.pl_lid, &pl) && !console_interrupted())
		printf_nolog("%5d %-7s %4d %3u %-12s %s\n", pl.pl_lid,
		    ps_states[pl.pl_stat], pl.pl_priority, pl.pl_cpu,
		    pl.pl_wmesg != NULL ? pl.pl_wmesg : "-", pl.pl_name);
	return 0;
}
CONSOLE_COMMAND(ps, cmd_ps, "", "list the threads");

static void
cpus_line(const struct cpu_info *ci)
{
	const struct cpu_data *cd = &ci->ci_data;
	char name[COMM_LEN];

	mutex_spin_enter(&sched_lock);
	strlcpy(name, ci->ci_curlwp != NULL ? ci->ci_curlwp->l_name : "-",
	    sizeof(name));
	mutex_spin_exit(&sched_lock);
	printf_nolog("%-5s %6u %10lu %10lu %10lu  %-12s %s\n", cpu_name(ci),
	    ci->ci_apicid, cd->cpu_nintr, cd->cpu_nswtch, cd->cpu_ticks,
	    name, ci->ci_model);
}

static int
cmd_cpus(int argc, char **argv __unused)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	if (argc != 1)
		return EINVAL;
	printf_nolog("%-5s %6s %10s %10s %10s  %-12s %s\n", "CPU", "APICID",
	    "INTERRUPTS", "SWITCHES", "TICKS", "RUNNING", "MODEL");
	for (CPU_INFO_FOREACH(cii, ci))
		cpus_line(ci);
	return 0;
}
CONSOLE_COMMAND(cpus, cmd_cpus, "", "list the processors");

int
console_cpu_arg(const char *command, const char *s, struct cpu_info **cip)
{
	uint64_t n;

	if (kstrtou64(s, 10, &n) != 0 || n >= (uint64_t)ncpu) {
		printf_nolog("%s: '%s': no such CPU, want 0 to %d\n", command,
		    s, ncpu - 1);
		return EINVAL;
	}
	*cip = cpu_infos[n];
	return 0;
}
