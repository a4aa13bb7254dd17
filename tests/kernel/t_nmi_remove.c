/* nmi_disestablish(9): what it waits for, and what it does not. */

#include <sys/kmem.h>
#include <sys/msgbuf.h>
#include <sys/pserialize.h>
#include "nmitest.h"

#define RM_ROUNDS	20
#define RM_THREADS	2	/* a CPU */

static volatile u_int rm_inside, rm_go, rm_gone;
static volatile u_int rm_finished;

/*
 * Stays until it is told to go.  Where interrupts were off the interrupted
 * code may hold a spin mutex that the others cannot do without.
 */
static int
rm_stay(const struct trapframe *tf, void *arg __unused)
{
	if ((tf->tf_rflags & PSL_I) == 0 || cpu_number() != 1)
		return 1;
	rm_inside = 1;
	KT_CHECK(KT_SPIN(rm_go != 0));
	KT_CHECK(rm_gone == 0);
	return 1;
}

static void
rm_remover(void *handle)
{
	nmi_disestablish(handle);
	rm_gone = 1;
}

static bool
rm_said(uint64_t pos, const char *text)
{
	static char buf[1024];
	size_t n = msgbuf_read(&pos, buf, sizeof(buf) - 1), len = strlen(text);

	buf[n] = '\0';
	for (const char *p = buf; *p != '\0'; p++)
		if (strncmp(p, text, len) == 0)
			return true;
	return false;
}

static bool
rm_send(struct cpu_info *ci)
{
	if (rm_inside == 0)
		lapic_send_nmi(ci->ci_apicid);
	return rm_inside != 0;
}

/* On another CPU than the one that stays. */
static void
rm_watcher(void *arg)
{
	uint64_t pos = msgbuf_head();

	KT_CHECK(KT_WAIT(rm_send(cpu_lookup(1))));
	kt_thread(PRI_USER, cpu_lookup(0), rm_remover, arg);
	KT_CHECK(KT_WAIT(rm_said(pos, "cpu1 has not answered for a second\n")));
	KT_CHECK(!rm_said(pos, "cpu0 has not"));
	KT_CHECK(rm_gone == 0);
	rm_go = 1;
	KT_CHECK(KT_WAIT(rm_gone != 0));
}

KTEST(nmi_remove_late, "a removal that waits over a second says for which CPU, and goes on waiting")
{
	nmi_handler_t *claim;

	KT_NEEDS_CPUS(2);
	claim = nmi_establish(nt_claim, NULL);
	rm_inside = rm_go = rm_gone = 0;
	kt_thread(PRI_USER, cpu_lookup(0), rm_watcher, nmi_establish(rm_stay, NULL));
	kt_threads_join();
	nmi_disestablish(claim);
}

/* Its own grace periods, beside those of its removals. */
static void
rm_performer(void *arg __unused)
{
	pserialize_t psz = pserialize_create();
	nmi_handler_t *handle;

	for (u_int i = 0; i < RM_ROUNDS; i++) {
		handle = nmi_establish(nt_claim, NULL);
		pserialize_perform(psz);
		KT_CHECK(nt_self());
		nmi_disestablish(handle);
	}
	pserialize_destroy(psz);
	atomic_inc_uint(&rm_finished);
}

KTEST(nmi_remove_crossed, "grace periods of all CPUs that wait for each other all end")
{
	size_t inuse = kmem_inuse();
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	u_int n = 0;

	rm_finished = 0;
	for (CPU_INFO_FOREACH(cii, ci))
		for (u_int i = 0; i < RM_THREADS; i++, n++)
			kt_thread(PRI_USER, ci, rm_performer, NULL);
	KT_ASSERT(KT_WAIT(rm_finished == n));
	kt_threads_join();
	KT_CHECK(kmem_inuse() == inuse);
}
