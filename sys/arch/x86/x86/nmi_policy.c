/*
 * What to do about an NMI that no handler claims, by its cause: sysctl
 * machdep.nmi.{unknown,serr,iochk}, and Linux's names as views of them.
 *
 * Read in NMI context: one aligned load.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/sysctl.h>

#include <x86/nmivar.h>

static int policies[NMI_CAUSES];
static const char *const policy_words[] = {
	[NMI_DDB] = "ddb", [NMI_PANIC] = "panic", [NMI_LOG] = "log", NULL
};

enum nmi_policy
nmi_policy(enum nmi_cause cause)
{
	return (enum nmi_policy)atomic_load_relaxed(&policies[cause]);
}

#define POLICY_NODE(sym, name, cause, descr) \
	SYSCTL_NODE(sym, name, CTLTYPE_ENUM, CTLFLAG_READWRITE, descr, \
	    .sn_data = &policies[cause], .sn_words = policy_words)

POLICY_NODE(nmi_unknown, "machdep.nmi.unknown", NMI_UNKNOWN,
    "what an NMI of unknown cause does that no handler claims");
POLICY_NODE(nmi_serr, "machdep.nmi.serr", NMI_SERR,
    "the same, if it says PCI SERR# or parity");
POLICY_NODE(nmi_iochk, "machdep.nmi.iochk", NMI_IOCHK,
    "the same, if it says I/O channel check");

/* Linux's names: which causes each is about. */
static const struct {
	const char *v_name;
	enum nmi_cause v_first, v_last;
} views[] = {
	{ "kernel.unknown_nmi_panic", NMI_UNKNOWN, NMI_UNKNOWN },
	{ "kernel.panic_on_io_nmi", NMI_IOCHK, NMI_IOCHK },
	{ "kernel.panic_on_unrecovered_nmi", NMI_UNKNOWN, NMI_SERR },
};

static size_t
view_find(const struct sysctl_node *n)
{
	size_t i = 0;

	while (strcmp(views[i].v_name, n->sn_name) != 0)
		i++;
	return i;
}

static void
view_get(const struct sysctl_node *n, struct sysctl_value *v)
{
	size_t i = view_find(n);

	v->sv_num = 1;
	for (u_int c = views[i].v_first; c <= views[i].v_last; c++)
		if (policies[c] != NMI_PANIC)
			v->sv_num = 0;
}

static int
view_set(const struct sysctl_node *n, const struct sysctl_value *v)
{
	size_t i = view_find(n);

	for (u_int c = views[i].v_first; c <= views[i].v_last; c++)
		atomic_store_relaxed(&policies[c], v->sv_num ? NMI_PANIC : NMI_DDB);
	return 0;
}

#define VIEW_NODE(sym, name, descr) \
	SYSCTL_NODE(sym, name, CTLTYPE_INT, CTLFLAG_READWRITE, descr, \
	    .sn_max = 1, .sn_get = view_get, .sn_set = view_set)

VIEW_NODE(unknown_nmi_panic, "kernel.unknown_nmi_panic",
    "1: machdep.nmi.unknown is panic");
VIEW_NODE(panic_on_io_nmi, "kernel.panic_on_io_nmi",
    "1: machdep.nmi.iochk is panic");
VIEW_NODE(panic_on_unrecovered_nmi, "kernel.panic_on_unrecovered_nmi",
    "1: machdep.nmi.serr and machdep.nmi.unknown are panic");
