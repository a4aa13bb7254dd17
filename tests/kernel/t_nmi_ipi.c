/* NMIs from CPU to CPU: sent, stopping the machine, and resuming it. */

#include <sys/kmem.h>
#include <sys/msgbuf.h>
#include <sys/xcall.h>
#include "nmitest.h"

#define IP_ROUNDS	100
#define IP_SESSIONS	50

static volatile u_int ip_stops, ip_sessions, ip_strays;
static volatile u_int ip_expected[MAXCPUS];

KTEST(nmi_ping, "an NMI to any CPU, oneself too, arrives and is claimed")
{
	uint64_t unclaimed = nt_unclaimed();
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	u_int before;

	for (u_int i = 0; i < IP_ROUNDS; i++)
		for (CPU_INFO_FOREACH(cii, ci)) {
			before = ci->ci_nmi.nc_pings;
			KT_CHECK(nt_ping(ci));
			KT_CHECK(ci->ci_nmi.nc_pings != before);
		}
	KT_CHECK(nt_unclaimed() == unclaimed);
}

static void
ip_sender(void *arg __unused)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (u_int i = 0; i < IP_ROUNDS / (u_int)ncpu; i++)
		for (CPU_INFO_FOREACH(cii, ci))
			KT_CHECK(nt_ping(ci));
}

KTEST(nmi_ping_all, "all CPUs send to all at once, and none is taken for an unknown NMI")
{
	uint64_t unclaimed = nt_unclaimed();
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci))
		kt_thread(PRI_USER, ci, ip_sender, NULL);
	kt_threads_join();
	KT_CHECK(nt_unclaimed() == unclaimed);
}

/* By the owner of the stopped machine. */
static void
ip_check_stopped(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		if (ci == curcpu())
			continue;
		KT_CHECK(KT_SPIN(cpu_stop_frame(ci) != NULL));
	}
}

/* Nobody else sends NMIs: those that parked were told to. */
static void
ip_check_logged(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != curcpu())
			KT_CHECK(ci->ci_nmi.nc_entry->le_why == NMI_LOG_STOP);
}

static void
ip_stopper(void *rounds)
{
	int s;

	for (u_int i = 0; i < (u_int)(uintptr_t)rounds; i++) {
		s = splhigh();
		cpu_stop_enter();
		cpu_stop_others();
		ip_check_stopped();
		ip_stops++;	/* nobody else runs */
		cpu_stop_exit();
		splx(s);
		xc_barrier(XC_HIGHPRI);
	}
}

static void
ip_check_alive(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	xc_barrier(XC_HIGHPRI);
	xc_barrier(0);
	for (CPU_INFO_FOREACH(cii, ci)) {
		KT_CHECK(ci->ci_nmi.nc_ipi == 0);	/* nothing is under way */
		KT_CHECK(nt_ping(ci));
		KT_CHECK(KT_SPIN(!nmi_ping_owed(&ci->ci_nmi)));
		KT_CHECK(ci->ci_nmi.nc_parked == 0);
		KT_CHECK(KT_SPIN(!nmi_in_progress(ci)));
	}
}

KTEST(nmi_stop_one, "a CPU stops all others and lets them go, again and again")
{
	uint64_t unclaimed = nt_unclaimed();
	int s;

	ip_stops = 0;
	ip_stopper((void *)(uintptr_t)IP_ROUNDS);
	s = splhigh();
	cpu_stop_enter();
	cpu_stop_others();
	ip_check_stopped();
	ip_check_logged();
	cpu_stop_exit();
	splx(s);
	KT_CHECK(ip_stops == IP_ROUNDS);
	ip_check_alive();
	KT_CHECK(nt_unclaimed() == unclaimed);
}

KTEST(nmi_stop_all, "all CPUs stop each other at once, one owns the machine at a time")
{
	uint64_t unclaimed = nt_unclaimed();
	const u_int each = IP_ROUNDS / (u_int)ncpu;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	ip_stops = 0;
	for (CPU_INFO_FOREACH(cii, ci))
		kt_thread(PRI_USER, ci, ip_stopper, (void *)(uintptr_t)each);
	kt_threads_join();
	KT_CHECK(ip_stops == each * (u_int)ncpu);
	ip_check_alive();
	KT_CHECK(nt_unclaimed() == unclaimed);
}

/*
 * What an unclaimed NMI does, without the panic: one CPU opens a session
 * and stops the others, the rest park.  While a broadcast is under way one
 * NMI is expected on each CPU; another that nmi_ipi.c did not send is one
 * left over from a session.  Where both may have merged, the expected one may
 * still come.
 */
static int
ip_session(const struct trapframe *tf, void *arg __unused)
{
	struct cpu_info *ci = curcpu();

	if (ci->ci_nmi.nc_ipi != 0 || nmi_ping_owed(&ci->ci_nmi))
		return 0;
	if (atomic_swap_uint(&ip_expected[cpu_index(ci)], 0) == 0) {
		atomic_inc_uint(&ip_strays);
		return 1;
	}
	while (!nmi_stop_try())
		if (nmi_park(tf))
			return 1;
	cpu_stop_others();
	ip_check_stopped();
	ip_sessions++;
	cpu_stop_exit();
	return 1;
}

/*
 * To all but the sender, which takes part by being stopped.  Pings would
 * merge with what they follow too soon.
 */
static void
ip_broadcast(void)
{
	u_int before = ip_sessions;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	int s = splhigh();

	for (CPU_INFO_FOREACH(cii, ci))
		ip_expected[cpu_index(ci)] = ci != curcpu();
	lapic_nmi_all_others();
	splx(s);
	KT_CHECK(KT_SPIN(ip_sessions != before));
	ip_check_alive();
	for (CPU_INFO_FOREACH(cii, ci))
		ip_expected[cpu_index(ci)] = 0;
}

KTEST(nmi_stop_broadcast, "an NMI that hits many CPUs at once leaves none over for a second session")
{
	nmi_handler_t *handle;

	KT_NEEDS_CPUS(2);
	handle = nmi_establish(ip_session, NULL);
	ip_strays = ip_sessions = 0;
	for (u_int i = 0; i < IP_SESSIONS; i++)
		ip_broadcast();
	ip_check_alive();
	nmi_disestablish(handle);
	KT_CHECK(ip_sessions >= IP_SESSIONS);
	KT_CHECK(ip_strays == 0);
}

KTEST(nmi_selftest_fails, "the self-test names a CPU that no NMI reaches")
{
	struct cpu_info *ci = kmem_zalloc(sizeof(*ci), KM_SLEEP);
	uint64_t pos = msgbuf_head();
	static const char want[] =
	    "nmi: cpu99: self-test failed: no NMI arrived in 1000 ms\n";
	char said[sizeof(want)] = "";

	ci->ci_apicid = 0xee;	/* nobody */
	strlcpy(ci->ci_data.cpu_name, "cpu99", sizeof(ci->ci_data.cpu_name));
	KT_CHECK(!nmi_selftest_cpu(ci));
	(void)msgbuf_read(&pos, said, sizeof(said) - 1);
	KT_CHECK(strcmp(said, want) == 0);
	kmem_free(ci, sizeof(*ci));
	KT_CHECK(nmi_selftest_cpu(curcpu()));
}
