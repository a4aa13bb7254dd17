/*
 * Interrupt dispatch: vector to handler.
 *
 * Every gate is an interrupt gate and no handler turns interrupts on, so
 * handlers do not nest; they run on the interrupted thread's stack.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/evcnt.h>
#include <sys/lwp.h>
#include <sys/proc.h>
#include <sys/xcall.h>

#include <machine/cpu.h>
#include <machine/frame.h>
#include <machine/intr.h>
#include <machine/trap.h>

#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/intrvec.h>
#include <x86/ioapicvar.h>
#include <x86/lapicvar.h>
#include <x86/nmivar.h>

struct intrhand {
	void (*ih_func)(void *);
	void *ih_arg;
	struct evcnt ih_count;
};

static struct intrhand intrhands[256];

static void
intr_timer(void *arg __unused)
{
	hardclock();
}

static void
intr_resched(void *arg __unused)
{
	/* ci_want_resched is set: interrupt() acts on it on the way out. */
}

static void
intr_xcall(void *arg __unused)
{
	xc_ipi_handler();
}

static void
intr_nmisoft(void *arg __unused)
{
	nmi_soft_intr();
}

static void
intr_set(int vec, void (*fn)(void *), void *arg, const char *name)
{
	struct intrhand *ih = &intrhands[vec];

	ih->ih_arg = arg;
	evcnt_attach_dynamic(&ih->ih_count, EVCNT_TYPE_INTR, NULL, "intr", name);
	ih->ih_func = fn;
}

void
intr_init(void)
{
	intr_set(INTRVEC_TIMER, intr_timer, NULL, "lapic timer");
	intr_set(INTRVEC_RESCHED, intr_resched, NULL, "reschedule");
	intr_set(INTRVEC_XCALL, intr_xcall, NULL, "cross-call");
	intr_set(INTRVEC_NMISOFT, intr_nmisoft, NULL, "after NMI");
}

void
intr_establish_isa(int irq, void (*fn)(void *), void *arg, const char *name)
{
	int vec = INTRVEC_DEV + irq;

	KASSERT(irq >= 0 && irq < 16);
	KASSERT(intrhands[vec].ih_func == NULL);
	intr_set(vec, fn, arg, name);
	if (ioapic_establish(irq, vec, cpu_info_primary.ci_apicid) != 0)
		printf("%s: irq %d reaches no I/O APIC\n", name, irq);
}

/* From the stubs. */
void
interrupt(struct trapframe *tf)
{
	struct cpu_info *ci = curcpu();
	struct intrhand *ih = &intrhands[tf->tf_trapno & 0xff];

	if (tf->tf_trapno == INTRVEC_SPURIOUS)
		return;		/* wants no EOI */
	ci->ci_intr_depth++;
	ci->ci_data.cpu_nintr++;
	ci->ci_data.cpu_intrframe = tf;
	if (ih->ih_func != NULL) {
		ih->ih_count.ev_count++;
		ih->ih_func(ih->ih_arg);
	}
	lapic_eoi();
	ci->ci_intr_depth--;
	if (ci->ci_want_resched && (tf->tf_rflags & PSL_I) != 0)
		sched_intr_return();
	if (USERMODE(tf->tf_cs))
		proc_ast();
}
