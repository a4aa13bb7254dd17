/* nmi_defer(9) and nmi_printf(9). */

#include <sys/msgbuf.h>
#include <sys/mutex.h>
#include <x86/nmi_defer.h>
#include "nmitest.h"

#define DE_CALLS	8
#define DE_LINES	20	/* more than NMI_PRINTF_SIZE holds */

static int de_where;
static volatile u_int de_todo, de_ran, de_accepted;
static volatile u_int de_cpu[2 * NMI_DEFER_SIZE], de_order[2 * NMI_DEFER_SIZE];
static kmutex_t de_mutex = MUTEX_ADAPTIVE_INITIALIZER;

static void
de_call(void *arg)
{
	KT_CHECK(!cpu_nmi_p() && !nmi_in_progress(curcpu()));
	if (de_where == NMI_DEFER_INTR)
		KT_CHECK(cpu_intr_p() && !kt_intr_on());
	else {
		KT_CHECK(!cpu_intr_p() && kt_intr_on());
		mutex_enter(&de_mutex);
		mutex_exit(&de_mutex);
	}
	de_cpu[de_ran] = cpu_number();
	de_order[de_ran] = (u_int)(uintptr_t)arg;
	de_ran++;
}

static int
de_handler(const struct trapframe *tf __unused, void *arg __unused)
{
	for (uintptr_t i = 0; i < de_todo; i++)
		if (nmi_defer(de_where, de_call, (void *)i))
			de_accepted++;
	return 1;
}

static void
de_check(struct cpu_info *ci, u_int n)
{
	KT_CHECK(de_accepted == n);
	KT_CHECK(KT_WAIT(de_ran == n));
	for (u_int i = 0; i < n; i++)
		KT_CHECK(de_order[i] == i && de_cpu[i] == cpu_index(ci));
}

static void
de_run(int where)
{
	nmi_handler_t *handle = nmi_establish(de_handler, NULL);
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	de_where = where;
	for (CPU_INFO_FOREACH(cii, ci)) {
		de_ran = de_accepted = 0;
		de_todo = DE_CALLS;
		KT_CHECK(nt_send(ci));
		de_check(ci, DE_CALLS);
	}
	nmi_disestablish(handle);
}

KTEST(nmi_defer_intr, "deferred calls run in order in an interrupt handler of their CPU")
{
	de_run(NMI_DEFER_INTR);
}

KTEST(nmi_defer_thread, "deferred calls run in order in a thread of their CPU, which may lock")
{
	de_run(NMI_DEFER_THREAD);
}

static void
de_overflow(int where)
{
	nmi_handler_t *handle = nmi_establish(de_handler, NULL);
	struct cpu_info *ci;
	uint64_t lost;
	int s;

	de_where = where;
	de_ran = de_accepted = 0;
	de_todo = NMI_DEFER_SIZE + 3;
	s = splhigh();
	ci = curcpu();
	lost = ci->ci_nmi.nc_defer_lost.ev_count;
	KT_CHECK(nt_self());
	KT_CHECK(ci->ci_nmi.nc_defer_lost.ev_count == lost + 3);
	KT_CHECK(de_ran == 0);
	splx(s);
	de_check(ci, NMI_DEFER_SIZE);
	nmi_disestablish(handle);
}

KTEST(nmi_defer_overflow, "what does not fit is refused and counted, the rest runs")
{
	de_overflow(NMI_DEFER_INTR);
	de_overflow(NMI_DEFER_THREAD);
}

static bool
de_said(uint64_t pos, const char *text)
{
	static char buf[8192];
	size_t n = msgbuf_read(&pos, buf, sizeof(buf) - 1);

	buf[n] = '\0';
	for (const char *p = buf; *p != '\0'; p++)
		if (strncmp(p, text, strlen(text)) == 0)
			return true;
	return false;
}

static int
de_print(const struct trapframe *tf __unused, void *arg)
{
	nmi_printf("# %s: from an NMI on cpu%u, %d\n", (const char *)arg,
	    cpu_number(), -42);
	return 1;
}

KTEST(nmi_printf, "what an NMI handler prints is in the message buffer soon after")
{
	char name[] = "nmi_printf", want[80];
	nmi_handler_t *handle = nmi_establish(de_print, name);
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		uint64_t pos = msgbuf_head();

		snprintf(want, sizeof(want),
		    "# nmi_printf: from an NMI on cpu%u, -42\n", cpu_index(ci));
		KT_CHECK(nt_send(ci));
		KT_CHECK(KT_WAIT(de_said(pos, want)));
	}
	nmi_disestablish(handle);
}

static int
de_print_much(const struct trapframe *tf __unused, void *arg __unused)
{
	for (u_int i = 0; i < DE_LINES; i++)
		nmi_printf("# line %2u of %u: sixty-four characters or more, "
		    "so that they do not fit\n", i, DE_LINES);
	return 1;
}

KTEST(nmi_printf_overflow, "what does not fit in the ring is counted, the beginning is kept")
{
	nmi_handler_t *handle = nmi_establish(de_print_much, NULL);
	uint64_t pos = msgbuf_head(), lost;
	struct cpu_info *ci;
	int s = splhigh();

	ci = curcpu();
	lost = ci->ci_nmi.nc_print_lost.ev_count;
	KT_CHECK(nt_self());
	splx(s);
	KT_CHECK(ci->ci_nmi.nc_print_lost.ev_count > lost);
	KT_CHECK(KT_WAIT(de_said(pos, "# line 12 of 20")));
	KT_CHECK(!de_said(pos, "# line 19 of 20"));
	nmi_disestablish(handle);
}
