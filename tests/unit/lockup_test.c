/*
 * The watchdog over CPUs where no emulator leads it: sources that have no
 * memory, pin or I/O APIC; and a CPU that takes no NMI but is in no handler.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/sysctl.h>
#include <sys/watchdog.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/ioapicvar.h>
#include <x86/nmivar.h>
#include <x86/wdogvar.h>
#include "unit.h"

#define PERIOD	10
#define US	500000		/* a round */

uint64_t tsc_freq = 1000000000;
volatile u_int wdog_arrived;

static bool memory;		/* for a handler */
static int pin_error;
static u_int begun, sent, out;
static const struct wdog_source *tested, *running;
static char said[160];
static bool traced;

bool
wdog_establish(void)
{
	return memory;
}

void
wdog_disestablish(void)
{
}

void
wdog_test_begin(const struct wdog_source *src)
{
	tested = src;
}

void
wdog_test_end(void)
{
	tested = NULL;
}

void
wdog_begin(const struct wdog_source *src, u_int seconds)
{
	CHECK(seconds == PERIOD);
	running = src;
	begun++;
}

void
wdog_end(void)
{
	running = NULL;
}

void
wdog_owe(const struct cpu_info *ci __unused)
{
}

void
wdog_send(const struct cpu_info *ci)
{
	CHECK(ci == cpu_infos[1]);
	sent++;
}

u_int
watchdog_period(void)
{
	return PERIOD;
}

void
delay(u_int us __unused)
{
	cpu_infos[0]->ci_data.cpu_ticks++;
	wdog_arrived += tested != NULL;
}

u_int
ioapic_isa_gsi(int irq)
{
	CHECK(irq == 0);
	return 2;
}

int
ioapic_nmi_establish(u_int gsi, u_int apicid __unused)
{
	CHECK(gsi == 2);
	return pin_error;
}

void
ioapic_nmi_disestablish(u_int gsi __unused)
{
}

void
ioapic_nmi_mask(u_int gsi __unused, bool masked __unused)
{
}

const char *
ksyms_format(char *buf, size_t len, vaddr_t va)
{
	snprintf(buf, len, "kernel:there+0x%lx", va);
	return buf;
}

bool
watchdog_act(const struct trapframe *tf __unused, bool trace, const char *fmt, ...)
{
	va_list ap;

	traced = trace;
	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	return true;
}

static void
model_outb(uint16_t port __unused, uint8_t v __unused)
{
	out++;
}

static const char *
absent_start(u_int apicid __unused)
{
	return "there is none";
}

static void
nothing(void)
{
}

const struct wdog_source perfctr_source = { .ws_start = absent_start, .ws_stop = nothing };
const struct wdog_source hpet_source = { .ws_start = absent_start, .ws_stop = nothing };
const struct wdog_source buddy_source = { .ws_start = absent_start, .ws_stop = nothing };

#define outb	model_outb
#include <arch/x86/x86/i8254.c>
#include <arch/x86/x86/wdog_source.c>
#include <arch/x86/x86/wdog_look.c>

static void
start_with(u_int which)
{
	memory = true;
	pin_error = 0;
	begun = 0;
	running = NULL;
	current = SRC_NONE;
	wanted = which;
	configured = true;
}

static void
no_memory_for_a_handler(void)
{
	start_with(SRC_PIT);
	memory = false;
	CHECK(cpu_watchdog_set(PERIOD) == ENXIO && begun == 0);
	CHECK_STR(unit_console, "watchdog: pit: no memory for a handler\n"
	    "watchdog: no source of NMIs works here, a CPU that is stuck is not noticed\n");
}

static void
a_pin_that_is_in_use(void)
{
	start_with(SRC_PIT);
	pin_error = EBUSY;
	CHECK(cpu_watchdog_set(PERIOD) == ENXIO && begun == 0);
	CHECK(unit_contains(unit_console, "watchdog: pit: its interrupt is in use\n"));
}

static void
no_io_apic(void)
{
	start_with(SRC_PIT);
	pin_error = ENXIO;
	CHECK(cpu_watchdog_set(PERIOD) == ENXIO && begun == 0);
	CHECK(unit_contains(unit_console,
	    "watchdog: pit: its interrupt reaches no I/O APIC\n"));
}

static void
a_period_without_a_source(void)
{
	start_with(SRC_NONE);
	CHECK(cpu_watchdog_set(PERIOD) == 0 && begun == 0);
	CHECK_STR(unit_console,
	    "watchdog: kern.watchdog.source is none, no CPU is watched\n");
}

static void
the_pit_works(void)
{
	start_with(SRC_AUTO);
	CHECK(cpu_watchdog_set(PERIOD) == 0 && begun == 1);
	CHECK(running == &i8254_source && out > 0);
	CHECK_STR(unit_console, "watchdog: NMIs by pit, period 10 s\n");
}

/* The longest that is asked for is what the counter holds, less is less. */
static void
the_pit_counts(void)
{
	CHECK(pit_steps(pit_longest()) == 255 && pit_steps(UINT_MAX) == 255);
	CHECK(pit_steps(1) == 1 && pit_steps(PIT_STEP_US * 3) == 3);
}

/* What came before it was put off is known until the end of that. */
static void
the_pit_is_late(void)
{
	tsc_freq = 1000000000;
	pit_due = 1;
	CHECK(i8254_source.ws_put_off(50000) && i8254_source.ws_fired());
	i8254_source.ws_commit();
	CHECK(!i8254_source.ws_fired());
}

/* One that has been sent NMIs and takes none; after it is told, no more. */
static void
a_cpu_that_takes_no_nmi(void)
{
	u_int n;

	wdog_patience(PERIOD, US);
	wdog_forget();
	memcpy(cpu_infos[1]->ci_data.cpu_name, "cpu1", 5);
	ncpu = 2;
	sent = 0;
	for (n = 0; !wdog_hung_p() && n < 100; n++) {
		cpu_infos[0]->ci_data.cpu_ticks++;
		wdog_round(cpu_infos[0], 0);
	}
	CHECK(n == (PERIOD + 2) * 1000000 / US && sent > 1);
	said[0] = '\0';
	tell_hung(NULL);
	CHECK_STR(said, "cpu1 stuck for 12 s, takes no NMI");
	CHECK(!traced);
	sent = 0;
	wdog_round(cpu_infos[0], 0);
	CHECK(!wdog_hung_p() && sent == 0);
}

/* It waits for its console, with interrupts off. */
static void
a_cpu_that_waits_for_a_device(void)
{
	ncpu = 2;
	wdog_patience(PERIOD, US);
	wdog_forget();
	cpu_infos[1]->ci_data.cpu_ticks++;	/* nothing is told of it any more */
	wdog_round(cpu_infos[0], 0);
	sent = 0;
	for (u_int n = 0; n < 100; n++) {
		cpu_infos[0]->ci_data.cpu_ticks++;
		cpu_infos[1]->ci_data.cpu_touched++;
		wdog_round(cpu_infos[0], 0);
	}
	CHECK(!wdog_hung_p() && sent == 0);
}

/* NMIs that come one behind the other leave the clock no time. */
static void
a_cpu_that_takes_nmis_all_at_once(void)
{
	struct nmi_log_entry le = { .le_why = NMI_LOG_LATCHED };
	struct cpu_info *ci = cpu_infos[1];
	struct trapframe tf = { .tf_rip = 0 };

	memcpy(ci->ci_data.cpu_name, "cpu1", 5);
	ncpu = 2;
	ci->ci_nmi.nc_entry = &le;
	ci->ci_data.cpu_ticks++;
	wdog_patience(PERIOD, US);
	wdog_forget();
	wdog_round(cpu_infos[0], 0);
	sent = 0;
	for (u_int n = 0; n < PERIOD * 1000000 / US; n++) {
		cpu_infos[0]->ci_data.cpu_ticks++;
		wdog_round(cpu_infos[0], 0);
	}
	CHECK(sent == ANSWERS);
	said[0] = '\0';
	for (u_int n = 0; n < 2 * ANSWERS; n++)
		wdog_judge(&tf, ci);
	le.le_why = 0;
	for (u_int n = 1; n < ANSWERS; n++)
		wdog_judge(&tf, ci);
	CHECK_STR(said, "");
	wdog_judge(&tf, ci);
	CHECK_STR(said, "cpu1 stuck for 10 s at kernel:there+0x0");
	CHECK(traced);
}

void
unit_main(void)
{
	RUN(no_memory_for_a_handler);
	RUN(a_pin_that_is_in_use);
	RUN(no_io_apic);
	RUN(a_period_without_a_source);
	RUN(the_pit_works);
	RUN(the_pit_counts);
	RUN(the_pit_is_late);
	RUN(a_cpu_that_takes_no_nmi);
	RUN(a_cpu_that_waits_for_a_device);
	RUN(a_cpu_that_takes_nmis_all_at_once);
}
