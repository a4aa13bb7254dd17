/*
 * The PIT, counter 0, as a source of the watchdog's NMI: mode 0 raises its
 * line once, when the count that was written last has run out.
 *
 * The line goes to the I/O APIC, where ISA interrupt 0 does.  Only the high
 * byte of a count is written: one access, which nothing can break in on.  For
 * the same reason its state is not read, which would take several: what it
 * has done by now is told by the TSC.
 *
 * An emulator does not stop a count that is under way when the mode is set, so
 * "never" masks the pin.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>

#include <machine/cpu.h>

#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/ioapicvar.h>
#include <x86/wdogvar.h>

#define PIT_HZ		1193182
#define PIT_COUNTER0	0x40
#define PIT_MODE	0x43
#define	PIT_SEL0_HIGH	0x20	/* counter 0, high byte only, mode 0 */
#define PIT_STEP	256	/* counts of one in the high byte */
#define PIT_STEP_US	215
#define PIT_STEPS	255	/* at most */
#define PIT_IRQ		0
#define PIT_SILENT_US	1000000	/* should there be no clock */

static volatile uint64_t pit_due = UINT64_MAX;	/* by the TSC */
static volatile uint64_t pit_next = UINT64_MAX;	/* what was set last */
static u_int pit_gsi;
static bool pit_masked, pit_silent;
static uint64_t pit_step;		/* cycles of a step, rather fewer */

/*
 * Firmware leaves it running.  Once it has run out in mode 0 it is still.  An
 * emulator may be late with that, but not later than with clock interrupts
 * that are due after it.
 */
void
i8254_silence(void)
{
	const struct cpu_info *ci = WDOG_TARGET;
	uint64_t start;

	if (pit_silent)
		return;
	outb(PIT_MODE, PIT_SEL0_HIGH);
	outb(PIT_COUNTER0, 1);
	delay(PIT_STEP_US);
	start = ci->ci_data.cpu_ticks;
	for (u_int us = 0; us < PIT_SILENT_US && ci->ci_data.cpu_ticks - start < 2; us += 10)
		delay(10);
	pit_silent = true;
}

static const char *
pit_start(u_int apicid)
{
	int error;

	pit_gsi = ioapic_isa_gsi(PIT_IRQ);
	error = ioapic_nmi_establish(pit_gsi, apicid);
	if (error != 0)
		return error == EBUSY ? "its interrupt is in use" :
		    "its interrupt reaches no I/O APIC";
	pit_step = PIT_STEP * tsc_freq / PIT_HZ / 64 * 63;
	pit_masked = true;
	pit_due = pit_next = UINT64_MAX;
	i8254_silence();
	return NULL;
}

static void
pit_stop(void)
{
	ioapic_nmi_disestablish(pit_gsi);
}

static u_int
pit_longest(void)
{
	return PIT_STEPS * (PIT_STEP_US - 1);
}

/*
 * It may run out a little early, by a clock that was measured to 1%.  What
 * every clock interrupt asks for is the longest.
 */
static u_int
pit_steps(u_int us)
{
	return us >= pit_longest() ? PIT_STEPS : MAX(us / PIT_STEP_US, 1);
}

static void
pit_set(u_int us)
{
	const u_int steps = pit_steps(us);

	if (us == 0) {
		pit_next = UINT64_MAX;
		ioapic_nmi_mask(pit_gsi, true);
		pit_masked = true;
		return;
	}
	pit_next = rdtsc() + steps * pit_step;
	outb(PIT_COUNTER0, (uint8_t)steps);
	if (pit_masked) {
		/* An edge that came meanwhile is lost: once more. */
		pit_masked = pit_silent = false;
		ioapic_nmi_mask(pit_gsi, false);
		outb(PIT_COUNTER0, (uint8_t)steps);
	}
}

static bool
pit_fired(void)
{
	const uint64_t due = pit_due, next = pit_next;

	return rdtsc() >= MIN(due, next);
}

static void
pit_commit(void)
{
	pit_due = pit_next;
}

static bool
pit_put_off(u_int us)
{
	bool late;

	pit_set(us);
	late = pit_fired();
	if (!late)
		pit_commit();
	return late;
}

const struct wdog_source i8254_source = {
	.ws_name = "pit",
	.ws_start = pit_start,
	.ws_stop = pit_stop,
	.ws_longest = pit_longest,
	.ws_put_off = pit_put_off,
	.ws_commit = pit_commit,
	.ws_fired = pit_fired,
};
