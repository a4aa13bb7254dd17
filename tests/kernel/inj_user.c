/* What the host injects NMIs into, around user mode: system calls, traps, iret. */

#include <machine/cpu.h>
#include <machine/segments.h>
#include <machine/trap.h>
#include "inj.h"
#include "usertest.h"

#define LOAD_SIZE	3	/* of the instruction that faults */
#define PSL_TRACE	0x100UL

USER_IMAGE(calls);
USER_IMAGE(traps);
USER_IMAGE(badreturn);
USER_IMAGE(turns);

/* The NMI stack's own top: as a stack pointer it looks like a nested NMI. */
static uint64_t
hostile(void)
{
	return curcpu()->ci_md.cmd_ist[IST_NMI - 1] - sizeof(struct trapframe);
}

INJ_DRIVER(calls)
{
	INJ_EXPECT(ut_exit(UT(calls, hostile())) == 42);
}

static bool
inj_trace(struct proc *p __unused, struct trapframe *tf)
{
	switch (tf->tf_trapno) {
	case T_PAGEFLT:
		tf->tf_rip += LOAD_SIZE;
		break;
	case T_DEBUG:
		tf->tf_rflags &= ~PSL_TRACE;
		break;
	}
	return true;
}

INJ_DRIVER(traps)
{
	INJ_EXPECT(ut_exit(UT(traps, hostile(), .up_trace = inj_trace)) == 42);
}

static bool
inj_spoil_cs(struct proc *p __unused, struct trapframe *tf)
{
	tf->tf_cs = GSEL_UCODE + 8 * NGDT;
	return true;
}

static bool
inj_spoil_ss(struct proc *p __unused, struct trapframe *tf)
{
	tf->tf_ss = GSEL_UDATA + 8 * NGDT;
	return true;
}

static void
badreturn(proc_trace_t spoil)
{
	struct proc_status ps = ut_run(UT(badreturn, hostile(), .up_trace = spoil));

	INJ_EXPECT(ps.ps_end == PROC_BADRETURN && ps.ps_trapno == T_PROTFLT);
}

INJ_DRIVER(bad_cs)
{
	badreturn(inj_spoil_cs);
}

INJ_DRIVER(bad_ss)
{
	badreturn(inj_spoil_ss);
}

/* From one address space to another. */
INJ_DRIVER(turns)
{
	struct proc *one = ut_start(UT(turns, hostile()));
	struct proc *two = ut_start(UT(turns, hostile()));

	INJ_EXPECT(ut_wait(one).ps_code == 42);
	INJ_EXPECT(ut_wait(two).ps_code == 42);
}
