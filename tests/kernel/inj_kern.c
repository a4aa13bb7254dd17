/*
 * What the host injects NMIs into, in the kernel: each driver does one thing,
 * and says whether it came out right.
 */

#include <sys/condvar.h>
#include <sys/debugger.h>
#include <sys/mutex.h>
#include <sys/sysctl.h>
#include <machine/cpu.h>
#include <machine/pmap.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/dbregs.h>
#include <x86/intrvec.h>
#include <x86/lapicvar.h>
#include <x86/nmi.h>
#include <x86/nmi_defer.h>
#include "inj.h"
#include "nmitest.h"

static kmutex_t lock_adaptive, lock_spin;
static bool locks_made;
static kcondvar_t inj_cv;
static bool inj_woken;
static volatile uint64_t inj_count;

static void
mutexes(void)
{
	if (locks_made)
		return;
	mutex_init(&lock_adaptive, MUTEX_DEFAULT, IPL_NONE);
	mutex_init(&lock_spin, MUTEX_DEFAULT, IPL_HIGH);
	cv_init(&inj_cv, "inject");
	locks_made = true;
}

/*
 * Every register and flag that an NMI could spoil holds something, and the
 * instructions go round them all.  The stack pointer is not aligned.
 */
void inj_registers_asm(void);
uint64_t inj_registers_sum;
__asm(
"	.text\n"
"	.globl	inj_registers_asm, inj_registers_end\n"
"	.type	inj_registers_asm, @function\n"
"inj_registers_asm:\n"
"	pushq	%rbp\n"
"	pushq	%rbx\n"
"	pushq	%r12\n"
"	pushq	%r13\n"
"	pushq	%r14\n"
"	pushq	%r15\n"
"	movq	$0x0123456789abcdef, %rax\n"
"	movq	%rsp, %rbp\n"
"	leaq	-3(%rsp), %rsp\n"
"	leaq	(%rax,%rax,2), %rbx\n"
"	leaq	(%rbx,%rax,2), %rcx\n"
"	leaq	(%rcx,%rax,2), %rdx\n"
"	leaq	(%rdx,%rax,2), %rsi\n"
"	leaq	(%rsi,%rax,2), %rdi\n"
"	leaq	(%rdi,%rax,2), %r8\n"
"	leaq	(%r8,%rax,2), %r9\n"
"	leaq	(%r9,%rax,2), %r10\n"
"	leaq	(%r10,%rax,2), %r11\n"
"	leaq	(%r11,%rax,2), %r12\n"
"	leaq	(%r12,%rax,2), %r13\n"
"	leaq	(%r13,%rax,2), %r14\n"
"	leaq	(%r14,%rax,2), %r15\n"
"	std\n"
"	stc\n"
"	movl	$1, %eax\n"
"	adcq	%rbx, %rax\n"
"	adcq	%rcx, %rax\n"
"	adcq	%rdx, %rax\n"
"	adcq	%rsi, %rax\n"
"	adcq	%rdi, %rax\n"
"	.globl	inj_registers_middle\n"
"inj_registers_middle:\n"
"	cld\n"
"	adcq	%r8, %rax\n"
"	adcq	%r9, %rax\n"
"	adcq	%r10, %rax\n"
"	adcq	%r11, %rax\n"
"	adcq	%r12, %rax\n"
"	adcq	%r13, %rax\n"
"	adcq	%r14, %rax\n"
"	adcq	%r15, %rax\n"
"	movq	%rbp, %rsp\n"
"	movq	%rax, inj_registers_sum\n"
"	popq	%r15\n"
"	popq	%r14\n"
"	popq	%r13\n"
"	popq	%r12\n"
"	popq	%rbx\n"
"	popq	%rbp\n"
"inj_registers_end:\n"
"	ret\n"
"	.size	inj_registers_asm, . - inj_registers_asm\n");

static void
compute(void)
{
	static uint64_t first;

	inj_registers_asm();
	if (first == 0)
		first = inj_registers_sum;
	INJ_EXPECT(first != 0 && inj_registers_sum == first);
}

INJ_DRIVER(registers)
{
	compute();
}

INJ_DRIVER(mutex)
{
	mutexes();
	mutex_enter(&lock_adaptive);
	inj_count++;
	mutex_exit(&lock_adaptive);
	INJ_EXPECT(!mutex_owned(&lock_adaptive));
	INJ_EXPECT(mutex_tryenter(&lock_adaptive));
	mutex_exit(&lock_adaptive);
}

INJ_DRIVER(spin)
{
	mutexes();
	mutex_spin_enter(&lock_spin);
	inj_count++;
	mutex_spin_exit(&lock_spin);
	INJ_EXPECT(kt_intr_on());
	INJ_EXPECT(mutex_tryenter(&lock_spin));
	mutex_exit(&lock_spin);
	INJ_EXPECT(kt_intr_on());
}

INJ_DRIVER(printf)
{
	printf("injected %#lx in %s\n", 0x12345UL, "printf");
}

INJ_DRIVER(establish)
{
	nmi_handler_t *handle = nmi_establish(nt_decline, NULL);

	INJ_EXPECT(handle != NULL);
	nmi_disestablish(handle);
}

INJ_DRIVER(fault)
{
	INJ_EXPECT(nt_faults());
}

INJ_DRIVER(breakpoint)
{
	nt_breakpoint();
}

/* The handler touches what is watched, and must not hit it. */
INJ_DRIVER(watched)
{
	u_long dr7, none = rdr7();
	int s = splhigh();

	INJ_EXPECT(x86_watch_set(1, (vaddr_t)&inj_touched, 8, X86_WATCH_RW) == 0);
	dr7 = rdr7();
	inj_registers_asm();
	INJ_EXPECT(rdr7() == dr7 && dr7 != none);
	x86_watch_clear(1);
	splx(s);
}

/*
 * The debugger has a breakpoint here, and steps over it when it goes on: that is
 * a debug trap of the kernel's.
 */
void inj_stepped(void);
__asm(
    "	.text\n"
    "	.globl	inj_stepped, inj_stepped_end\n"
    "	.type	inj_stepped, @function\n"
    "inj_stepped:\n"
    "	nop\n"
    "inj_stepped_end:\n"
    "	ret\n"
    "	.size	inj_stepped, . - inj_stepped\n");

static void
plant(void)
{
	static const char *const lines[] = { "break inj_stepped; continue", "continue" };
	char err[SYSCTL_ERRLEN];

	for (size_t i = 0; i < __arraycount(lines); i++) {
		if (i != 0)
			Debugger();
		INJ_EXPECT(sysctl_set_text("ddb.commandonenter", lines[i], err,
		    sizeof(err)) == 0);
	}
}

/* The handler touches what is watched: a debug trap in an NMI in this one. */
INJ_DRIVER(debug)
{
	static bool planted;
	u_long dr7;
	int s;

	if (!planted)
		plant();
	planted = true;
	s = splhigh();
	INJ_EXPECT(x86_watch_set(1, (vaddr_t)&inj_touched, 8, X86_WATCH_RW) == 0);
	dr7 = rdr7();
	inj_stepped();
	INJ_EXPECT(rdr7() == dr7);
	x86_watch_clear(1);
	splx(s);
}

/* One to ourselves, taken where interrupts go on again. */
INJ_DRIVER(interrupt)
{
	struct cpu_info *ci = curcpu();
	uint64_t before = ci->ci_data.cpu_nintr;
	int s = splhigh();

	lapic_send_ipi(ci->ci_apicid, INTRVEC_XCALL);
	splx(s);
	/* Not at once: an instruction or two after an sti are before it. */
	while (ci->ci_data.cpu_nintr == before)
		x86_pause();
	/* What is said of a machine check makes another. */
	INJ_EXPECT(ci->ci_data.cpu_nintr == before + 1 ||
	    (inj_variant & INJ_CHECK) != 0);
}

static volatile u_int inj_switches;

static void
switch_thread(void *arg __unused)
{
	inj_switches++;
}

/* To a new thread and back from it when it has gone. */
INJ_DRIVER(switch)
{
	u_int before = inj_switches;

	kt_thread(PRI_USER, curcpu(), switch_thread, NULL);
	kt_threads_join();
	INJ_EXPECT(inj_switches == before + 1);
}

INJ_DRIVER(cr3)
{
	int s = splhigh();

	lcr3(rcr3());
	splx(s);
}

static void
inj_wake_soon(void *arg __unused)
{
	mutex_spin_enter(&lock_spin);
	inj_woken = true;
	cv_signal(&inj_cv);
	mutex_spin_exit(&lock_spin);
}

void
inj_wake(void)
{
	INJ_EXPECT(nmi_defer(NMI_DEFER_INTR, inj_wake_soon, NULL));
}

/* This CPU idles until an NMI wishes otherwise; no clock would. */
INJ_DRIVER(idle)
{
	mutexes();
	mutex_enter(&lock_spin);
	inj_woken = false;
	while (!inj_woken)
		cv_wait(&inj_cv, &lock_spin);
	mutex_exit(&lock_spin);
}

INJ_DRIVER(stop)
{
	int s = splhigh();

	cpu_stop_enter();
	cpu_stop_others();
	INJ_EXPECT(cpu_stop_mine());
	cpu_stop_exit();
	splx(s);
}

/* NMIs that the second CPU has taken note of, in either way. */
volatile uint64_t inj_answered;
static volatile u_int computed;

static uint64_t
answered(void)
{
	const volatile struct nmi_cpu *nc = &cpu_infos[1]->ci_nmi;

	return nc->nc_taken.ev_count + nc->nc_absorbed.ev_count;
}

static void
computing_thread(void *arg __unused)
{
	for (;;) {
		compute();
		computed++;
	}
}

/* Until the second CPU has got through what it is amid, and once more. */
static void
computed_wait(void)
{
	u_int before = computed;

	while (computed - before < 2)
		x86_pause();
}

/* That CPU is stopped amid a computation, and goes on with it. */
INJ_DRIVER(park)
{
	uint64_t before = answered();
	u_int sessions = nmi_stop_count();

	if (computed == 0)
		kt_thread(PRI_USER, cpu_infos[1], computing_thread, NULL);
	computed_wait();
	inj_do_stop();
	INJ_EXPECT(nmi_stop_count() == sessions + 1);
	computed_wait();
	inj_answered = answered() - before;
}

INJ_DRIVER(panic)
{
	panic("injected in %s", "panic");
}
