/*
 * Stopping the machine: wherever a CPU is it stops, and goes on; one that
 * cannot is named and waited for no longer than a second.
 */

#include <sys/mutex.h>
#include <sys/sysctl.h>
#include <sys/xcall.h>
#include "nmitest.h"

#define ST_ROUNDS	20

static volatile bool st_there, st_leave;
static kmutex_t st_lock = MUTEX_SPIN_INITIALIZER;

/* A test here stands on cpu0, so that it can say what the others do. */
static void
st_boot_cpu(void *arg)
{
	(*(void (**)(void))arg)();
	kthread_exit(0);
}

static void
st_run(void (*body)(void))
{
	struct lwp *l;

	KT_ASSERT(kthread_create(PRI_KERNEL, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN,
	    cpu_infos[0], st_boot_cpu, &body, &l, "st_run") == 0);
	(void)kthread_join(l);
}

/* KTEST(), with the CPUs it needs. */
#define STTEST(name, cpus, what) \
	static void st_body_##name(void); \
	KTEST(name, what) \
	{ \
		KT_NEEDS_CPUS(cpus); \
		st_run(st_body_##name); \
	} \
	static void st_body_##name(void)

/* Here until the test says so. */
static void
st_stay(void)
{
	st_there = true;
	while (!st_leave)
		x86_pause();
}

static void
st_interrupts_off(void *arg __unused)
{
	int s = splhigh();

	st_stay();
	splx(s);
}

static void
st_mutex_held(void *arg __unused)
{
	mutex_spin_enter(&st_lock);
	st_stay();
	mutex_spin_exit(&st_lock);
}

static void
st_console_held(void *arg __unused)
{
	int s = splhigh();
	bool locked = prf_enter();

	st_stay();
	prf_exit(locked);
	splx(s);
}

static void
st_thread(void *arg __unused)
{
	st_stay();
}

/* It notices that it shall stop, and returns later: then it must. */
static int
st_handler(const struct trapframe *tf __unused, void *arg __unused)
{
	struct cpu_info *ci = curcpu();

	st_there = true;
	while (ci->ci_nmi.nc_ipi == 0 && !st_leave)
		x86_pause();
	return 1;
}

static void
st_in_handler(void *arg __unused)
{
	nmi_handler_t *handle = nmi_establish(st_handler, NULL);

	KT_CHECK(nt_self());
	nmi_disestablish(handle);
}

static void
st_intr(void *arg1 __unused, void *arg2 __unused)
{
	st_stay();
}

/* The machine works: interrupts and NMIs reach every CPU, none is left over. */
static void
st_check_alive(uint64_t unclaimed)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	xc_barrier(XC_HIGHPRI);
	xc_barrier(0);
	for (CPU_INFO_FOREACH(cii, ci)) {
		KT_CHECK(nt_ping(ci));
		KT_CHECK(ci->ci_nmi.nc_parked == 0);
		KT_CHECK(KT_SPIN(!nmi_in_progress(ci)));
	}
	KT_CHECK(nt_unclaimed() == unclaimed);
}

/* Everybody stops, and what is printed meanwhile comes out. */
static void
st_stop(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	cpu_stop_enter();
	cpu_stop_others();
	for (CPU_INFO_FOREACH(cii, ci))
		KT_CHECK(ci == curcpu() || KT_SPIN(cpu_stop_frame(ci) != NULL));
	nt_print_reset();
	cpu_stop_report(nt_print, true);
}

static void
st_go(void)
{
	st_leave = true;	/* while they stand */
	cpu_stop_exit();
}

static void
st_where(void (*func)(void *), const char *trace, void (*meanwhile)(void))
{
	uint64_t unclaimed = nt_unclaimed();
	int s;

	for (u_int i = 0; i < ST_ROUNDS; i++) {
		st_there = st_leave = false;
		kt_thread(PRI_USER, cpu_infos[1], func, NULL);
		KT_CHECK(KT_WAIT(st_there));
		s = splhigh();
		st_stop();
		KT_CHECK(NT_SAID("cpu1: stopped at kernel:"));
		KT_CHECK(NT_SAID(trace));
		if (i == 0 && meanwhile != NULL)
			meanwhile();
		st_go();
		splx(s);
		kt_threads_join();
		st_check_alive(unclaimed);
	}
}

STTEST(ddb_stop_thread, 2, "a CPU in a thread stops and goes on")
{
	st_where(st_thread, "st_thread() at", NULL);
}

STTEST(ddb_stop_off, 2, "a CPU with interrupts off stops and goes on")
{
	st_where(st_interrupts_off, "st_interrupts_off() at", NULL);
}

STTEST(ddb_stop_mutex, 2, "a CPU that holds a spin mutex stops and goes on")
{
	st_where(st_mutex_held, "st_mutex_held() at", NULL);
}

/* Whoever has the lock stands: this is printed, or the machine hangs. */
static void
st_say(void)
{
	printf_nolog("# said while cpu1 has the console's lock\n");
}

STTEST(ddb_stop_console, 2, "a CPU that holds the console's lock stops, and output goes on without it")
{
	st_where(st_console_held, "st_console_held() at", st_say);
	printf("# and nobody has it now\n");
}

STTEST(ddb_stop_handler, 2, "a CPU in an NMI handler stops when that returns")
{
	st_where(st_in_handler, "st_in_handler() at", NULL);
}

STTEST(ddb_stop_intr, 2, "a CPU in an interrupt handler stops and goes on")
{
	uint64_t where, unclaimed = nt_unclaimed();
	int s;

	for (u_int i = 0; i < ST_ROUNDS; i++) {
		st_there = st_leave = false;
		where = xc_unicast(XC_HIGHPRI, st_intr, NULL, NULL, cpu_infos[1]);
		KT_CHECK(KT_WAIT(st_there));
		s = splhigh();
		st_stop();
		KT_CHECK(NT_SAID("st_intr() at"));
		KT_CHECK(NT_SAID("--- interrupt (vector 0x"));
		st_go();
		splx(s);
		xc_wait(where);
		st_check_alive(unclaimed);
	}
}

STTEST(ddb_stop_idle, 2, "an idle CPU stops, shows one line, and goes on")
{
	uint64_t unclaimed = nt_unclaimed();
	int s;

	KT_CHECK(KT_WAIT(cpu_infos[1]->ci_curlwp == cpu_infos[1]->ci_idlelwp));
	s = splhigh();
	st_stop();
	if (cpu_infos[1]->ci_curlwp == cpu_infos[1]->ci_idlelwp) {
		KT_CHECK(NT_SAID("cpu1: stopped at kernel:"));
		KT_CHECK(strchr(nt_text, '\n')[1] == '\0' || ncpu > 2);
	}
	st_go();
	splx(s);
	st_check_alive(unclaimed);
}

/* As the debug switch does that is pressed while the machine is stopped. */
STTEST(ddb_stop_absorbs, 2, "an NMI to a stopped CPU is forgotten when it goes on")
{
	struct cpu_info *ci = cpu_infos[1];
	uint64_t unclaimed = nt_unclaimed(), absorbed, latched;
	int s;

	for (u_int i = 0; i < ST_ROUNDS; i++) {
		s = splhigh();
		st_stop();
		absorbed = ci->ci_nmi.nc_absorbed.ev_count;
		latched = nmi_latched(ci);
		lapic_send_nmi(ci->ci_apicid);
		KT_CHECK(KT_SPIN(nmi_latched(ci) > latched));
		st_go();
		splx(s);
		st_check_alive(unclaimed);
		KT_CHECK(ci->ci_nmi.nc_absorbed.ev_count > absorbed);
	}
}

/* Ends the blocking of NMIs, so that the one to stop us comes while it runs. */
static int
st_nested(const struct trapframe *tf __unused, void *arg __unused)
{
	struct cpu_info *ci = curcpu();
	uint64_t latched = nmi_latched(ci);

	if (cpu_index(ci) != 1 || st_there)
		return 0;
	x86_nmi_unblock();
	st_there = true;
	(void)KT_SPIN(nmi_latched(ci) != latched);
	return 1;
}

/* Its note is then found by the earlier NMI, and it is pending already. */
STTEST(ddb_stop_nested, 2, "an NMI to stop a CPU that comes into another one stops it once")
{
	uint64_t unclaimed = nt_unclaimed();
	nmi_handler_t *handle;
	int s;

	KT_NEEDS(PROBE_FAULT);
	handle = nmi_establish(st_nested, NULL);
	for (u_int i = 0; i < ST_ROUNDS; i++) {
		st_there = false;
		s = splhigh();
		lapic_send_nmi(cpu_infos[1]->ci_apicid);
		KT_CHECK(KT_SPIN(st_there));
		st_stop();
		st_go();
		splx(s);
		st_check_alive(unclaimed);
	}
	nmi_disestablish(handle);
}

/* Takes nothing until it is let go, and claims nothing after that. */
static int
st_hang(const struct trapframe *tf __unused, void *arg __unused)
{
	if (curcpu() != cpu_infos[1] || st_leave)
		return 0;
	st_stay();
	return 1;
}

/*
 * The NMI that was sent to stop it stays with the CPU, and arrives when the
 * session is long over: it must not be taken for an unknown one.
 */
STTEST(ddb_stop_hang, 2, "a CPU that hangs in an NMI handler is named, and what was sent to it forgotten")
{
	uint64_t unclaimed = nt_unclaimed();
	nmi_handler_t *handle;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	int s;

	st_there = st_leave = false;
	handle = nmi_establish(st_hang, NULL);
	lapic_send_nmi(cpu_infos[1]->ci_apicid);
	KT_CHECK(KT_WAIT(st_there));
	s = splhigh();
	cpu_stop_enter();
	cpu_stop_others();
	for (CPU_INFO_FOREACH(cii, ci))
		KT_CHECK(ci == curcpu() || (cpu_index(ci) == 1 ?
		    cpu_stop_frame(ci) == NULL : KT_SPIN(cpu_stop_frame(ci) != NULL)));
	nt_print_reset();
	cpu_stop_report(nt_print, true);
	KT_CHECK(NT_SAID("cpu1: no response, in handler st_hang+0x0\n"));
	cpu_stop_exit();
	splx(s);
	st_leave = true;
	KT_CHECK(KT_SPIN(!nmi_in_progress(cpu_infos[1])));
	st_check_alive(unclaimed);
	nmi_disestablish(handle);
}

/*
 * An NMI that comes after "go", before the machine is free.  The test owns
 * the machine; cpu1 is made to believe that an NMI is on its way to it, so it
 * takes its time to leave; cpu2 leaves at once and has one nobody claims.
 */
static volatile u_int st_sent;

static void
st_sends_itself(void *arg __unused)
{
	int s = splhigh();

	st_stay();
	lapic_send_nmi(curcpu()->ci_apicid);
	st_sent++;
	splx(s);
}

STTEST(ddb_stop_between, 3, "an NMI while the CPUs leave starts a session of its own")
{
	uint64_t unclaimed = nt_unclaimed();
	char err[SYSCTL_ERRLEN];
	u_int sessions;
	int s;

	KT_CHECK(sysctl_set_text("machdep.nmi.unknown", "log", err, sizeof(err)) == 0);
	st_sent = 0;
	for (u_int i = 0; i < ST_ROUNDS; i++) {
		st_there = st_leave = false;
		kt_thread(PRI_USER, cpu_infos[2], st_sends_itself, NULL);
		KT_CHECK(KT_WAIT(st_there));
		s = splhigh();
		st_stop();
		sessions = nmi_stop_count();
		atomic_or_uint(&cpu_infos[1]->ci_nmi.nc_ipi, NMI_IPI_STOP);
		st_go();
		splx(s);
		kt_threads_join();
		KT_CHECK(KT_WAIT(nmi_stop_count() == sessions + 2));
	}
	KT_CHECK(sysctl_set_text("machdep.nmi.unknown", "ddb", err, sizeof(err)) == 0);
	KT_CHECK(st_sent == ST_ROUNDS);
	st_check_alive(unclaimed + ST_ROUNDS);
}
