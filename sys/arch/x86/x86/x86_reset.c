/*
 * Resetting the machine, by every means PCs know, the cleanest first.
 *
 * Any context, NMI and panic included: no locks, and each means gets a
 * bounded time before the next is tried.
 */

#include <sys/param.h>
#include <sys/kernel.h>
#include <machine/segments.h>
#include <x86/acpivar.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>

#define RESET_PAUSE_US	50000

#define KBC_STATUS	0x64
#define	KBC_IBF		0x02	/* has not taken our last byte yet */
#define KBC_PULSE_RESET	0xfe
#define KBC_TRIES	1000

#define RST_CNT		0xcf9
#define	RST_SYS		0x02	/* which reset... */
#define	RST_CPU		0x04	/* ...and its rising edge does it */

void
x86_reset_8042(void)
{
	u_int n;

	for (n = 0; n < KBC_TRIES && (inb(KBC_STATUS) & KBC_IBF) != 0; n++)
		delay(10);
	outb(KBC_STATUS, KBC_PULSE_RESET);
	delay(RESET_PAUSE_US);
}

void
x86_reset_cf9(void)
{
	outb(RST_CNT, RST_SYS);
	delay(10);
	outb(RST_CNT, RST_SYS | RST_CPU);
	delay(RESET_PAUSE_US);
}

/* No IDT: an exception, the double fault after it, and a third shuts down. */
void
x86_reset_triplefault(void)
{
	static const struct region_descriptor noidt;

	__asm volatile("lidt %0; int3" :: "m"(noidt));
}

void
cpu_reset(void)
{
	x86_disable_intr();
	acpi_reset();
	x86_reset_8042();
	x86_reset_cf9();
	x86_reset_triplefault();
	for (;;)
		x86_hlt();
}
