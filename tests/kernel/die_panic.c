/*
 * Deaths in the report of a panic, on many CPUs at once, and the ways to
 * reset that come after it, each alone.
 */

#include <sys/cons.h>
#include <x86/acpivar.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include "ktest.h"

static volatile u_int dp_ready;

static void
dp_panic(void *arg __unused)
{
	(void)splhigh();
	atomic_inc_uint(&dp_ready);
	while (dp_ready < (u_int)ncpu)
		x86_pause();
	panic("panic-together: cpu%u", cpu_number());
}

KDEATH(panic_together, "panic-together", "all CPUs panic at once")
{
	for (int i = 1; i < ncpu; i++)
		kt_thread(PRI_USER, cpu_infos[i], dp_panic, NULL);
	kt_thread(PRI_USER, cpu_infos[0], dp_panic, NULL);
	kt_threads_join();
}

/* A console that panics itself, as often as dp_left says, while one reports. */
static struct consdev dp_console;
static const struct consdev *dp_real;
static u_int dp_chars, dp_every, dp_left;

static void
dp_putc(void *cookie, int c)
{
	dp_real->cn_putc(cookie, c);
	if (panicstr == NULL || ++dp_chars % dp_every != 0 || dp_left == 0)
		return;
	dp_left--;
	panic("the console panics");
}

static void
dp_report(u_int every, u_int times)
{
	dp_real = cn_tab;
	dp_console = *dp_real;
	dp_console.cn_putc = dp_putc;
	dp_every = every;
	dp_left = times;
	cn_tab = &dp_console;
	panic("panic-in-panic");
}

KDEATH(panic_again, "panic-again", "a panic in the traceback of a panic")
{
	dp_report(400, 1);
}

KDEATH(panic_ever, "panic-ever", "a panic in whatever a panic does")
{
	dp_report(40, ~0U);
}

/* A fault in the report is a fatal trap in it. */
static void
dp_fault_putc(void *cookie, int c)
{
	char *volatile nowhere = NULL;

	dp_real->cn_putc(cookie, c);
	if (panicstr != NULL && ++dp_chars == dp_every)
		(void)*(volatile char *)nowhere;
}

KDEATH(panic_fault, "panic-fault", "a page fault in the traceback of a panic")
{
	dp_real = cn_tab;
	dp_console = *dp_real;
	dp_console.cn_putc = dp_fault_putc;
	dp_every = 400;
	cn_tab = &dp_console;
	panic("panic-in-panic");
}

static void
dp_reset(const char *how, void (*func)(void))
{
	printf("# reset by %s\n", how);
	(void)splhigh();
	(*func)();
	printf("# it did not\n");
	cpu_halt_forever();
}

KDEATH(reset_acpi, "reset-acpi", "the reset register of ACPI")
{
	dp_reset("ACPI", acpi_reset);
}

KDEATH(reset_8042, "reset-8042", "the keyboard controller's reset line")
{
	dp_reset("8042", x86_reset_8042);
}

KDEATH(reset_cf9, "reset-cf9", "the chipset's reset register")
{
	dp_reset("cf9", x86_reset_cf9);
}

KDEATH(reset_triplefault, "reset-triplefault", "a triple fault")
{
	dp_reset("triple fault", x86_reset_triplefault);
}
