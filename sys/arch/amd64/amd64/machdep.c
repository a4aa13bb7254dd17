/*
 * Machine start-up of the boot CPU, and what every CPU sets up for itself.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bootinfo.h>
#include <sys/cons.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/sysmon_wdog.h>
#include <sys/vers.h>

#include <machine/cpu.h>
#include <machine/frame.h>
#include <machine/pmap.h>
#include <machine/segments.h>
#include <machine/specialreg.h>

#include <x86/acpivar.h>
#include <x86/bootvar.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/intrvec.h>
#include <x86/ioapicvar.h>
#include <x86/lapicvar.h>
#include <x86/mcavar.h>
#include <x86/nmivar.h>
#include <x86/wdogvar.h>

#define PVH_MAGIC		0x336ec578

extern char boot_stack[];
extern char lwp_trampoline[];

struct cpu_info cpu_info_primary = {
	.ci_self = &cpu_info_primary,
	.ci_curlwp = &lwp0,
	.ci_data.cpu_name = "cpu0",
};
struct bootinfo bootinfo;

static const uint64_t gdt_template[NGDT] = {
	[GSEL_KCODE >> 3] = 0x00af9b000000ffff,
	[GSEL_KDATA >> 3] = 0x00cf93000000ffff,
	[GSEL_UDATA >> 3] = 0x00cff3000000ffff,
	[GSEL_UCODE >> 3] = 0x00affb000000ffff,
};

/* The address T of a new IST stack: its top words say whose it is. */
static vaddr_t
ist_alloc(struct cpu_info *ci)
{
	vaddr_t stack = pmap_stack_alloc(IST_STACK_SIZE), top;

	if (stack == 0)
		panic("%s: no memory for its trap stacks", cpu_name(ci));
	top = stack + IST_STACK_SIZE - IST_TOP_SIZE;
	*(struct cpu_info **)(top + IST_TOP_CI) = ci;
	return top;
}

/* GDT, TSS and IST stacks: in memory, for cpu_init() to load. */
void
cpu_alloc(struct cpu_info *ci)
{
	struct cpu_md *md = &ci->ci_md;
	uint64_t tss = (uint64_t)&md->cmd_tss;

	memcpy(md->cmd_gdt, gdt_template, sizeof(gdt_template));
	md->cmd_gdt[GSEL_TSS >> 3] = 0x0000890000000000 |
	    (sizeof(md->cmd_tss) - 1) | (tss & 0xffffff) << 16 |
	    (tss >> 24 & 0xff) << 56;
	md->cmd_gdt[(GSEL_TSS >> 3) + 1] = tss >> 32;
	md->cmd_tss.tss_iobase = sizeof(md->cmd_tss);
	for (int i = 0; i < NIST; i++) {
		md->cmd_ist[i] = ist_alloc(ci);
		md->cmd_tss.tss_ist[i] = md->cmd_ist[i];
	}
	nmi_cpu_init(ci);
}

/* On the CPU itself: from the lidt on, any trap finds its stack. */
void
cpu_init(struct cpu_info *ci)
{
	struct region_descriptor rd = {
		sizeof(ci->ci_md.cmd_gdt) - 1, (uint64_t)ci->ci_md.cmd_gdt
	};

	cpu_load_gdt(&rd);
	wrmsr(MSR_GSBASE, (uint64_t)ci);	/* loading %gs may have cleared it */
	__asm volatile("ltr %w0" :: "r"(GSEL_TSS));
	cpu_init_features();
	cpu_init_syscall();
	idt_load();
}

/* A thread's first switchframe: "return" into the trampoline. */
void
cpu_lwp_setup(struct lwp *l, void (*func)(struct lwp *))
{
	struct switchframe *sf;

	sf = (struct switchframe *)(l->l_stack + KSTACK_SIZE - 16) - 1;
	memset(sf, 0, sizeof(*sf));
	sf->sf_rbx = (uint64_t)func;
	sf->sf_rip = (uint64_t)lwp_trampoline;
	l->l_sp = (uint64_t)sf;
}

/* Called by locore.S, interrupts off, on the boot page tables. */
void
init_x86_64(uint32_t magic, uint32_t info)
{
	if (magic == PVH_MAGIC)
		pvh_bootinfo(info);
	else if (magic == MULTIBOOT2_LOADER_MAGIC)
		multiboot2_bootinfo(info);

	lwp0.l_stack = (vaddr_t)boot_stack;
	bootarg_early();
	cninit();
	pmap_bootstrap();
	cpu_init_features();		/* idt_init() chooses by them */
	idt_init();
	cpu_alloc(&cpu_info_primary);
	cpu_init(&cpu_info_primary);
	version_init();
	printf("%s\n", version);	/* from here on an NMI gets an answer */
	kern_main();
}

/* reboot(9): what cannot be done ends halted, never in a return. */
void
cpu_reboot(int howto, char *bootstr __unused)
{
	x86_disable_intr();
	sysmon_wdog_suspend();		/* a BMC's outlives us */
	watchdog_quiet();	/* being halted is not being stuck */
	cnflush();
	if ((howto & RB_POWERDOWN) == RB_POWERDOWN) {
		acpi_poweroff();
		printf_nolog("poweroff: this machine has no way to switch itself off, halted\n");
	} else if ((howto & RB_HALT) == 0)
		cpu_reset();
	cpu_halt_forever();
}

/*
 * Called by kern_main() when allocators and locks work, interrupts still
 * off: the interrupt controllers and clocks of the boot CPU.
 */
void
cpu_configure(void)
{
	struct cpu_info *ci = &cpu_info_primary;

	acpi_init();
	madt_parse();
	i8259_init();
	intr_init();
	lapic_init_cpu();
	tsc_calibrate();
	lapic_timer_calibrate();
	ci->ci_apicid = lapic_id();
	cpu_identify(ci);
	printf("cpu0: %s, apicid %u\n", ci->ci_model, ci->ci_apicid);
	ioapic_init();
	nmi_init();
	nmi_ipi_init();
	mca_init_cpu();
	lapic_timer_start(hz);
	ci->ci_running = true;
}
