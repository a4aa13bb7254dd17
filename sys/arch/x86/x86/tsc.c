/*
 * Time by the time stamp counter.  Its speed is measured against a timer of
 * known frequency: the ACPI PM timer, else channel 0 of the PIT.
 *
 * delay() and uptime_us() are for any context; the counters of all CPUs are
 * taken to agree.  Between two looks at a port the CPU spins a while: in an
 * emulator that counts instructions, a port access costs far more of our
 * time than of the guest's.
 */

#include <sys/param.h>
#include <sys/device.h>
#include <sys/kernel.h>
#include <sys/systm.h>
#include <x86/acpivar.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>

#define PIT_HZ		1193182
#define PIT_COUNTER0	0x40
#define PIT_MODE	0x43
#define	PIT_SEL0_RATE	0x34	/* counter 0, two bytes, mode 2 */
#define	PIT_SEL0_STOP	0x30	/* mode 0 waits for a count */
#define	PIT_LATCH0	0x00

#define TSC_WINDOW	200	/* a window is 1/200 s */
#define TSC_TRIES	6
#define TSC_STILL	1000	/* looks at an unmoving timer before it is dead */
#define TSC_SAMPLES	5
#define TSC_SPIN	500
#define TSC_GUESS	3000000000UL	/* before calibration; rather too long */

struct tsc_ref {
	const char *tr_name;
	bool (*tr_start)(void);
	uint32_t (*tr_read)(void);	/* counts up */
	void (*tr_stop)(void);
	uint32_t tr_mask;
	uint32_t tr_hz;
};

struct tsc_sample {
	uint64_t ts_tsc;
	uint32_t ts_count;
};

uint64_t tsc_freq;
static const char *tsc_how;
static uint64_t tsc_epoch;	/* the counter when we began */

static void
tsc_spin(u_int n)
{
	while (n-- != 0)
		__insn_barrier();
}

static void
pm_stop(void)
{
}

static bool
pit_start(void)
{
	outb(PIT_MODE, PIT_SEL0_RATE);
	outb(PIT_COUNTER0, 0);	/* 65536 */
	outb(PIT_COUNTER0, 0);
	return true;
}

static uint32_t
pit_read(void)
{
	u_int lo, hi;

	outb(PIT_MODE, PIT_LATCH0);
	lo = inb(PIT_COUNTER0);
	hi = inb(PIT_COUNTER0);
	return -(hi << 8 | lo) & 0xffff;
}

static void
pit_stop(void)
{
	outb(PIT_MODE, PIT_SEL0_STOP);
}

static const struct tsc_ref tsc_refs[] = {
	{ "PM timer", acpi_pmtimer_present, acpi_pmtimer_read, pm_stop,
	    0xffffff, ACPI_PMTIMER_HZ },
	{ "PIT", pit_start, pit_read, pit_stop, 0xffff, PIT_HZ },
};

/* Both clocks at one moment: of a few tries the one that took least. */
static struct tsc_sample
tsc_sample(const struct tsc_ref *tr)
{
	struct tsc_sample s = { 0, 0 };
	uint64_t t, took, best = UINT64_MAX;
	uint32_t count;
	u_int n;

	for (n = 0; n < TSC_SAMPLES; n++) {
		t = rdtsc();
		count = tr->tr_read();
		took = rdtsc() - t;
		if (took >= best)
			continue;
		best = took;
		s.ts_tsc = t + took / 2;
		s.ts_count = count;
	}
	return s;
}

/* The frequency by one window, or 0 if the timer stands still. */
static uint64_t
tsc_measure(const struct tsc_ref *tr)
{
	struct tsc_sample a, b;
	uint32_t count, last, ticks;
	u_int still = 0;

	a = tsc_sample(tr);
	last = a.ts_count;
	do {
		tsc_spin(TSC_SPIN);
		count = tr->tr_read();
		still = count == last ? still + 1 : 0;
		if (still == TSC_STILL)
			return 0;
		last = count;
		ticks = (count - a.ts_count) & tr->tr_mask;
	} while (ticks < tr->tr_hz / TSC_WINDOW);
	b = tsc_sample(tr);
	ticks = (b.ts_count - a.ts_count) & tr->tr_mask;
	return ticks == 0 ? 0 : (b.ts_tsc - a.ts_tsc) * tr->tr_hz / ticks;
}

/*
 * An emulator may be off its CPU for longer than the PIT takes to wrap, so
 * one window is not believed until the next agrees to 1%.
 */
static uint64_t
tsc_by(const struct tsc_ref *tr)
{
	uint64_t f, prev = 0, diff;
	u_int n;

	for (n = 0; n < TSC_TRIES; n++, prev = f) {
		f = tsc_measure(tr);
		diff = f > prev ? f - prev : prev - f;
		if (f == 0 || diff < f / 100)
			return f;
	}
	return prev;
}

/* What the CPU says of itself: crystal and ratio, else its nominal speed. */
static uint64_t
tsc_by_cpuid(void)
{
	uint32_t r[4], max;

	x86_cpuid(0, r);
	max = r[0];
	if (max >= 0x15) {
		x86_cpuid(0x15, r);
		if (r[0] != 0 && r[1] != 0 && r[2] != 0)
			return (uint64_t)r[2] * r[1] / r[0];
	}
	if (max >= 0x16) {
		x86_cpuid(0x16, r);
		return (uint64_t)(r[0] & 0xffff) * 1000000;
	}
	return 0;
}

void
tsc_calibrate(void)
{
	const char *how = "CPUID";
	uint64_t f = 0;
	u_int i;

	tsc_epoch = rdtsc();
	for (i = 0; i < __arraycount(tsc_refs) && f == 0; i++) {
		if (!tsc_refs[i].tr_start())
			continue;
		f = tsc_by(&tsc_refs[i]);
		tsc_refs[i].tr_stop();
		how = tsc_refs[i].tr_name;
	}
	if (f == 0) {
		how = "CPUID";
		f = tsc_by_cpuid();
	}
	if (f == 0) {
		how = "a guess";
		f = TSC_GUESS;
	}
	tsc_freq = f;
	tsc_how = how;
}

static void
tsc_report(void)
{
	printf("tsc: %lu MHz by %s\n", (u_long)((tsc_freq + 500000) / 1000000), tsc_how);
}
DEVICE_DRIVER(tsc, tsc_report);

/* Microseconds of a count, without overflow for the life of the machine. */
static uint64_t
tsc_to_us(uint64_t count)
{
	return count / tsc_freq * 1000000 +
	    count % tsc_freq * 1000000 / tsc_freq;
}

uint64_t
uptime_us(void)
{
	uint64_t now = rdtsc();

	/* Another CPU's counter may be a little behind ours. */
	if (tsc_freq == 0 || now < tsc_epoch)
		return 0;
	return tsc_to_us(now - tsc_epoch);
}

void
delay(u_int us)
{
	uint64_t f = tsc_freq != 0 ? tsc_freq : TSC_GUESS;
	uint64_t start = rdtsc(), want = us * (f / 1000) / 1000;

	while (rdtsc() - start < want) {
		tsc_spin(TSC_SPIN / 10);
		x86_pause();
	}
}
