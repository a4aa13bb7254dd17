/*
 * One instruction by the trap flag.
 *
 * The rest of the machine stays stopped meanwhile, so the step is taken with
 * interrupts off: a handler could want a lock that a stopped CPU holds.  An
 * instruction that reads or writes the flags sees what it would have seen.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>
#include <machine/frame.h>

#include <x86/cpufunc.h>

extern const char nmi_stubs_start[];

/* How an instruction and the interrupt flag meet. */
enum flag_use {
	USE_NONE,
	USE_PUSHES,
	USE_SETS,
	USE_WAITS
};

static const struct {
	uint8_t fi_code[2];
	uint8_t fi_len;
	enum flag_use fi_use;
} flag_insns[] = {
	{ { 0x9c }, 1, USE_PUSHES },		/* pushfq */
	{ { 0x9d }, 1, USE_SETS },		/* popfq */
	{ { 0xfa }, 1, USE_SETS },		/* cli */
	{ { 0xfb }, 1, USE_SETS },		/* sti */
	{ { 0x48, 0xcf }, 2, USE_SETS },	/* iretq */
	{ { 0xf4 }, 1, USE_WAITS },		/* hlt */
};

static struct {
	enum flag_use st_use;
	uint64_t st_flags;		/* PSL_I and PSL_T as they were */
} step;

static enum flag_use
flag_use(vaddr_t rip)
{
	uint8_t code[2];

	if (kcopy((const void *)rip, code, sizeof(code)) != 0)
		return USE_NONE;
	for (size_t i = 0; i < __arraycount(flag_insns); i++)
		if (memcmp(code, flag_insns[i].fi_code, flag_insns[i].fi_len) == 0)
			return flag_insns[i].fi_use;
	return USE_NONE;
}

/* Another debug trap would take that stack from its top, over the frame of this one. */
static bool
on_debug_stack(const struct trapframe *tf)
{
	const vaddr_t top = curcpu()->ci_md.cmd_ist[IST_DB - 1];

	return tf->tf_rsp <= top && tf->tf_rsp > top - IST_STACK_SIZE;
}

/*
 * A debug trap on the way out of an NMI would hide from the next NMI that
 * it interrupted that way: it would take our frame for its own stack.  A program
 * could make a system call in its step, and that may want what another,
 * stopped, CPU holds.
 */
bool
db_step_prepare(struct trapframe *tf)
{
	if (tf->tf_rip >= (vaddr_t)nmi_stubs_start) {
		printf_nolog("the way out of an NMI is not stepped, continue\n");
		return true;
	}
	if (on_debug_stack(tf)) {
		printf_nolog("a debug trap is not stepped, continue\n");
		return true;
	}
	if (USERMODE(tf->tf_cs)) {
		printf_nolog("user mode is not stepped, continue\n");
		return true;
	}
	step.st_use = flag_use(tf->tf_rip);
	if (step.st_use == USE_WAITS) {
		tf->tf_rip++;		/* as if woken at once */
		return true;
	}
	step.st_flags = tf->tf_rflags & (PSL_I | PSL_T);
	tf->tf_rflags = (tf->tf_rflags & ~(uint64_t)PSL_I) | PSL_T;
	return false;
}

void
db_step_finish(struct trapframe *tf)
{
	uint64_t pushed;

	tf->tf_rflags &= ~(uint64_t)PSL_T;
	if (step.st_use == USE_SETS)
		return;
	tf->tf_rflags |= step.st_flags;
	if (step.st_use != USE_PUSHES ||
	    kcopy((const void *)tf->tf_rsp, &pushed, sizeof(pushed)) != 0)
		return;
	pushed = (pushed & ~(uint64_t)(PSL_I | PSL_T)) | step.st_flags;
	(void)kcopy(&pushed, (void *)tf->tf_rsp, sizeof(pushed));
}
