/* xcall(9) and pserialize(9). */

#include <sys/pserialize.h>
#include <sys/msgbuf.h>
#include <sys/xcall.h>
#include "ktest.h"

#define XT_ROUNDS	40
#define PT_ROUNDS	100
#define PT_MAGIC	0x600df00du

static volatile u_int xt_ran[MAXCPUS], xt_total, xt_bad;
static volatile u_int pt_stop, pt_reads;
static volatile u_int pt_object[2];
static volatile u_int *volatile pt_current;

static void
xt_reset(void)
{
	memset(__UNVOLATILE(xt_ran), 0, sizeof(xt_ran));
	xt_total = xt_bad = 0;
}

static void
xt_count(void *arg1, void *arg2)
{
	if (arg1 != &xt_total || arg2 != &xt_bad)
		xt_bad = 1;
	atomic_inc_uint(&xt_ran[cpu_number()]);
	atomic_inc_uint(&xt_total);
}

static void
xt_high(void *arg1, void *arg2)
{
	if (kt_intr_on())
		xt_bad = 1;
	xt_count(arg1, arg2);
}

static void
xt_low(void *arg1, void *arg2)
{
	if (!kt_intr_on() || (curlwp->l_flag & LW_BOUND) == 0)
		xt_bad = 1;
	kpause("ktest", false, 1, NULL);	/* it may sleep */
	xt_count(arg1, arg2);
}

static void
xt_broadcast(u_int flags, xcfunc_t func)
{
	u_int i;

	xt_reset();
	xc_wait(xc_broadcast(flags, func, __UNVOLATILE(&xt_total),
	    __UNVOLATILE(&xt_bad)));
	for (i = 0; i < MAXCPUS; i++)
		KT_CHECK(xt_ran[i] == (i < (u_int)ncpu));
	KT_CHECK(xt_bad == 0);
}

KTEST(xcall_high_broadcast, "runs once on each CPU, interrupts off")
{
	xt_broadcast(XC_HIGHPRI, xt_high);
}

KTEST(xcall_low_broadcast, "runs once in a thread of each CPU, and may sleep")
{
	xt_broadcast(0, xt_low);
}

static void
xt_unicast(u_int flags)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		xt_reset();
		xc_wait(xc_unicast(flags, xt_count, __UNVOLATILE(&xt_total),
		    __UNVOLATILE(&xt_bad), ci));
		KT_CHECK(xt_total == 1);
		KT_CHECK(xt_ran[cpu_index(ci)] == 1);
		KT_CHECK(xt_bad == 0);
	}
}

KTEST(xcall_unicast, "reaches each CPU, and only that one")
{
	xt_unicast(XC_HIGHPRI);
	xt_unicast(0);
}

static void
xt_caller(void *arg __unused)
{
	u_int i;

	for (i = 0; i < XT_ROUNDS; i++) {
		xc_wait(xc_broadcast(i % 2 ? XC_HIGHPRI : 0, xt_count,
		    __UNVOLATILE(&xt_total), __UNVOLATILE(&xt_bad)));
		xc_barrier(i % 2 ? 0 : XC_HIGHPRI);
	}
}

KTEST(xcall_concurrent, "all CPUs call all CPUs, both classes, and none is lost")
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	u_int n = (u_int)ncpu;

	xt_reset();
	for (CPU_INFO_FOREACH(cii, ci))
		kt_thread(PRI_NONE, ci, xt_caller, NULL);
	kt_thread(PRI_NONE, NULL, xt_caller, NULL);
	kt_threads_join();
	KT_CHECK(xt_total == (n + 1) * XT_ROUNDS * n);
	KT_CHECK(xt_ran[0] == (n + 1) * XT_ROUNDS);
	KT_CHECK(xt_bad == 0);
}

static void
pt_reader(void *arg __unused)
{
	volatile u_int *p;
	u_int i;
	int s;

	while (pt_stop == 0) {
		s = pserialize_read_enter();
		p = atomic_load_consume(&pt_current);
		for (i = 0; i < 50; i++)
			KT_CHECK(*p == PT_MAGIC);
		pserialize_read_exit(s);
		atomic_inc_uint(&pt_reads);
	}
}

static void
pt_write(pserialize_t psz)
{
	u_int i;

	for (i = 0; i < PT_ROUNDS; i++) {
		volatile u_int *old = pt_current, *new = &pt_object[i % 2 == 0];

		*new = PT_MAGIC;
		atomic_store_release(&pt_current, new);
		pserialize_perform(psz);
		*old = 0xdeadbeef;	/* no reader may see it */
	}
}

KTEST(pserialize_readers, "no reader sees what was retired before perform returned")
{
	pserialize_t psz = pserialize_create();
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	pt_stop = pt_reads = 0;
	pt_object[0] = PT_MAGIC;
	pt_current = &pt_object[0];
	for (CPU_INFO_FOREACH(cii, ci))
		kt_thread(PRI_USER, ci, pt_reader, NULL);
	KT_CHECK(KT_WAIT(pt_reads > 0));
	pt_write(psz);
	pt_stop = 1;
	kt_threads_join();
	pserialize_destroy(psz);
}

KTEST(pserialize_nested, "read sections nest and restore the interrupt state")
{
	int s1 = pserialize_read_enter(), s2 = pserialize_read_enter();

	KT_CHECK(!kt_intr_on());
	pserialize_read_exit(s2);
	KT_CHECK(!kt_intr_on());
	pserialize_read_exit(s1);
	KT_CHECK(kt_intr_on());
}

static volatile u_int xl_inside, xl_go, xl_done;

static void
xl_hold(void *arg1 __unused, void *arg2 __unused)
{
	xl_inside = 1;
	KT_CHECK(KT_WAIT(xl_go != 0));
}

static void
xl_none(void *arg1 __unused, void *arg2 __unused)
{
}

static void
xl_post(void *arg __unused)
{
	(void)xc_unicast(0, xl_none, NULL, NULL, cpu_lookup(0));
	xl_done = 1;
}

static bool
xl_said(uint64_t pos, const char *text)
{
	static char buf[1024];
	size_t n = msgbuf_read(&pos, buf, sizeof(buf) - 1), len = strlen(text);

	buf[n] = '\0';
	for (const char *p = buf; *p != '\0'; p++)
		if (strncmp(p, text, len) == 0)
			return true;
	return false;
}

KTEST(xcall_post_late, "who waits for a turn over a second says for which CPU, also where that is at it")
{
	uint64_t pos = msgbuf_head();

	if (ncpu < 2)
		KT_SKIP("needs 2 CPUs");
	xl_inside = xl_go = xl_done = 0;
	(void)xc_unicast(0, xl_hold, NULL, NULL, cpu_lookup(1));
	KT_CHECK(KT_WAIT(xl_inside != 0));
	kt_thread(PRI_USER, NULL, xl_post, NULL);
	KT_CHECK(KT_WAIT(xl_said(pos, "xcall: cpu1 has not answered for a second\n")));
	KT_CHECK(!xl_said(pos, "cpu0 has not"));
	KT_CHECK(xl_done == 0);
	xl_go = 1;
	kt_threads_join();
	KT_CHECK(xl_done == 1);
}
