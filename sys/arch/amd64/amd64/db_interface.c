/*
 * The debugger's view of amd64: registers, single steps, breakpoints in a
 * text that is mapped read-only.
 *
 * In the debugger the other CPUs are stopped; before and after it not.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/debugger.h>
#include <sys/lwp.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>
#include <machine/frame.h>
#include <machine/specialreg.h>
#include <machine/trap.h>

#include <x86/cpufunc.h>
#include <x86/lapicvar.h>
#include <x86/mcavar.h>
#include <x86/nmivar.h>

#define DR6_BS		0x4000		/* a single step */

/* Not the trap flag, which nobody waits for, nor NT: an iretq faults on it. */
#define DB_FLAGS	(PSL_MBO | PSL_ARITH | PSL_I | PSL_D | PSL_RF | PSL_AC | PSL_ID)

/* conf/kernel.ldscript: what runs where a breakpoint would recurse. */
extern const char __nobreak_start[], __nobreak_end[], nmi_stubs_start[];
extern const char __text_start[], __text_end[], __rodata_end[];

#define REG(name) { #name, offsetof(struct trapframe, tf_##name) }
const struct db_register db_registers[] = {
	REG(ds), REG(es), REG(fs), REG(gs),
	REG(rdi), REG(rsi), REG(rbp), REG(rbx),
	REG(rdx), REG(rcx), REG(rax),
	REG(r8), REG(r9), REG(r10), REG(r11),
	REG(r12), REG(r13), REG(r14), REG(r15),
	REG(rip), REG(cs), REG(rflags), REG(rsp), REG(ss),
};
const size_t db_nregisters = __arraycount(db_registers);

/* The way back is an iretq that must not fault. */
const char *
db_register_refused(const struct db_register *dr, uint64_t value)
{
	switch (dr->dr_offset) {
	case offsetof(struct trapframe, tf_cs):
	case offsetof(struct trapframe, tf_ss):
	case offsetof(struct trapframe, tf_ds):
	case offsetof(struct trapframe, tf_es):
	case offsetof(struct trapframe, tf_fs):
	case offsetof(struct trapframe, tf_gs):
		return "segment registers are not changed";
	case offsetof(struct trapframe, tf_rip):
		if (value < (vaddr_t)__text_start || value >= (vaddr_t)__text_end)
			return "not in the kernel's text";
		break;
	case offsetof(struct trapframe, tf_rflags):
		if (value & ~(uint64_t)DB_FLAGS || (value & PSL_MBO) == 0)
			return "with these flags it would not run on";
		break;
	}
	return NULL;
}

bool
db_cpu_traps(void)
{
	return curcpu()->ci_md.cmd_tss.tss_ist[IST_DB - 1] != 0;
}

bool
db_is_breakpoint(const struct trapframe *tf)
{
	return tf->tf_trapno == T_BPTFLT;
}

/* DR6 only ever collects, so what was told is wiped off. */
bool
db_is_step(const struct trapframe *tf)
{
	u_long dr6;

	if (tf->tf_trapno != T_DEBUG)
		return false;
	dr6 = rdr6();
	ldr6(dr6 & ~(u_long)DR6_BS);
	return (dr6 & DR6_BS) != 0;
}

const char *
db_point_refused(vaddr_t va)
{
	vaddr_t start;

	if (va < (vaddr_t)__text_start || va >= (vaddr_t)__text_end)
		return "not in the kernel's text";
	if (va >= (vaddr_t)__nobreak_start && va < (vaddr_t)__nobreak_end)
		return "the debugger itself or an NMI may run it";
	if (va >= (vaddr_t)nmi_stubs_start)
		return "it is the NMI entry";
	if (ksyms_lookup(va, &start) != NULL && nmi_account_has(start))
		return "it is an NMI handler";
	return NULL;
}

/*
 * Stored by kcopy(), so a hole is EFAULT.  Write protection is off for this
 * CPU only and for these instructions; an NMI in between may do no harm, as
 * it writes to nothing read-only.
 */
int
db_write_kernel(vaddr_t va, const void *from, size_t len)
{
	bool protected = va < (vaddr_t)__rodata_end &&
	    va + len > (vaddr_t)__text_start;
	u_long cr0 = rcr0();
	int error;

	if (protected)
		lcr0(cr0 & ~(u_long)CR0_WP);
	error = kcopy(from, (void *)va, len);
	if (protected)
		lcr0(cr0);
	return error;
}

vaddr_t
db_frame_pc(const struct trapframe *tf)
{
	return tf->tf_rip;
}

bool
db_cpu_idle(const struct cpu_info *ci)
{
	return ci->ci_curlwp == ci->ci_idlelwp && ci->ci_intr_depth == 0;
}

void
db_lwp_trace(const struct lwp *l, db_print_t pr)
{
	struct switchframe sf;

	if (kcopy((const void *)l->l_sp, &sf, sizeof(sf)) != 0)
		pr("stack pointer %#lx: unreadable\n", l->l_sp);
	else
		stack_trace(sf.sf_rip, sf.sf_rbp, pr);
}

/* From an NMI: those that follow are then latched, and forgotten at the end. */
void
db_nmi_unblock(void)
{
	if (nmi_in_progress(curcpu()))
		x86_nmi_unblock();
}

bool
db_nmi_again(void)
{
	return nmi_stop_again();
}

/*
 * One that is latched comes by itself as the NMI is left.  One that was
 * taken by who owned the machine, outside of an NMI, wants it once more.
 */
bool
db_nmi_retake(void)
{
	return nmi_stop_retake();
}

void
db_context_save(struct db_context *dc)
{
	const struct cpu_info *ci = curcpu();

	dc->dc_mtx_count = ci->ci_data.cpu_mtx_count;
	dc->dc_mtx_oldspl = ci->ci_data.cpu_mtx_oldspl;
	dc->dc_intr_depth = ci->ci_intr_depth;
	dc->dc_nopreempt = curlwp->l_nopreempt;
	dc->dc_in_nmi = nmi_in_progress(curcpu());
}

void
db_context_restore(const struct db_context *dc)
{
	struct cpu_info *ci = curcpu();

	x86_disable_intr();
	ci->ci_data.cpu_mtx_count = dc->dc_mtx_count;
	ci->ci_data.cpu_mtx_oldspl = dc->dc_mtx_oldspl;
	ci->ci_intr_depth = dc->dc_intr_depth;
	curlwp->l_nopreempt = dc->dc_nopreempt;
	mca_abandon();			/* were it one that brought us here */
}

/*
 * On the debugger's own stack again.  An NMI that came while we were at the
 * prompt, and whose handler failed, is over: else this CPU would take no other.
 */
void
db_context_leave_nmi(const struct db_context *dc)
{
	struct cpu_info *ci = curcpu();

	if (!dc->dc_in_nmi && nmi_in_progress(ci) && nmi_abandon(ci))
		ci->ci_nmi.nc_again = 1;
}
