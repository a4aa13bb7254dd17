/*
 * NMIs from one CPU to another: to stop the whole machine, also CPUs that
 * run with interrupts off.
 *
 * A handler like any other: it claims an NMI if this CPU was sent one, and says
 * nothing about the rest.  What was sent is a bit in the receiver's
 * nc_ipi, set before the NMI goes out; and what nmi_ping.c keeps.
 *
 * Stopping.  QEMU's "nmi" and a PC's debug switch hit every CPU at once, so
 * several may find an NMI unclaimed together, and stopping the others sends
 * more.  None of these may be left over to start a second session:
 *
 * 1. stop_word says which CPU owns the machine, if any, and counts sessions.
 *    An unclaimed NMI, a panic or the debugger takes it by compare-and-swap;
 *    losers park.
 * 2. The owner sets NMI_IPI_STOP for each CPU not parked yet, then sends.
 * 3. A parked CPU publishes its frame and ends the blocking of NMIs; it is still
 *    "in NMI", so whatever arrives only sets "pending".
 * 4. On "go" it waits a little longer; if its NMI_IPI_STOP is still set,
 *    the NMI is under way, and it waits for that.  Then it clears both.
 * 5. The word names nobody again when all have left; an NMI in between waits
 *    for that and competes anew.
 *
 * NMI context, except where it says otherwise.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/sysmon_wdog.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>
#include <machine/frame.h>

#include <x86/cpufunc.h>
#include <x86/lapicvar.h>
#include <x86/nmivar.h>
#include <x86/wdogvar.h>

#define STOP_WAIT_US	1000000		/* then it is "no response" */
#define STOP_BEGIN_US	10000		/* the first line does not wait for it */
#define GO_PAUSES	200
#define GO_WAIT_US	1000

/* One word, so that an NMI never sees it owned and not by whom. */
static volatile u_int stop_word;
static volatile u_int stop_go;		/* earlier sessions may leave */
#define STOP_OWNER	0x3fU		/* its CPU number + 1; 0: free */
#define STOP_SESSION	0x40U		/* one more of them */
CTASSERT(MAXCPUS < STOP_OWNER);

static uint64_t stop_latched;		/* the owner's count when it took it */

/* Any context: the bit first, so that it is there when the NMI is. */
static void
nmi_ipi_send(struct cpu_info *ci, u_int why)
{
	atomic_or_uint(&ci->ci_nmi.nc_ipi, why);
	lapic_send_nmi(ci->ci_apicid);
}

/*
 * Too late to stop.  If an earlier NMI's handlers took long, this is still
 * that one, and the one that was sent to stop us waits to be delivered.
 * Who sent it has answered what came to us before.
 */
static void
nmi_late(void)
{
	struct cpu_info *ci = curcpu();
	uint64_t latched = nmi_latched_before(ci);

	x86_nmi_unblock();
	for (int i = 0; i < GO_PAUSES; i++)
		x86_pause();
	(void)nmi_absorb(ci, latched);
	ci->ci_nmi.nc_again = 0;
}

static int
nmi_ipi_handler(const struct trapframe *tf, void *arg __unused)
{
	struct nmi_cpu *nc = &curcpu()->ci_nmi;
	bool ping = nmi_ping_claim(nc);

	if (nc->nc_ipi == 0)
		return ping;
	/* nmi_late() may swallow the NMI of a session that begins meanwhile. */
	while (atomic_swap_uint(&nc->nc_ipi, 0) & NMI_IPI_STOP) {
		nc->nc_entry->le_why |= NMI_LOG_STOP;
		if (!nmi_park(tf))
			nmi_late();
	}
	return 1;
}

/* Thread context. */
void
nmi_ipi_init(void)
{
	nmi_ping_init();
	if (nmi_establish(nmi_ipi_handler, NULL) == NULL)
		panic("nmi: no memory for the handler of our own NMIs");
}

/* Any context: does this CPU own the machine? */
bool
cpu_stop_mine(void)
{
	return (stop_word & STOP_OWNER) == cpu_number() + 1;
}

/* Take the machine, unless somebody has or had it since the word was read. */
static bool
stop_take(u_int word)
{
	if (atomic_cas_uint(&stop_word, word, word | (cpu_number() + 1)) != word)
		return false;
	stop_latched = nmi_latched(curcpu());
	return true;
}

/* Any context. */
bool
nmi_stop_try(void)
{
	u_int word = stop_word;

	if ((word & STOP_OWNER) != 0)
		return (word & STOP_OWNER) == cpu_number() + 1;
	return stop_take(word);
}

/* Any context: how often the machine was stopped and went on. */
u_int
nmi_stop_count(void)
{
	return stop_word / STOP_SESSION;
}

/*
 * By the owner: has an NMI come since it took the machine, or since it asked
 * last?  That one is answered by this and will not start a session.
 */
bool
nmi_stop_again(void)
{
	struct cpu_info *ci = curcpu();
	bool again = atomic_swap_uint(&ci->ci_nmi.nc_again, 0) != 0;

	if (!nmi_in_progress(ci) || !nmi_absorb(ci, stop_latched))
		return again;
	/* Perhaps the session before sent it, and thought us lost. */
	atomic_and_uint(&ci->ci_nmi.nc_ipi, ~NMI_IPI_STOP);
	return true;
}

/* Leaving: nothing that was sent to stop us may arrive later. */
static void
nmi_unpark(struct cpu_info *ci, uint64_t latched)
{
	struct nmi_cpu *nc = &ci->ci_nmi;
	bool absorbed;

	for (int i = 0; i < GO_PAUSES; i++)
		x86_pause();
	absorbed = nmi_absorb(ci, latched);
	if (nc->nc_ipi & NMI_IPI_STOP) {
		for (int us = 0; us < GO_WAIT_US && !absorbed; us++) {
			delay(1);
			absorbed = nmi_absorb(ci, latched);
		}
		atomic_and_uint(&nc->nc_ipi, ~NMI_IPI_STOP);
	}
	nc->nc_again = 0;		/* who stopped us has answered it */
	nc->nc_frame = NULL;
	atomic_store_release(&nc->nc_parked, 0);
}

/* stop_go only grows, and may be beyond the session we waited in. */
static bool
may_leave(u_int word)
{
	return (int)(atomic_load_acquire(&stop_go) - (word & ~STOP_OWNER)) > 0;
}

/*
 * Wait until the machine goes on.  tf is what this CPU was doing.  A second
 * session that began while we were leaving the first is waited for as well;
 * what was sent to stop us for it came since "latched", too.
 *
 * False: nobody holds the machine, or it is going on already.
 */
bool
nmi_park(const struct trapframe *tf)
{
	struct cpu_info *ci = curcpu();
	struct nmi_cpu *nc = &ci->ci_nmi;
	uint64_t latched = nmi_latched_before(ci);
	bool parked = false;
	u_int word;

	while (((word = stop_word) & STOP_OWNER) != 0 &&
	    (word & STOP_OWNER) != ci->ci_cpuid + 1 && !may_leave(word)) {
		nc->nc_frame = tf;
		atomic_store_release(&nc->nc_parked, word);
		x86_nmi_unblock();
		while (!may_leave(word))
			x86_pause();
		nmi_unpark(ci, latched);
		parked = true;
	}
	return parked;
}

/* Any context: in an NMI the one that stops us is only latched. */
static void
stop_relax(void)
{
	struct cpu_info *ci = curcpu();

	if (nmi_in_progress(ci))
		(void)nmi_park(NMI_FRAME(ci->ci_md.cmd_ist[IST_NMI - 1]));
	x86_pause();
}

/* Any context: take the machine, or wait here for ever after. */
void
cpu_stop_enter(void)
{
	while (!nmi_stop_try())
		stop_relax();
}

/*
 * By who owned the machine until now: an NMI that came outside of an NMI
 * after it had asked for the last time competes anew by this.  Whoever has the
 * machine meanwhile stops us, and that is the answer; so the word is read
 * before nc_again.  True: the machine is ours again.
 */
bool
nmi_stop_retake(void)
{
	struct nmi_cpu *nc = &curcpu()->ci_nmi;
	u_int word;

	while ((word = stop_word, nc->nc_again) != 0) {
		if ((word & STOP_OWNER) == 0 && stop_take(word)) {
			nc->nc_again = 0;
			return true;
		}
		stop_relax();
	}
	return false;
}

static bool
all_parked(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != curcpu() && ci->ci_running && ci->ci_nmi.nc_parked != stop_word)
			return false;
	return true;
}

/* Once to each: what is on its way to one that did not stop is not sent again. */
static void
stop_send(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	watchdog_quiet();
	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != curcpu() && ci->ci_running &&
		    ci->ci_nmi.nc_parked != stop_word &&
		    (ci->ci_nmi.nc_ipi & NMI_IPI_STOP) == 0)
			nmi_ipi_send(ci, NMI_IPI_STOP);
}

static void
stop_wait(int patience)
{
	for (int us = 0; us < patience && !all_parked(); us += 10)
		delay(10);
}

/* By the owner, any context: nobody prints any more, but for one that hangs. */
void
cpu_stop_begin(void)
{
	stop_send();
	stop_wait(STOP_BEGIN_US);
}

/* By the owner, any context. */
void
cpu_stop_others(void)
{
	stop_send();
	stop_wait(STOP_WAIT_US);
	sysmon_wdog_suspend();
}

/* By the owner: what a CPU was doing; NULL: it did not stop. */
const struct trapframe *
cpu_stop_frame(const struct cpu_info *ci)
{
	return ci->ci_nmi.nc_parked == stop_word ? ci->ci_nmi.nc_frame : NULL;
}

/* In an NMI handler that does not return, most likely. */
static void
report_missing(const struct cpu_info *ci, void (*pr)(const char *, ...))
{
	const struct nmi_account *na = ci->ci_nmi.nc_current;
	char name[64];

	if (na == NULL)
		pr("%s: no response\n", cpu_name(ci));
	else
		pr("%s: no response, in handler %s\n", cpu_name(ci),
		    nmi_handler_name(name, sizeof(name), na->na_func));
}

/* By the owner: a line for each other CPU, and a trace if it did something. */
void
cpu_stop_report(void (*pr)(const char *, ...), bool traces)
{
	const struct trapframe *tf;
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	char where[80];

	for (CPU_INFO_FOREACH(cii, ci)) {
		if (ci == curcpu() || !ci->ci_running)
			continue;
		if ((tf = cpu_stop_frame(ci)) == NULL) {
			report_missing(ci, pr);
			continue;
		}
		pr("%s: stopped at %s\n", cpu_name(ci),
		    trapframe_where(where, sizeof(where), tf));
		if (traces && !db_cpu_idle(ci))
			trapframe_trace(tf, pr);
	}
}

static bool
all_left(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci))
		if (ci->ci_nmi.nc_parked == stop_word)
			return false;
	return true;
}

/*
 * By the owner: everybody goes on, and the machine is free.  It asks itself
 * before that whether an NMI is latched here; one from now on competes anew.
 */
void
cpu_stop_exit(void)
{
	sysmon_wdog_resume();
	watchdog_resume();
	atomic_store_release(&stop_go, (stop_word & ~STOP_OWNER) + STOP_SESSION);
	while (!all_left())
		x86_pause();
	atomic_store_release(&stop_word, (stop_word & ~STOP_OWNER) + STOP_SESSION);
}
