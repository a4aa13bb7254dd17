/*
 * panic(9) and failed assertions.
 *
 * Any context.  The first caller wins; what it prints goes straight to the
 * polled console, so no lock that an interrupted context may hold is ever
 * waited for.  A panic inside the report goes on with the part after the
 * one that failed; one inside the debugger goes back to its prompt.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/cons.h>
#include <sys/debugger.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/panic.h>

#include <machine/cpu.h>
#include <machine/intr.h>

const char *volatile panicstr;
int panic_timeout;			/* sysctl kernel.panic */

#define PANIC_DEPTH	3	/* deeper there is nothing more to say */

static volatile u_int panic_depth, panic_part;

static void
panic_registers(void)
{
	cpu_show_registers(printf_nolog);
}

static void
panic_traceback(void)
{
	u_int cpu = cpu_number();

	if (db_onpanic < 0)
		return;
	printf_nolog("cpu%u: Begin traceback...\n", cpu);
	stack_trace((vaddr_t)__builtin_return_address(0),
	    *(vaddr_t *)__builtin_frame_address(0), printf_nolog);
	printf_nolog("cpu%u: End traceback...\n", cpu);
}

static void
panic_others(void)
{
	cpu_stop_report(printf_nolog, db_onpanic >= 0);
}

static void
panic_debugger(void)
{
	if (db_onpanic > 0 && db_possible())
		Debugger();
}

/* Each is begun once, with the machine stopped. */
static void (*const panic_parts[])(void) = {
	db_break_remove, panic_registers, panic_traceback, panic_others, panic_debugger
};

/* What kernel.panic asks for, once everything is said. */
static void __dead
panic_finish(void)
{
	uint64_t start = uptime_us();

	while (panic_timeout > 0 &&
	    uptime_us() - start < (uint64_t)panic_timeout * 1000000)
		delay(1000);
	if (panic_timeout != 0)
		cpu_reboot(RB_AUTOBOOT, NULL);
	printf_nolog("halted\n");
	cpu_reboot(RB_HALT, NULL);
}

void
vpanic(const char *fmt, va_list ap)
{
	(void)splhigh();
	db_panic(fmt, ap);
	kpreempt_disable();
	cpu_stop_enter();		/* of two CPUs at once, one goes on */
	if (panicstr == NULL)
		panicstr = fmt;		/* first: from here on no lock is waited for */
	if (++panic_depth > PANIC_DEPTH)
		panic_finish();
	if (panic_depth == 1)
		cpu_stop_others();
	cnfreshline();
	printf_nolog(panic_depth == 1 ? "panic: " : "in the report of the panic: ");
	vprintf_nolog(fmt, ap);
	printf_nolog("\n");
	while (panic_part < __arraycount(panic_parts))
		panic_parts[panic_part++]();
	panic_finish();
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vpanic(fmt, ap);
	va_end(ap);
}

void
kern_assert(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vpanic(fmt, ap);
	va_end(ap);
}
