/*
 * What the CPUs were doing: trace, machine cpu, show all cpus, show nmi.
 */

#include <sys/lwp.h>
#include <sys/proc.h>
#include <sys/systm.h>

#include <machine/cpu.h>

#include <ddb/ddb.h>

/* The frame of what this CPU did when it came here or was stopped. */
static const struct trapframe *
cpu_frame(const struct cpu_info *ci)
{
	return ci == curcpu() ? db_frame : cpu_stop_frame(ci);
}

/*
 * The thread after this one, or the first.  New ones come last, so lids
 * ascend: a list that is torn ends where they do not.
 */
const struct lwp *
db_lwp_next(const struct lwp *l)
{
	const struct lwp *next = l == NULL ? TAILQ_FIRST(&alllwp) :
	    TAILQ_NEXT(l, l_list);

	return l == NULL || next == NULL || next->l_lid > l->l_lid ? next : NULL;
}

static void
trace_lwp(const struct lwp *l)
{
	const struct trapframe *tf = NULL;

	db_printf("trace: lid %d (%s) at %p\n", l->l_lid, l->l_name, (const void *)l);
	if (l->l_stat != LSONPROC) {
		db_lwp_trace(l, db_printf);
		return;
	}
	if (l->l_cpu != NULL)
		tf = cpu_frame(l->l_cpu);
	if (tf == NULL)
		db_error("It runs on a CPU that did not stop\n");
	trapframe_trace(tf, db_printf);
}

static const struct lwp *
lwp_find(db_expr_t lid)
{
	const struct lwp *l = NULL;

	while ((l = db_lwp_next(l)) != NULL)
		if (l->l_lid == lid)
			return l;
	db_error("No thread with lid %ld\n", lid);
}

void
db_trace_cmd(db_expr_t addr, bool have_addr, db_expr_t count __unused,
    const char *modif)
{
	struct {
		vaddr_t fp, pc;
	} f;

	if (*modif == 't')
		trace_lwp(have_addr ? lwp_find(addr) : db_look_cpu->ci_curlwp);
	else if (*modif == 'a' && have_addr)
		trace_lwp((const struct lwp *)addr);
	else if (*modif != '\0')
		db_error("Bad modifier\n");
	else if (!have_addr)
		trapframe_trace(db_look, db_printf);
	else {
		db_read_bytes((vaddr_t)addr, sizeof(f), &f);
		stack_trace(f.pc, f.fp, db_printf);
	}
}

/* Without a number, back to the CPU that came here. */
void
db_machine_cpu(db_expr_t addr, bool have_addr, db_expr_t count __unused,
    const char *modif __unused)
{
	const struct cpu_info *ci = curcpu();
	const struct trapframe *tf;
	char where[80];

	if (have_addr) {
		if (addr < 0 || addr >= ncpu)
			db_error("No such CPU, 0 to %d\n", ncpu - 1);
		ci = cpu_infos[addr];
	}
	if ((tf = cpu_frame(ci)) == NULL)
		db_error("%s did not stop\n", cpu_name(ci));
	db_look_cpu = ci;
	db_look = tf;
	db_dot = db_next = (db_expr_t)tf->tf_rip;
	db_printf("%s: stopped at %s\n", cpu_name(ci),
	    trapframe_where(where, sizeof(where), tf));
}

void
db_show_all_cpus(DB_ARGS_UNUSED)
{
	const struct trapframe *tf;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	char where[80];

	db_printf("  CPU    APICID  INTR  LWP                 NAME             AT\n");
	for (CPU_INFO_FOREACH(cii, ci)) {
		tf = cpu_frame(ci);
		db_printf("%c %-5s  %6u  %4d  %-18p  %-15s  ",
		    ci == curcpu() ? '*' : ci == db_look_cpu ? '>' : ' ',
		    cpu_name(ci), ci->ci_apicid, ci->ci_intr_depth,
		    (void *)ci->ci_curlwp,
		    ci->ci_curlwp != NULL ? ci->ci_curlwp->l_name : "-");
		if (tf != NULL)
			db_printf("%s", trapframe_where(where, sizeof(where), tf));
		else
			db_printf(ci->ci_running ? "no response" : "not running");
		db_printf("\n");
	}
}

void
db_show_nmi(DB_ARGS_UNUSED)
{
	nmi_show(db_printf);
}

static const char *const stat_names[] = {
	[LSIDL] = "new",
	[LSRUN] = "run",
	[LSONPROC] = "onproc",
	[LSSLEEP] = "sleep",
	[LSZOMB] = "zombie",
};

void
db_ps_cmd(DB_ARGS_UNUSED)
{
	const struct lwp *l = NULL, *last = NULL;

	db_printf("  LID  PID STATE   PRI CPU FLAGS  STRUCT LWP *        NAME             WAIT\n");
	while ((l = db_lwp_next(l)) != NULL) {
		db_printf("%c%4d %4d %-7s %3d %3d %5x  %-18p  %-15s  %s\n",
		    l->l_stat == LSONPROC ? '>' : ' ', l->l_lid,
		    l->l_proc != NULL ? l->l_proc->p_pid : 0,
		    (u_int)l->l_stat < __arraycount(stat_names) ?
		    stat_names[l->l_stat] : "?", l->l_priority,
		    l->l_cpu != NULL ? (int)cpu_index(l->l_cpu) : -1, l->l_flag,
		    (const void *)l, l->l_name,
		    l->l_stat == LSSLEEP && l->l_wmesg != NULL ? l->l_wmesg : "");
		last = l;
	}
	if (last != NULL && TAILQ_NEXT(last, l_list) != NULL)
		db_error("The list goes back from here\n");
}
