/* What reaches a CPU while the machine is stopped is over when it goes on. */

#include <sys/xcall.h>
#include "nmitest.h"

#define ST_ROUNDS	20
#define ST_NMIS		3	/* to each stopped CPU */

static uint64_t st_taken[MAXCPUS], st_absorbed[MAXCPUS];

static void
st_disturb(struct cpu_info *ci)
{
	uint64_t before;

	KT_CHECK(KT_SPIN(cpu_stop_frame(ci) != NULL));
	st_taken[cpu_index(ci)] = ci->ci_nmi.nc_taken.ev_count;
	st_absorbed[cpu_index(ci)] = ci->ci_nmi.nc_absorbed.ev_count;
	for (u_int i = 0; i < ST_NMIS; i++) {
		before = nmi_latched(ci);
		lapic_send_nmi(ci->ci_apicid);
		KT_CHECK(KT_SPIN(nmi_latched(ci) != before));
	}
}

/* Nothing of it ran, and all of it was counted. */
static void
st_check(const struct cpu_info *ci)
{
	KT_CHECK(ci->ci_nmi.nc_taken.ev_count == st_taken[cpu_index(ci)]);
	KT_CHECK(ci->ci_nmi.nc_absorbed.ev_count >=
	    st_absorbed[cpu_index(ci)] + ST_NMIS);
	KT_CHECK(ci->ci_nmi.nc_ipi == 0);
}

static void
st_session(void)
{
	int s = splhigh();
	struct cpu_info *ci, *owner = curcpu();
	CPU_INFO_ITERATOR cii;

	cpu_stop_enter();
	cpu_stop_others();
	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != owner)
			st_disturb(ci);
	cpu_stop_exit();
	splx(s);
	xc_barrier(XC_HIGHPRI);		/* all are out of their NMI */
	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != owner)
			st_check(ci);
}

KTEST(nmi_stop_absorbs, "NMIs that reach a stopped CPU are absorbed and counted, and do not run later")
{
	uint64_t unclaimed = nt_unclaimed();

	KT_NEEDS_CPUS(2);
	for (u_int i = 0; i < ST_ROUNDS; i++)
		st_session();
	KT_CHECK(nt_unclaimed() == unclaimed);
}

/*
 * The owner found it not parked yet, noted that it sends it an NMI, and the
 * CPU parked by itself before that came: it had an unclaimed one.
 */
static void
st_cross(struct cpu_info *ci)
{
	struct nmi_cpu *nc = &ci->ci_nmi;
	uint64_t before;

	st_taken[cpu_index(ci)] = nc->nc_taken.ev_count + 1;
	lapic_send_nmi(ci->ci_apicid);
	KT_CHECK(KT_SPIN(nc->nc_parked != 0));
	atomic_or_uint(&nc->nc_ipi, NMI_IPI_STOP);
	before = nmi_latched(ci);
	lapic_send_nmi(ci->ci_apicid);
	KT_CHECK(KT_SPIN(nmi_latched(ci) != before));
}

static void
st_crossed(void)
{
	int s = splhigh();
	struct cpu_info *ci, *owner = curcpu();
	CPU_INFO_ITERATOR cii;

	cpu_stop_enter();
	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != owner)
			st_cross(ci);
	cpu_stop_exit();
	splx(s);
	xc_barrier(XC_HIGHPRI);
	for (CPU_INFO_FOREACH(cii, ci)) {
		if (ci == owner)
			continue;
		KT_CHECK(ci->ci_nmi.nc_taken.ev_count == st_taken[cpu_index(ci)]);
		KT_CHECK(ci->ci_nmi.nc_ipi == 0);
	}
}

KTEST(nmi_stop_crossed, "the NMI that stops a CPU and finds it parked leaves nothing behind")
{
	KT_NEEDS_CPUS(2);
	for (u_int i = 0; i < ST_ROUNDS; i++)
		st_crossed();
}

static volatile u_int st_go, st_over;

/* On another CPU, once it is told: a session that stops this one for certain. */
static void
st_other_session(void *arg)
{
	const struct cpu_info *first = arg;
	int s;

	KT_CHECK(KT_SPIN(st_go != 0));
	s = splhigh();
	cpu_stop_enter();
	cpu_stop_others();
	KT_CHECK(KT_SPIN(cpu_stop_frame(first) != NULL));
	cpu_stop_exit();
	splx(s);
	st_over = 1;
}

/* By an owner in no NMI: one comes, and nobody asks for it before it leaves. */
static void
st_miss(struct cpu_info *ci)
{
	cpu_stop_enter();
	lapic_send_nmi(ci->ci_apicid);
	KT_CHECK(KT_SPIN(ci->ci_nmi.nc_again != 0));
	cpu_stop_exit();
}

KTEST(nmi_stop_retake, "an NMI that the owner missed takes the machine again, unless another session answered it")
{
	struct cpu_info *ci, *other = NULL;
	CPU_INFO_ITERATOR cii;

	KT_NEEDS_CPUS(2);
	kpreempt_disable();
	st_miss(curcpu());
	KT_CHECK(nmi_stop_retake() && cpu_stop_mine());
	KT_CHECK(!curcpu()->ci_nmi.nc_again);
	cpu_stop_exit();
	KT_CHECK(!nmi_stop_retake() && !cpu_stop_mine());
	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != curcpu())
			other = ci;
	st_go = st_over = 0;
	kt_thread(PRI_KERNEL, other, st_other_session, curcpu());
	st_miss(curcpu());
	st_go = 1;
	KT_CHECK(KT_SPIN(st_over != 0));
	KT_CHECK(!nmi_stop_retake() && !cpu_stop_mine());
	kpreempt_enable();
	kt_threads_join();
}

/* Stopped too late is answered, too: its NMI arrives after the other's session. */
KTEST(nmi_stop_late, "an NMI that the owner missed is answered by a session that stops it too late")
{
	struct nmi_cpu *nc;

	kpreempt_disable();
	nc = &curcpu()->ci_nmi;
	st_miss(curcpu());
	atomic_or_uint(&nc->nc_ipi, NMI_IPI_STOP);
	lapic_send_nmi(curcpu()->ci_apicid);
	KT_CHECK(KT_SPIN(nc->nc_ipi == 0));
	KT_CHECK(!nmi_stop_retake() && !cpu_stop_mine());
	kpreempt_enable();
}
