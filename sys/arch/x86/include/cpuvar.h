/* Start and end of the machine and of each CPU; private to sys/arch. */

#ifndef _X86_CPUVAR_H_
#define _X86_CPUVAR_H_

#include <sys/types.h>

struct cpu_info;
struct region_descriptor;

/* identcpu.c */
void cpu_identify(struct cpu_info *);	/* on that CPU: ci_model */
void cpu_init_features(void);		/* each CPU: CR4, as far as CPUID allows */

/* machdep.c */
void init_x86_64(uint32_t, uint32_t) __dead;	/* called by locore.S */
void cpu_alloc(struct cpu_info *);	/* trap stacks; before it starts */
void cpu_init(struct cpu_info *);	/* on it: GDT, TSS, features, IDT */
void cpu_load_gdt(const struct region_descriptor *);	/* locore.S */

/* user_machdep.c */
void cpu_init_syscall(void);		/* each CPU */

/* mp.c */
void mp_ap_main(void) __dead;		/* called by mptramp.S */
bool mp_start(u_int);			/* by APIC id; false: it does not answer */
extern struct cpu_info *volatile mp_boot_ci;
extern volatile vaddr_t mp_boot_stack;

/* idt.c, intr.c */
void idt_init(void);
void idt_load(void);			/* each CPU */
void idt_set_gate(int, const void *, int);
void idt_allow_user(int);		/* user mode may name this vector */
void intr_init(void);

/* tsc.c */
void tsc_calibrate(void);		/* boot CPU, interrupts off */
extern uint64_t tsc_freq;		/* Hz; 0 before that */

void i8259_init(void);			/* moved off the exceptions, masked */

void cpu_reset(void) __dead;		/* any context */
/* What it tries, one after another; each returns where it does nothing. */
void x86_reset_8042(void);
void x86_reset_cf9(void);
void x86_reset_triplefault(void);

#endif
