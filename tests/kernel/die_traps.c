/*
 * Every exception of the CPU, as deaths: ktest_die=trap-NAME.
 *
 * Most are provoked.  What no code in ring 0 of a 64-bit kernel can provoke,
 * or what emulators never raise, is forged: the frame is pushed and the
 * gate entered as the CPU would.  A machine check comes from outside, and
 * the NMI has scenarios of its own.
 */

#include "ktest.h"
#include <machine/segments.h>
#include <machine/specialreg.h>
#include <x86/cpufunc.h>

#define NOWHERE		0xffffd00000000000UL	/* never mapped */
#define NONCANONICAL	0x8000000000000000UL
#define DR7_G0		0x00000002UL	/* the first one is on, for all tasks */
#define DR7_WRITE0	0x00010000UL	/* a byte, written */

KDEATH(trap_divide, "trap-divide", "a division by zero")
{
	__asm volatile("div %0" :: "r"(0), "a"(1), "d"(0));
}

KDEATH(trap_debug, "trap-debug", "a write that is watched")
{
	static volatile u_char watched;

	__asm volatile("mov %0,%%dr0" :: "r"(&watched));
	ldr7(DR7_G0 | DR7_WRITE0);
	watched = 1;
}

KDEATH(trap_step, "trap-step", "a single step")
{
	x86_write_psl(x86_read_psl() | PSL_T);
	__asm volatile("nop");
}

KDEATH(trap_breakpoint, "trap-breakpoint", "a breakpoint")
{
	__asm volatile("int3");
}

KDEATH(trap_overflow, "trap-overflow", "the overflow gate")
{
	__asm volatile("int $4");
}

KDEATH(trap_bound, "trap-bound", "the bounds gate")
{
	__asm volatile("int $5");
}

KDEATH(trap_opcode, "trap-opcode", "an instruction that is none")
{
	__asm volatile("ud2");
}

KDEATH(trap_device, "trap-device", "an x87 instruction with the x87 off")
{
	lcr0(rcr0() | CR0_TS);
	__asm volatile("fninit");
}

/* The page fault's own frame cannot be pushed. */
KDEATH(trap_double, "trap-double", "a push on a stack that is nowhere")
{
	__asm volatile("mov %0,%%rsp; push %%rax" :: "r"(NOWHERE));
}

/* A GDT with one descriptor more, in which only the present bit is missing. */
static uint16_t
absent_segment(void)
{
	static uint64_t gdt[NGDT + 1];
	struct region_descriptor rd;

	__asm volatile("sgdt %0" : "=m"(rd));
	memcpy(gdt, (const void *)rd.rd_base, sizeof(gdt) - sizeof(gdt[0]));
	gdt[NGDT] = 0x00cf13000000ffff;
	rd.rd_base = (uint64_t)gdt;
	rd.rd_limit = sizeof(gdt) - 1;
	__asm volatile("lgdt %0" :: "m"(rd));
	return NGDT * sizeof(gdt[0]);
}

KDEATH(trap_segment, "trap-segment", "a segment that is not present")
{
	__asm volatile("mov %w0,%%ds" :: "r"(absent_segment()));
}

KDEATH(trap_stack, "trap-stack", "a stack segment that is not present")
{
	__asm volatile("mov %w0,%%ss" :: "r"(absent_segment()));
}

KDEATH(trap_protection, "trap-protection", "an address that cannot exist")
{
	(void)*(volatile char *)NONCANONICAL;
}

KDEATH(trap_read, "trap-read", "a read through a null pointer")
{
	char *volatile nowhere = NULL;

	(void)*(volatile char *)nowhere;
}

KDEATH(trap_write_text, "trap-write-text", "a write to the kernel's text")
{
	*(volatile char *)(uintptr_t)printf = 0;
}

KDEATH(trap_write_rodata, "trap-write-rodata", "a write to a constant")
{
	static const char constant[] = "x";
	char *volatile p = __UNCONST(constant);

	*(volatile char *)p = 0;
}

KDEATH(trap_execute, "trap-execute", "a jump into data")
{
	static uint8_t code[] = { 0xc3 };	/* ret: it would come back */

	(*(void (*)(void))(uintptr_t)code)();
}

/* log2(-1) is invalid; the next instruction that waits reports it. */
KDEATH(trap_x87, "trap-x87", "an x87 error, unmasked")
{
	static const uint16_t unmasked = 0x0340;

	lcr0((rcr0() & ~(u_long)(CR0_EM | CR0_TS)) | CR0_NE | CR0_MP);
	__asm volatile("fninit; fldcw %0; fld1; fld1; fchs; fyl2x; fwait"
	    :: "m"(unmasked));
}

/* Enter the gate of a vector as if the CPU had, with an error code if it has one. */
static void
forge(u_int vec, bool with_error)
{
	const uint16_t *gate;
	struct region_descriptor rd;
	uint64_t entry;

	__asm volatile("sidt %0" : "=m"(rd));
	gate = (const uint16_t *)(rd.rd_base + vec * 16UL);
	entry = gate[0] | (uint64_t)gate[3] << 16 |
	    (uint64_t)gate[4] << 32 | (uint64_t)gate[5] << 48;
	__asm volatile("mov %%rsp,%%rcx; and $-16,%%rsp\n\t"
	    "push %[ss]; push %%rcx; pushf; push %[cs]\n\t"
	    "lea 2f(%%rip),%%rcx; push %%rcx\n\t"
	    "test %[error],%[error]; jz 1f; push $0\n"
	    "1: jmp *%[entry]\n"
	    "2: ud2"
	    :: [ss] "i"(GSEL_KDATA), [cs] "i"(GSEL_KCODE),
	    [error] "a"((u_int)with_error), [entry] "d"(entry)
	    : "rcx", "memory", "cc");
}

KDEATH(trap_coprocessor, "trap-coprocessor", "vector 9, forged")
{
	forge(9, false);
}

KDEATH(trap_tss, "trap-tss", "vector 10, forged")
{
	forge(10, true);
}

KDEATH(trap_alignment, "trap-alignment", "vector 17, forged")
{
	forge(17, true);
}

KDEATH(trap_simd, "trap-simd", "vector 19, forged")
{
	forge(19, false);
}

KDEATH(trap_gate, "trap-gate", "the gate of system calls, entered by the kernel")
{
	__asm volatile("int $0x80");
}

KDEATH(trap_reserved, "trap-reserved", "vector 22, which has no name")
{
	forge(22, false);
}

/* The scenario sends the machine check when it sees the line. */
KDEATH(trap_machine_check, "trap-machine-check", "one that the monitor sends")
{
	printf("# waiting for a machine check\n");
	(void)kpause("mce", false, KT_PATIENCE, NULL);
}
