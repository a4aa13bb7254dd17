/*
 * The NMI of a hardware watchdog, sysmon_wdog(9).
 *
 * NMI context: no locks, no slow access; on every CPU at once, since such an
 * NMI hits them all.  The first one that sees the device's mark makes the bite
 * known and acts; each of the others claims that bite once, even if its NMI
 * comes after the mark has been cleared.
 *
 * smw_bites is even while there is nothing new: one compare-and-swap makes it
 * odd, so that there is no moment at which a CPU sees a bite half told.
 */

#include <sys/param.h>
#include <sys/atomic.h>
#include <sys/kernel.h>
#include <sys/sysmon_wdog.h>
#include <sys/systm.h>
#include <sys/watchdog.h>

#include <machine/cpu.h>
#include <machine/frame.h>

#define WDOG_LINE	80

/* Bites so far, of which the last may not be over. */
static u_int
wdog_count(u_int bites)
{
	return (bites + 1) / 2;
}

static void
wdog_act(const struct sysmon_wdog *smw, const struct trapframe *tf)
{
	char where[WDOG_LINE];

	/* The debugger and a panic show the trace of each CPU anyway. */
	(void)watchdog_act(tf, watchdog_action() == WATCHDOG_LOG,
	    "%s bit after %lu s, %s at %s", smw->smw_name,
	    (u_long)((uptime_us() - smw->smw_tickled + 500000) / 1000000),
	    cpu_name(curcpu()), ksyms_format(where, sizeof(where), tf->tf_rip));
}

int
sysmon_wdog_nmi(struct sysmon_wdog *smw, const struct trapframe *tf, bool bit)
{
	volatile u_int *claimed = &smw->smw_claimed[cpu_number()];
	u_int bites = atomic_load_acquire(&smw->smw_bites);

	if (bit && (bites & 1) == 0 &&
	    atomic_cas_uint(&smw->smw_bites, bites, bites + 1) == bites) {
		*claimed = wdog_count(bites + 1);
		nmi_cause_note(smw->smw_cause);
		wdog_act(smw, tf);
		return 1;
	}
	/* Perhaps another CPU was faster just now. */
	bites = atomic_load_acquire(&smw->smw_bites);
	if (*claimed == wdog_count(bites))
		return 0;
	*claimed = wdog_count(bites);
	nmi_cause_note(smw->smw_cause);
	return 1;
}

/*
 * Is it armed, and its period is gone but for a sixteenth, by which clocks may
 * differ?  Not more, for other NMIs come meanwhile.
 */
bool
sysmon_wdog_overdue(const struct sysmon_wdog *smw)
{
	uint64_t gone = uptime_us() - atomic_load_relaxed(&smw->smw_tickled);

	return smw->smw_mode != WDOG_MODE_DISARMED &&
	    gone >= (uint64_t)smw->smw_period * (1000000 / 16 * 15);
}

void
sysmon_wdog_rearmed(struct sysmon_wdog *smw)
{
	u_int bites = smw->smw_bites;

	if ((bites & 1) != 0)
		atomic_store_release(&smw->smw_bites, bites + 1);
}
