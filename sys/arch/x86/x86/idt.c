/* The interrupt descriptor table: one, shared by all CPUs. */

#include <sys/param.h>
#include <sys/systm.h>

#include <machine/cpu.h>
#include <machine/segments.h>
#include <machine/trap.h>

#include <x86/cpuvar.h>

struct gate {
	uint16_t g_off0;
	uint16_t g_sel;
	uint8_t g_ist;
	uint8_t g_type;
	uint16_t g_off1;
	uint32_t g_off2;
	uint32_t g_reserved;
};
CTASSERT(sizeof(struct gate) == 16);

#define GATE_INTR	0x8e	/* present, ring 0, interrupts go off */
#define GATE_USER	0x60	/* ring 3 may, too */
#define STUB_SIZE	16

extern const char trap_stubs_start[];
extern const char vector_debug[], vector_nmi_fsgsbase[], vector_nmi_msr[],
    vector_double_fault[], vector_machine_check[], vector_syscall[];

static struct gate idt[256] __aligned(4096);

void
idt_set_gate(int vec, const void *entry, int ist)
{
	uint64_t off = (uint64_t)entry;

	idt[vec] = (struct gate) {
		.g_off0 = (uint16_t)off,
		.g_off1 = (uint16_t)(off >> 16),
		.g_off2 = (uint32_t)(off >> 32),
		.g_sel = GSEL_KCODE,
		.g_ist = (uint8_t)ist,
		.g_type = GATE_INTR,
	};
}

void
idt_allow_user(int vec)
{
	idt[vec].g_type |= GATE_USER;
}

void
idt_init(void)
{
	for (int vec = 0; vec < 256; vec++)
		idt_set_gate(vec, trap_stubs_start + vec * STUB_SIZE, 0);
	idt_set_gate(T_DEBUG, vector_debug, IST_DB);
	/* The faster stub uses clac, too. */
	idt_set_gate(T_NMI, x86_features.fsgsbase && x86_features.smap ?
	    vector_nmi_fsgsbase : vector_nmi_msr, IST_NMI);
	idt_set_gate(T_DOUBLEFLT, vector_double_fault, IST_DF);
	idt_set_gate(T_MCA, vector_machine_check, IST_MC);
	idt_set_gate(T_SYSCALL, vector_syscall, 0);
	idt_allow_user(T_SYSCALL);
	idt_allow_user(T_BPTFLT);
}

void
idt_load(void)
{
	struct region_descriptor rd = { sizeof(idt) - 1, (uint64_t)idt };

	__asm volatile("lidt %0" :: "m"(rd));
}
