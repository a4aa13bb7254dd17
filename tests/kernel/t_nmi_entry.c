/* The NMI stub where what was interrupted is out of the ordinary. */

#include <machine/pmap.h>
#include <x86/acpivar.h>
#include <x86/dbregs.h>
#include <x86/lapicreg.h>
#include "nmitest.h"

#define EN_ROUNDS	20
#define EN_WILD_ADDR	0xffffffffc0000000	/* above the kernel; never mapped */
#define EN_WILD		"0xffffffffc0000000"

static volatile uint64_t en_watched __aligned(8);
static volatile u_long en_dr7;
static volatile u_int en_seen;
static volatile vaddr_t en_rip;

/* A debug trap here would be a panic. */
static int
en_touch(const struct trapframe *tf __unused, void *arg __unused)
{
	en_watched++;
	en_dr7 = rdr7();
	return 1;
}

KTEST(nmi_dr7, "a handler may touch what is watched, and the watchpoint is as before after")
{
	nmi_handler_t *handle = nmi_establish(en_touch, NULL);
	u_long before;
	int s = splhigh();

	KT_CHECK(x86_watch_set(1, (vaddr_t)&en_watched, 8, X86_WATCH_RW) == 0);
	before = rdr7();
	for (u_int i = 0; i < EN_ROUNDS; i++) {
		KT_CHECK(nt_self());
		KT_CHECK(rdr7() == before);
	}
	x86_watch_clear(1);
	KT_CHECK(before != rdr7());
	KT_CHECK(en_watched >= EN_ROUNDS && en_dr7 == rdr7());
	splx(s);
	nmi_disestablish(handle);
}

/* What is latched meanwhile is handled without watchpoints, too. */
static int
en_touch_again(const struct trapframe *tf, void *arg)
{
	if (en_seen++ % 2 == 0) {
		nt_fault();
		lapic_send_nmi(curcpu()->ci_apicid);
		KT_CHECK(KT_SPIN(nmi_latched(curcpu()) != *(uint64_t *)arg));
	}
	return en_touch(tf, arg);
}

KTEST(nmi_dr7_latched, "nor does a run for a latched NMI meet a watchpoint")
{
	uint64_t latched;
	nmi_handler_t *handle;
	u_long before;
	int s;

	KT_NEEDS(PROBE_FAULT);
	handle = nmi_establish(en_touch_again, &latched);
	en_seen = 0;
	s = splhigh();
	KT_CHECK(x86_watch_set(3, (vaddr_t)&en_watched, 4, X86_WATCH_WRITE) == 0);
	before = rdr7();
	for (u_int i = 0; i < EN_ROUNDS; i++) {
		latched = nmi_latched(curcpu());
		KT_CHECK(nt_self());
		KT_CHECK(rdr7() == before);
	}
	x86_watch_clear(3);
	splx(s);
	KT_CHECK(en_seen == 2 * EN_ROUNDS);
	nmi_disestablish(handle);
}

extern const char vector_debug[], vector_nmi_msr[], nmi_window[];

static void
en_refused(vaddr_t va)
{
	KT_CHECK(x86_watch_set(0, va, 8, X86_WATCH_RW) == EPERM);
}

/* The tables that the CPU reads as it enters: where it says they are. */
static void
en_tables_refused(struct cpu_info *ci)
{
	struct region_descriptor gdt, idt;

	__asm volatile("sgdt %0; sidt %1" : "=m"(gdt), "=m"(idt));
	en_refused(gdt.rd_base);
	en_refused(idt.rd_base);
	en_refused(idt.rd_base + idt.rd_limit - 7);
	en_refused((vaddr_t)&ci->ci_md.cmd_tss & ~7UL);
	en_refused((vaddr_t)(ci + 1) - 8);
	for (int i = 0; i < NIST; i++) {
		en_refused(ci->ci_md.cmd_ist[i] - 8);
		en_refused(ci->ci_md.cmd_ist[i] + IST_TOP_BUSY);
		en_refused(ci->ci_md.cmd_ist[i] + IST_TOP_SIZE - IST_STACK_SIZE);
	}
}

KTEST(watch_refused, "no watchpoint on what the entry of a trap needs, nor one that the CPU cannot have")
{
	vaddr_t va = (vaddr_t)&en_watched;
	struct cpu_info *ci;
	int s = splhigh();

	ci = curcpu();
	KT_CHECK(x86_watch_set(4, va, 8, X86_WATCH_RW) == EINVAL);
	KT_CHECK(x86_watch_set(0, va, 3, X86_WATCH_RW) == EINVAL);
	KT_CHECK(x86_watch_set(0, va, 16, X86_WATCH_RW) == EINVAL);
	KT_CHECK(x86_watch_set(0, va + 1, 2, X86_WATCH_RW) == EINVAL);
	KT_CHECK(x86_watch_set(0, va, 2, 2) == EINVAL);
	KT_CHECK(x86_watch_set(0, va, 2, X86_WATCH_EXEC) == EINVAL);
	KT_CHECK(x86_watch_set(0, (vaddr_t)vector_debug, 1, X86_WATCH_EXEC) == EPERM);
	KT_CHECK(x86_watch_set(0, (vaddr_t)vector_nmi_msr, 1, X86_WATCH_EXEC) == EPERM);
	KT_CHECK(x86_watch_set(0, (vaddr_t)nmi_window, 1, X86_WATCH_EXEC) == EPERM);
	KT_CHECK(x86_watch_set(0, (vaddr_t)nmi_dispatch, 1, X86_WATCH_EXEC) == EPERM);
	en_refused((vaddr_t)&ci->ci_curlwp);
	en_tables_refused(ci);
	KT_CHECK(ci->ci_dr7 == 0);
	splx(s);
}

/*
 * A jump into nowhere, and an NMI before the page fault.  Taken for one that
 * interrupted the window, it would return to what an earlier NMI interrupted.
 */
static int
en_wild(const struct trapframe *tf, void *arg __unused)
{
	en_rip = tf->tf_rip;
	return 1;
}

static void
en_jump(volatile uint32_t *icr)
{
	u_long tmp;

	/* An iretq, since emulators look at what is pending after one. */
	__asm volatile(
	    "mov	%%rsp, %0\n\t"
	    "pushq	%4\n\t"
	    "pushq	%0\n\t"
	    "pushfq\n\t"
	    "pushq	%5\n\t"
	    "pushq	%3\n\t"
	    "movl	%1, (%2)\n\t"
	    "iretq\n"
	    "1:\n\t"
	    ".pushsection .fault_table, \"a\"\n\t"
	    ".quad " EN_WILD ", 1b\n\t"
	    ".popsection"
	    : "=&r"(tmp)
	    : "r"((uint32_t)(LAPIC_ICR_ASSERT | LAPIC_ICR_NMI)), "r"(icr),
	    "r"((vaddr_t)EN_WILD_ADDR), "i"(GSEL_KDATA), "i"(GSEL_KCODE)
	    : "memory", "cc");
}

KTEST(nmi_wild_rip, "an NMI after a jump to above the kernel is a new one, not one in the window")
{
	nmi_handler_t *handle = nmi_establish(en_wild, NULL);
	volatile uint8_t *lapic = pmap_mapdev(madt.madt_lapic_pa, LAPIC_SIZE);
	u_int hits = 0;
	int s = splhigh();

	/* An earlier one, whose frame would be taken. */
	KT_CHECK(nt_self());
	*(volatile uint32_t *)(lapic + LAPIC_ICRHI) =
	    curcpu()->ci_apicid << LAPIC_ICRHI_SHIFT;
	for (u_int i = 0; i < EN_ROUNDS; i++) {
		en_rip = 0;
		en_jump((volatile uint32_t *)(lapic + LAPIC_ICRLO));
		KT_CHECK(KT_SPIN(en_rip != 0));
		if (en_rip == EN_WILD_ADDR)
			hits++;
	}
	splx(s);
	nmi_disestablish(handle);
	if (hits == 0)
		KT_SKIP("an NMI to oneself is not taken right after an iretq");
}
