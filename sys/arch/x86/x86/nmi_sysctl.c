/*
 * machdep.nmi.*: the counters of all CPUs together, for reading.
 */

#include <sys/param.h>
#include <sys/evcnt.h>
#include <sys/sysctl.h>

#include <machine/cpu.h>

#include <x86/nmivar.h>

/* One counter of a CPU, by where it lies in struct nmi_cpu. */
static uint64_t
sum(size_t offset)
{
	const struct evcnt *ev;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	uint64_t total = 0;

	for (CPU_INFO_FOREACH(cii, ci)) {
		ev = (const void *)((const char *)&ci->ci_nmi + offset);
		total += ev->ev_count;
	}
	return total;
}

#define COUNTER(name, descr) \
static void \
get_##name(const struct sysctl_node *n __unused, struct sysctl_value *v) \
{ \
	v->sv_num = (int64_t)sum(offsetof(struct nmi_cpu, nc_##name)); \
} \
SYSCTL_NODE(nmi_##name, "machdep.nmi." #name, CTLTYPE_QUAD, CTLFLAG_READONLY, \
    descr, .sn_get = get_##name)

COUNTER(taken, "runs of the NMI dispatcher");
COUNTER(latched, "NMIs that came while one was being handled");
COUNTER(absorbed, "NMIs swallowed while stopped");
COUNTER(unclaimed, "NMIs that no handler claimed");
COUNTER(defer_lost, "nmi_defer() calls refused");
COUNTER(print_lost, "characters of nmi_printf() not in the message buffer");

static void
get_handlers(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = nmi_account_count();
}
SYSCTL_NODE(nmi_handlers, "machdep.nmi.handlers", CTLTYPE_QUAD,
    CTLFLAG_READONLY, "handlers registered", .sn_get = get_handlers);

static void
get_stops(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = nmi_stop_count();
}
SYSCTL_NODE(nmi_stops, "machdep.nmi.stops", CTLTYPE_QUAD, CTLFLAG_READONLY,
    "times that the machine was stopped and went on", .sn_get = get_stops);
