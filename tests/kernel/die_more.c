/*
 * Deaths by a watchpoint, by a trap on top of an NMI, and by a handle that is
 * older than the handler in its memory; and "nmi log" while handlers run.  The scenarios in tests/qemu
 * judge them.
 */

#include <x86/dbregs.h>
#include <console/shell.h>
#include "nmitest.h"

#define DW_HANDLERS	64

/* The report of the trap writes there, too. */
KDEATH(trap_watch, "trap-watch", "a watchpoint on what a panic writes")
{
	(void)splhigh();
	KASSERT(x86_watch_set(0, (vaddr_t)&panicstr, 8, X86_WATCH_WRITE) == 0);
	panicstr = NULL;
}

/* One of the newer ones has the memory of the first. */
KDEATH(nmi_reused, "nmi-disestablish-reused", "an old handle, its memory another handler's by now")
{
	nmi_handler_t *old = nmi_establish(nt_decline, NULL);
	const struct nmi_account *memory = nt_account(old);
	bool reused = false;

	nmi_disestablish(old);
	for (u_int i = 0; i < DW_HANDLERS; i++)
		if (nt_account(nmi_establish(nt_decline, NULL)) == memory)
			reused = true;
	KASSERT(reused);
	nmi_disestablish(old);
}

/*
 * A trap on a stack of its own, on top of an NMI: the trace of its report
 * finds the NMI's frame and what that interrupted.
 */
static __noinline void
dm_trap(void)
{
	x86_write_psl(x86_read_psl() | PSL_T);
	__asm volatile("nop");
}

static int
dm_step(const struct trapframe *tf __unused, void *arg __unused)
{
	dm_trap();
	return 1;
}

KDEATH(nmi_debug, "nmi-debug", "a single step in an NMI handler")
{
	(void)nmi_establish(dm_step, NULL);
	(void)nt_self();
}

static int
dm_wait(const struct trapframe *tf __unused, void *arg __unused)
{
	printf_nolog("# waiting for a machine check\n");
	(void)KT_SPIN(false);
	return 1;
}

KDEATH(nmi_machine_check, "nmi-machine-check", "a machine check, sent by the monitor, in an NMI handler")
{
	(void)nmi_establish(dm_wait, NULL);
	(void)nt_self();
}

static volatile u_int dm_inside, dm_go, dm_latches;

static int
dm_stay(const struct trapframe *tf __unused, void *arg __unused)
{
	dm_inside = 1;
	(void)KT_SPIN(dm_go != 0);
	return 1;
}

/* The first time, one more comes while it runs. */
static int
dm_latch(const struct trapframe *tf __unused, void *arg __unused)
{
	uint64_t latched = nmi_latched(curcpu());

	if (dm_latches++ == 0) {
		nt_fault();
		lapic_send_nmi(curcpu()->ci_apicid);
		(void)KT_SPIN(nmi_latched(curcpu()) != latched);
	}
	return 1;
}

static void
dm_log(void)
{
	char line[] = "nmi log";

	shell_run(line);
}

KDEATH(nmi_log, "nmi-log", "the log while an NMI is being handled, and of latched ones (2 CPUs)")
{
	struct cpu_info *ci = cpu_lookup(cpu_number() == 0);
	nmi_handler_t *handle = nmi_establish(dm_stay, NULL);

	lapic_send_nmi(ci->ci_apicid);
	(void)KT_SPIN(dm_inside != 0);
	dm_log();
	printf("# %s is let go\n", cpu_name(ci));
	dm_go = 1;
	nmi_disestablish(handle);
	(void)nmi_establish(dm_latch, NULL);
	(void)nt_self();
	dm_log();
	panic("nmi-log");
}
