/*
 * A watchdog's NMI: said and acted upon as one that nobody claims, but in
 * the watchdog's words and by its own policy.
 *
 * NMI context, in a handler: no locks, no allocation.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/sysctl.h>
#include <sys/watchdog.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>
#include <machine/frame.h>

#include <x86/nmivar.h>

#define WATCHDOG_LINE	160

static const enum nmi_policy policies[] = {
	[WATCHDOG_PANIC] = NMI_PANIC, [WATCHDOG_DDB] = NMI_DDB, [WATCHDOG_LOG] = NMI_LOG
};

static int64_t reports;			/* by the owner of the machine */
SYSCTL_NODE(watchdog_reports, "kern.watchdog.reports", CTLTYPE_QUAD,
    CTLFLAG_READONLY, "times that a watchdog's NMI was acted upon",
    .sn_data = &reports);

struct report {
	struct nmi_action r_action;	/* first: one address for both */
	const struct trapframe *r_trace;	/* or NULL */
	char r_line[WATCHDOG_LINE];
};

static void
report_say(const struct nmi_action *what, void (*pr)(const char *, ...))
{
	const struct report *r = (const void *)what;

	pr("watchdog: %s\n", r->r_line);
	if (r->r_trace != NULL)
		trapframe_trace(r->r_trace, pr);
}

bool
watchdog_act(const struct trapframe *tf, bool trace, const char *fmt, ...)
{
	struct nmi_account *na = curcpu_load(ci_nmi.nc_current);
	struct report r = {
		.r_action = { .ax_policy = policies[watchdog_action()],
		    .ax_say = report_say, .ax_panic = "watchdog timeout" },
		.r_trace = trace ? tf : NULL,
	};
	va_list ap;

	/* In a panic or the debugger already: that is no second event. */
	if (cpu_stop_mine() || !nmi_act_begin(tf))
		return false;
	va_start(ap, fmt);
	vsnprintf(r.r_line, sizeof(r.r_line), fmt, ap);
	va_end(ap);
	reports++;
	/* What the debugger is told to do is not the handler's doing. */
	curcpu_store(ci_nmi.nc_current, NULL);
	nmi_act(__UNCONST(tf), &r.r_action);
	curcpu_store(ci_nmi.nc_current, na);
	return true;
}
