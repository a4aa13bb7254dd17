/*
 * Who is registered, and how often each was called: for the operator, and
 * for the message that names a handler which broke a rule.  The counts are
 * event counters, one pair for each handler and CPU.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/evcnt.h>
#include <sys/lwp.h>
#include <sys/mutex.h>
#include <sys/sysctl.h>

#include <machine/cpu.h>
#include <machine/intr.h>

#include <x86/nmi_defer.h>
#include <x86/nmivar.h>

bool nmi_timing;
SYSCTL_NODE(nmi_timing, "machdep.nmi.timing", CTLTYPE_BOOL, CTLFLAG_READWRITE,
    "measure each NMI handler's cycles", .sn_data = &nmi_timing);

static kmutex_t account_lock = MUTEX_SPIN_INITIALIZER;
static volatile int naccounts;
static TAILQ_HEAD(, nmi_account) accounts = TAILQ_HEAD_INITIALIZER(accounts);

static bool attach_counters;		/* ncpu is final */

/* The counts of an early handler's calls so far stay. */
static void
account_attach(struct nmi_account *na)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		struct nmi_slot *ns = &na->na_slot[cii];

		evcnt_attach_dynamic_nozero(&ns->ns_calls, EVCNT_TYPE_MISC,
		    NULL, cpu_name(ci), na->na_evname[0]);
		evcnt_attach_dynamic_nozero(&ns->ns_claims, EVCNT_TYPE_MISC,
		    NULL, cpu_name(ci), na->na_evname[1]);
	}
}

/* At boot, when nobody registers meanwhile. */
void
nmi_account_init(void)
{
	struct nmi_account *na;

	attach_counters = true;
	TAILQ_FOREACH(na, &accounts, na_list)
		account_attach(na);
}

void
note_attach(struct nmi_account *na, nmi_handler_t *handle,
    nmi_handler_func_t func, void *arg)
{
	char name[NMI_EVNAME - sizeof(" claims")];
	const char *n = nmi_handler_name(name, sizeof(name), func);

	na->na_handle = handle;
	na->na_func = func;
	na->na_arg = arg;
	snprintf(na->na_evname[0], NMI_EVNAME, "%s calls", n);
	snprintf(na->na_evname[1], NMI_EVNAME, "%s claims", n);
	if (attach_counters)
		account_attach(na);
	mutex_spin_enter(&account_lock);
	TAILQ_INSERT_TAIL(&accounts, na, na_list);
	naccounts++;
	mutex_spin_exit(&account_lock);
}

void
note_detach(struct nmi_account *na)
{
	for (int i = 0; attach_counters && i < ncpu; i++) {
		evcnt_detach(&na->na_slot[i].ns_calls);
		evcnt_detach(&na->na_slot[i].ns_claims);
	}
	mutex_spin_enter(&account_lock);
	TAILQ_REMOVE(&accounts, na, na_list);
	naccounts--;
	mutex_spin_exit(&account_lock);
}

void
nmi_account_foreach(void (*fn)(const struct nmi_account *, void *), void *arg)
{
	const struct nmi_account *na;
	const bool alone = cpu_stop_mine();	/* the debugger: a lock may be held */

	if (!alone)
		mutex_spin_enter(&account_lock);
	TAILQ_FOREACH(na, &accounts, na_list)
		(*fn)(na, arg);
	if (!alone)
		mutex_spin_exit(&account_lock);
}

/* Any context. */
int
nmi_account_count(void)
{
	return naccounts;
}

/* In the debugger, where nobody else runs and the lock may be held. */
bool
nmi_account_has(vaddr_t func)
{
	const struct nmi_account *na;

	TAILQ_FOREACH(na, &accounts, na_list)
		if ((vaddr_t)na->na_func == func)
			return true;
	return false;
}

/* "symbol+0xoff". */
const char *
nmi_handler_name(char *buf, size_t len, nmi_handler_func_t func)
{
	const char *name;

	ksyms_format(buf, len, (vaddr_t)func);
	name = strchr(buf, ':');
	return name != NULL ? name + 1 : buf;
}

/*
 * A NULL func stands for "remove", which has no way to fail but panic.  After
 * a panic the rules are off.
 */
bool
nmi_thread_context(const char *what, nmi_handler_func_t func)
{
	char name[64];

	if (panicstr != NULL)
		return true;
	if (func == NULL)
		NMI_FORBIDDEN_BY(what);
	if (func == NULL && (cpu_intr_p() || cpu_softintr_p()))
		return false;
	if (cpu_nmi_p())
		nmi_printf("%s: %s: not from an NMI handler\n", what,
		    nmi_handler_name(name, sizeof(name), func));
	else if (cpu_intr_p() || cpu_softintr_p())
		printf("%s: %s: not from an interrupt handler\n", what,
		    nmi_handler_name(name, sizeof(name), func));
	else
		return true;
	return false;
}

/*
 * A handler called something that could sleep, spin on what it interrupted,
 * or allocate.  Once the system has panicked the rules are off: the report
 * has to get out by whatever works.
 */
void
nmi_forbidden(const char *what)
{
	const struct nmi_account *na = curcpu()->ci_nmi.nc_current;
	char name[64];

	if (panicstr == NULL)
		panic("nmi: handler %s (arg %p) called %s",
		    nmi_handler_name(name, sizeof(name), na->na_func),
		    na->na_arg, what);
}
