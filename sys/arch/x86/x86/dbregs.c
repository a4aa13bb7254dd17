/*
 * Watchpoints in the debug registers DR0 to DR3 and DR7 of this CPU.
 *
 * Thread context, preemption disabled.  ci_dr7 tells NMIs whether there are
 * any: it is set before DR7 is and cleared after, so that it never says no
 * while one can hit.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include <machine/cpu.h>

#include <x86/dbregs.h>

#define DR7_ENABLE(n)	(2UL << ((n) * 2))	/* "global" */
#define DR7_HOW(n, how)	((u_long)(how) << (16 + (n) * 4))
#define DR7_LEN(n, len)	((u_long)(len) << (18 + (n) * 4))
#define DR7_ALL(n)	(DR7_ENABLE(n) | DR7_HOW(n, 3) | DR7_LEN(n, 3))

/* conf/kernel.ldscript: the trap stubs, and what an NMI runs from them on. */
extern const char __nobreak_start[], __nobreak_end[], nmi_stubs_start[],
    nmi_window_end[];

/* The CPU's encoding of a length; 0xff: it has none. */
static const u_char dr7_len[] = {
	0xff, 0, 1, 0xff, 3, 0xff, 0xff, 0xff, 2
};

static bool
overlaps(vaddr_t va, size_t len, vaddr_t start, vaddr_t end)
{
	return va < end && start < va + len;
}

/* What is touched while a debug trap or an NMI begins or ends. */
static bool
of_trap_entry(vaddr_t va, size_t len)
{
	struct cpu_info *ci = curcpu();
	struct region_descriptor idt;

	__asm volatile("sidt %0" : "=m"(idt));
	if (overlaps(va, len, (vaddr_t)__nobreak_start, (vaddr_t)__nobreak_end) ||
	    overlaps(va, len, (vaddr_t)nmi_stubs_start, (vaddr_t)nmi_window_end) ||
	    overlaps(va, len, (vaddr_t)ci, (vaddr_t)(ci + 1)) ||
	    overlaps(va, len, idt.rd_base, idt.rd_base + idt.rd_limit + 1))
		return true;
	for (int i = 0; i < NIST; i++) {
		vaddr_t end = ci->ci_md.cmd_ist[i] + IST_TOP_SIZE;

		if (overlaps(va, len, end - IST_STACK_SIZE, end))
			return true;
	}
	return false;
}

static void
load_address(u_int n, vaddr_t va)
{
	switch (n) {
	case 0:
		ldr0(va);
		break;
	case 1:
		ldr1(va);
		break;
	case 2:
		ldr2(va);
		break;
	default:
		ldr3(va);
		break;
	}
}

int
x86_watch_set(u_int n, vaddr_t va, size_t len, u_int how)
{
	struct cpu_info *ci = curcpu();
	u_long dr7;

	if (n >= X86_NWATCH || len >= __arraycount(dr7_len) ||
	    dr7_len[len] == 0xff || va % len != 0 ||
	    (how != X86_WATCH_WRITE && how != X86_WATCH_RW &&
	    (how != X86_WATCH_EXEC || len != 1)))
		return EINVAL;
	if (of_trap_entry(va, len))
		return EPERM;
	x86_watch_clear(n);
	load_address(n, va);
	dr7 = ci->ci_dr7 | DR7_ENABLE(n) | DR7_HOW(n, how) |
	    DR7_LEN(n, dr7_len[len]);
	ci->ci_dr7 = dr7;
	__insn_barrier();
	ldr7(dr7);
	return 0;
}

void
x86_watch_clear(u_int n)
{
	struct cpu_info *ci = curcpu();
	u_long dr7 = ci->ci_dr7 & ~DR7_ALL(n);

	ldr7(dr7);
	__insn_barrier();
	ci->ci_dr7 = dr7;
}
