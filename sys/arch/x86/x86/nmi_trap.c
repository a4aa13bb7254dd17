/*
 * The C side of the NMI stub (vector.S): what is noted of every NMI before
 * the handlers run, and the words above the NMI stack.
 *
 * NMI context: no locks, no allocation; may run on every CPU at once.  On
 * one CPU it never runs twice at a time: the stub latches.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>

#include <machine/cpu.h>
#include <machine/frame.h>
#include <machine/trap.h>

#include <x86/dbregs.h>
#include <x86/nmivar.h>

extern const char nmi_stubs_start[], nmi_window[], nmi_iretq[];

/*
 * A handler may touch what is being watched.  A debug trap there would be
 * nobody's, and its iret would end the blocking of NMIs.
 */
static __noinline int
nmi_dispatch_unwatched(const struct trapframe *tf)
{
	u_long dr7 = x86_watch_suspend();
	int claimed = nmi_dispatch(tf);

	x86_watch_resume(dr7);
	return claimed;
}

static inline __always_inline struct nmi_log_entry *
nmi_note(const struct trapframe *tf)
{
	struct nmi_log_entry *le = curcpu_load(ci_nmi.nc_entry)->le_next;

	curcpu_store(ci_nmi.nc_entry, le);
	curcpu_inc(ci_nmi.nc_taken.ev_count);	/* a handler may not return */
	rdtsc_halves(&le->le_tsc[0], &le->le_tsc[1]);
	le->le_rip = tf->tf_rip;
	le->le_cs_why = tf->tf_cs;
	le->le_claimer = NULL;
	return le;
}

/* The rest of the stub's work is nmi_dispatch's, so this ends in a jump. */
int
nmi_trap(struct trapframe *tf)
{
	(void)nmi_note(tf);
	if (__predict_false(!curcpu_zero_p(ci_dr7)))
		return nmi_dispatch_unwatched(tf);
	return nmi_dispatch(tf);
}

/* The same where the stub starts over, or comes back for what it latched. */
int
nmi_trap_again(struct trapframe *tf, u_int why)
{
	nmi_note(tf)->le_why = why;
	return nmi_dispatch_unwatched(tf);
}

/* Nobody claimed it.  No debug traps in the answer, either. */
void
nmi_trap_unclaimed(struct trapframe *tf)
{
	u_long dr7 = x86_watch_suspend();

	nmi_unclaimed(tf);
	x86_watch_resume(dr7);
}

static volatile uint64_t *
nmi_word(const struct cpu_info *ci, size_t which)
{
	return (volatile uint64_t *)(ci->ci_md.cmd_ist[IST_NMI - 1] + which);
}

bool
nmi_in_progress(struct cpu_info *ci)
{
	return *nmi_word(ci, IST_TOP_BUSY) != 0;
}

/* Counted by the stub. */
uint64_t
nmi_latched(const struct cpu_info *ci)
{
	return *nmi_word(ci, IST_TOP_LATCHED);
}

/*
 * Whoever is stopped from here on absorbs also what is pending already.  Both
 * words have to be of one moment: one may come in between.
 */
uint64_t
nmi_latched_before(const struct cpu_info *ci)
{
	uint64_t latched, pending;

	do {
		latched = nmi_latched(ci);
		pending = *nmi_word(ci, IST_TOP_PENDING);
	} while (nmi_latched(ci) != latched);
	return latched - (pending != 0);
}

/*
 * By the CPU itself, while it is in an NMI: what was latched since the count
 * stood at "since" is not to be run but to be forgotten.  One that comes
 * meanwhile is either among those, or stays pending.
 */
bool
nmi_absorb(struct cpu_info *ci, uint64_t since)
{
	volatile uint64_t *latched = nmi_word(ci, IST_TOP_LATCHED);
	uint64_t n;

	if (*latched == since)
		return false;
	do {
		*nmi_word(ci, IST_TOP_PENDING) = 0;
		n = *latched - since;
	} while (*nmi_word(ci, IST_TOP_PENDING) != 0);
	atomic_add_64(latched, -(int64_t)n);	/* one may come right now */
	ci->ci_nmi.nc_absorbed.ev_count += n;
	return true;
}

/*
 * By the CPU itself, off the NMI stack, which the next one takes from its
 * top: the NMI it was in will not be left by its stub any more.
 * True: one was latched meanwhile.
 */
bool
nmi_abandon(struct cpu_info *ci)
{
	bool latched;

	ci->ci_nmi.nc_current = NULL;
	*nmi_word(ci, IST_TOP_BUSY) = 0;
	latched = *nmi_word(ci, IST_TOP_PENDING) != 0;
	*nmi_word(ci, IST_TOP_PENDING) = 0;
	x86_nmi_unblock();
	return latched;
}

/*
 * A machine check has hit; was it in the stub?  What vector.S says of each
 * part is done here.  NULL: go on by the trapframe, else the reason to panic.
 */
const char *
nmi_machine_check(struct trapframe *tf)
{
	const struct cpu_info *ci = curcpu();

	if (USERMODE(tf->tf_cs) || tf->tf_rip < (vaddr_t)nmi_stubs_start ||
	    tf->tf_rip > (vaddr_t)nmi_iretq)
		return NULL;
	if (tf->tf_rip < (vaddr_t)nmi_window || tf->tf_rip == (vaddr_t)nmi_iretq)
		return "machine check in the NMI entry";
	tf->tf_rip = (vaddr_t)nmi_window;
	tf->tf_rsp = (vaddr_t)NMI_FRAME(ci->ci_md.cmd_ist[IST_NMI - 1]);
	return NULL;
}

/* All that an NMI touches, so that it may come right after the lidt. */
void
nmi_cpu_init(struct cpu_info *ci)
{
	struct nmi_cpu *nc = &ci->ci_nmi;
	struct trapframe *tf = NMI_FRAME(ci->ci_md.cmd_ist[IST_NMI - 1]);

	tf->tf_trapno = T_NMI;		/* the stub never writes it */
	nc->nc_slot = offsetof(struct nmi_account, na_slot) +
	    ci->ci_cpuid * sizeof(struct nmi_slot);
	for (size_t i = 0; i < NMI_LOG_SIZE; i++)
		nc->nc_log[i].le_next = &nc->nc_log[(i + 1) % NMI_LOG_SIZE];
	nc->nc_entry = &nc->nc_log[NMI_LOG_SIZE - 1];
}
