/*
 * The machine check architecture: what the hardware found wrong with itself.
 *
 * A machine check interrupts anything, also NMIs and the debugger, on a stack
 * of its own; a line a bank goes to the console as from an NMI.  What can be
 * gone on from (MCG_STATUS says so, and no bank disagrees) is; the rest is a
 * panic.  The stub clears MCIP as it leaves (vector_ist.S).
 *
 * Corrected errors raise nothing: they are seen at the next machine check or
 * the next boot.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include <machine/cpu.h>
#include <machine/frame.h>
#include <machine/specialreg.h>

#include <x86/cpufunc.h>
#include <x86/mcavar.h>
#include <x86/nmi_defer.h>
#include <x86/nmivar.h>

#define MCG_CAP_BANKS	0xffU
#define MCG_CAP_CTL	__BIT(8)	/* MCG_CTL is there */
#define MCG_CAP_SER	__BIT(24)	/* AR means something */

#define MCG_RIPV	__BIT(0)	/* can be gone on from */
#define MCG_MCIP	__BIT(2)	/* a machine check is in progress */

#define MC_VAL		__BIT(63)
#define MC_OVER		__BIT(62)	/* others were lost */
#define MC_UC		__BIT(61)	/* not corrected */
#define MC_MISCV	__BIT(59)
#define MC_ADDRV	__BIT(58)
#define MC_PCC		__BIT(57)	/* the CPU's state is not what it should be */
#define MC_AR		__BIT(55)	/* not to be run again before it is repaired */
#define MC_CODE		0xffffU
#define MC_CODE_FILTER	0x1000U		/* some were not counted: not of the code */

#define MC_CTL(bank)	(MSR_MC0_CTL + 4 * (bank))
#define MC_STATUS(bank)	(MC_CTL(bank) + 1)
#define MC_ADDR(bank)	(MC_CTL(bank) + 2)
#define MC_MISC(bank)	(MC_CTL(bank) + 3)

extern const char mca_leave[], mca_leave_end[];

/* The first that matches. */
static const struct {
	uint32_t mask, code;
	const char *name;
} mca_codes[] = {
	{ 0xffff, 0x0000, "no error code" },
	{ 0xffff, 0x0001, "unclassified" },
	{ 0xffff, 0x0002, "microcode parity" },
	{ 0xffff, 0x0003, "external" },
	{ 0xffff, 0x0004, "redundancy check" },
	{ 0xffff, 0x0005, "internal parity" },
	{ 0xffff, 0x0400, "internal timer" },
	{ 0xfc00, 0x0400, "internal" },
	{ 0xfffc, 0x000c, "cache hierarchy" },
	{ 0xfff0, 0x0010, "TLB" },
	{ 0xff80, 0x0080, "memory controller" },
	{ 0xff00, 0x0100, "cache" },
	{ 0xf800, 0x0800, "bus or interconnect" },
};

static const char *
mca_name(uint64_t status)
{
	uint32_t code = status & MC_CODE & ~MC_CODE_FILTER;

	for (size_t i = 0; i < __arraycount(mca_codes); i++)
		if ((code & mca_codes[i].mask) == mca_codes[i].code)
			return mca_codes[i].name;
	return "unknown";
}

static u_int
mca_banks(void)
{
	return x86_features.mca ? rdmsr(MSR_MCG_CAP) & MCG_CAP_BANKS : 0;
}

static void
mca_print(void (*pr)(const char *, ...), u_int bank, uint64_t status,
    const char *when)
{
	const uint64_t addr = status & MC_ADDRV ? rdmsr(MC_ADDR(bank)) : 0;
	const uint64_t misc = status & MC_MISCV ? rdmsr(MC_MISC(bank)) : 0;

	pr("mca: %s: bank %u: %s, %scorrected, status %#lx addr %#lx misc %#lx%s\n",
	    cpu_name(curcpu()), bank, mca_name(status),
	    status & MC_UC ? "un" : "", status, addr, misc, when);
}

/* Why this is the end; NULL: it is not. */
static const char *
mca_bank_fatal(uint64_t status)
{
	if ((status & MC_UC) == 0)
		return NULL;
	if (status & MC_PCC)
		return "machine check, processor context corrupt";
	if (status & MC_OVER)
		return "machine check, an uncorrected error was lost";
	if (status & MC_AR && rdmsr(MSR_MCG_CAP) & MCG_CAP_SER)
		return "machine check, action required";
	return NULL;
}

/* Each bank is told and cleared; the first reason to panic, or NULL. */
static const char *
mca_collect(void (*pr)(const char *, ...), const char *when, u_int *found)
{
	const char *why = NULL;
	uint64_t status;

	for (u_int bank = 0; bank < mca_banks(); bank++) {
		status = rdmsr(MC_STATUS(bank));
		if ((status & MC_VAL) == 0)
			continue;
		++*found;
		mca_print(pr, bank, status, when);
		if (why == NULL)
			why = mca_bank_fatal(status);
		wrmsr(MC_STATUS(bank), 0);
	}
	return why;
}

/* What an earlier boot left is told, and would be in the way. */
void
mca_init_cpu(void)
{
	u_int found = 0;

	(void)mca_collect(printf, ", from before the boot", &found);
	if (!x86_features.mca)
		return;
	if (rdmsr(MSR_MCG_CAP) & MCG_CAP_CTL)
		wrmsr(MSR_MCG_CTL, ~0UL);
	for (u_int bank = 0; bank < mca_banks(); bank++)
		wrmsr(MC_CTL(bank), ~0UL);
}

/* Not in progress: an int $18, which can be gone on from by nature. */
static const char *
mca_state_fatal(void)
{
	const uint64_t state = x86_features.mca ? rdmsr(MSR_MCG_STATUS) : 0;

	if ((state & (MCG_MCIP | MCG_RIPV)) == MCG_MCIP)
		return "machine check, nothing to go on from";
	return NULL;
}

static bool
mca_leaving(const struct trapframe *tf)
{
	return !USERMODE(tf->tf_cs) && tf->tf_rip >= (vaddr_t)mca_leave &&
	    tf->tf_rip < (vaddr_t)mca_leave_end;
}

/*
 * The frame of the one that was being left is overwritten by now, also where
 * an NMI has come in between.
 */
static const char *
mca_place_fatal(const struct trapframe *tf)
{
	struct cpu_info *ci = curcpu();

	if (mca_leaving(tf) || (nmi_in_progress(ci) &&
	    mca_leaving(NMI_FRAME(ci->ci_md.cmd_ist[IST_NMI - 1]))))
		return "machine check while another was left";
	return NULL;
}

const char *
mca_trap(struct trapframe *tf)
{
	const char *why[4];
	u_int found = 0;

	why[0] = mca_place_fatal(tf);
	why[1] = nmi_machine_check(tf);
	why[2] = mca_collect(nmi_printf, "", &found);
	why[3] = mca_state_fatal();
	if (found == 0)
		nmi_printf("mca: %s: machine check, no bank says why\n",
		    cpu_name(curcpu()));
	for (size_t i = 0; i < __arraycount(why); i++)
		if (why[i] != NULL)
			return why[i];
	return NULL;
}

void
mca_abandon(void)
{
	if (x86_features.mca)
		wrmsr(MSR_MCG_STATUS, 0);
}
