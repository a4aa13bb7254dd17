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

#include <x86/nmivar.h>

/* The rest of the stub's work is nmi_dispatch's, so this ends in a jump. */
int
nmi_trap(struct trapframe *tf)
{
	struct nmi_log_entry *le = curcpu_load(ci_nmi.nc_entry)->le_next;

	curcpu_store(ci_nmi.nc_entry, le);
	curcpu_inc(ci_nmi.nc_taken.ev_count);	/* a handler may not return */
	rdtsc_halves(&le->le_tsc[0], &le->le_tsc[1]);
	le->le_rip = tf->tf_rip;
	le->le_cs = tf->tf_cs;
	le->le_claimer = NULL;
	return nmi_dispatch(tf);
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
 * By the CPU itself, while it is in an NMI: what was latched since the count
 * stood at "since" is not to be run but to be forgotten.
 */
bool
nmi_absorb(struct cpu_info *ci, uint64_t since)
{
	volatile uint64_t *latched = nmi_word(ci, IST_TOP_LATCHED);
	uint64_t n = *latched - since;

	if (n == 0)
		return false;
	*nmi_word(ci, IST_TOP_PENDING) = 0;
	atomic_add_64(latched, -(int64_t)n);	/* one may come right now */
	ci->ci_nmi.nc_absorbed.ev_count += n;
	return true;
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
