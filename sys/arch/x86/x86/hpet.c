/*
 * The HPET, one of its timers, as a source of the watchdog's NMI: an edge to
 * a pin of the I/O APIC when the counter reaches the comparator.
 *
 * Only a timer of 64 bits: one of 32 raises its line when the counter
 * wraps, too.  Registers are accessed by 32 bits, which every HPET takes.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/device.h>

#include <machine/pmap.h>

#include <x86/acpivar.h>
#include <x86/hpetreg.h>
#include <x86/ioapicvar.h>
#include <x86/wdogvar.h>

#define NEVER		UINT64_MAX
#define AGES		((uint64_t)1 << 50)	/* counts: years */
#define AGES_LOW	0xffffffffU		/* not now, whatever the high word is */
#define NO_PIN		UINT_MAX
#define PIN_PIT		2		/* the PIT's: nobody else's, and it is stopped */

static volatile uint32_t *hpet;		/* NULL: none, or none that works */
static u_int hpet_ntimers;
static uint32_t hpet_period;		/* fs */
static u_int hpet_timer, hpet_pin;	/* the one we use */
static volatile uint64_t hpet_due = NEVER;
static volatile uint64_t hpet_next = NEVER;	/* what was set last */

static uint32_t
hpet_read(u_int reg)
{
	return hpet[reg / sizeof(*hpet)];
}

static void
hpet_write(u_int reg, uint32_t v)
{
	hpet[reg / sizeof(*hpet)] = v;
}

/* Until the high word is the same on both sides of the low one. */
static uint64_t
hpet_count(void)
{
	uint32_t hi, lo, again = hpet_read(HPET_COUNTER + 4);

	do {
		hi = again;
		lo = hpet_read(HPET_COUNTER);
		again = hpet_read(HPET_COUNTER + 4);
	} while (hi != again);
	return (uint64_t)hi << 32 | lo;
}

paddr_t
hpet_table(const struct acpi_sdt *t)
{
	struct acpi_hpet h;

	if (t == NULL || t->sdt_len < sizeof(h))
		return 0;
	memcpy(&h, t, sizeof(h));
	return h.hpet_addr.gas_space == ACPI_GAS_MEM ? (paddr_t)h.hpet_addr.gas_addr : 0;
}

static void
hpet_attach(void)
{
	paddr_t pa = hpet_table(acpi_table_find("HPET"));

	if (pa == 0)
		return;
	hpet = pmap_mapdev(pa, HPET_SIZE);
	hpet_period = hpet_read(HPET_PERIOD);
	if (hpet_period == 0 || hpet_period > HPET_PERIOD_MAX) {
		printf("hpet: pa 0x%lx: nothing that counts, ignored\n", (u_long)pa);
		hpet = NULL;
		return;
	}
	hpet_ntimers = HPET_CAP_TIMERS(hpet_read(HPET_CAP));
	printf("hpet: pa 0x%lx, %u timers, %lu kHz\n", (u_long)pa, hpet_ntimers,
	    1000000000000UL / hpet_period);
}
DEVICE_DRIVER(hpet, hpet_attach);

/* Of those that the timer can raise: the PIT's, else one from the top. */
static u_int
hpet_take_pin(uint32_t routes, u_int apicid)
{
	if ((routes & 1U << PIN_PIT) != 0 &&
	    ioapic_nmi_establish(PIN_PIT, apicid) == 0) {
		i8254_silence();
		return PIN_PIT;
	}
	for (u_int pin = 32; pin-- > 0;)
		if ((routes & 1U << pin) != 0 &&
		    ioapic_nmi_establish(pin, apicid) == 0)
			return pin;
	return NO_PIN;
}

/* A timer, and a pin for it; hpet_pin is NO_PIN if there is none. */
static void
hpet_choose(u_int apicid)
{
	hpet_pin = NO_PIN;
	for (u_int n = 0; n < hpet_ntimers && hpet_pin == NO_PIN; n++) {
		if ((hpet_read(HPET_TIMER(n)) & HPET_TN_64BIT) == 0)
			continue;
		hpet_timer = n;
		hpet_pin = hpet_take_pin(hpet_read(HPET_TN_ROUTES(n)), apicid);
	}
}

/*
 * Two words, in the order that makes it too late in between, never too early;
 * also if another CPU writes "never" meanwhile, and half of that stays.
 */
static void
hpet_compare(uint64_t when)
{
	const u_int reg = HPET_TN_COMPARE(hpet_timer);
	const uint32_t hi = (uint32_t)(when >> 32), was = hpet_read(reg + 4);

	if (hi > was)
		hpet_write(reg + 4, hi);
	hpet_write(reg, (uint32_t)when);
	if (hi < was)
		hpet_write(reg + 4, hi);
}

static void
hpet_set(u_int us)
{
	uint64_t now = hpet_count();
	uint64_t when = now + (uint64_t)us * 1000000000 / hpet_period;

	hpet_next = us == 0 ? NEVER : when;
	hpet_compare(us == 0 ? (now + AGES) | AGES_LOW : when);
}

static bool
hpet_fired(void)
{
	uint64_t first = MIN(hpet_due, hpet_next);

	return first != NEVER && hpet_count() >= first;
}

static void
hpet_commit(void)
{
	hpet_due = hpet_next;
}

static const char *
hpet_start(u_int apicid)
{
	uint32_t conf;

	if (hpet == NULL)
		return "there is none";
	if ((hpet_read(HPET_CAP) & HPET_CAP_64BIT) == 0)
		return "its counter has 32 bits";
	hpet_choose(apicid);
	if (hpet_pin == NO_PIN)
		return "no timer of 64 bits with a free pin of an I/O APIC";
	conf = hpet_read(HPET_TIMER(hpet_timer));
	conf &= ~(uint32_t)(HPET_TN_LEVEL | HPET_TN_PERIODIC | HPET_TN_32BIT |
	    HPET_TN_FSB | HPET_TN_ROUTE_MASK);
	conf |= hpet_pin << HPET_TN_ROUTE_SHIFT;
	hpet_write(HPET_TIMER(hpet_timer), conf & ~(uint32_t)HPET_TN_ENABLE);
	hpet_set(0);
	hpet_commit();
	hpet_write(HPET_CFG, (hpet_read(HPET_CFG) & ~(uint32_t)HPET_CFG_LEGACY) |
	    HPET_CFG_ENABLE);
	hpet_write(HPET_TIMER(hpet_timer), conf | HPET_TN_ENABLE);
	ioapic_nmi_mask(hpet_pin, false);
	return NULL;
}

static void
hpet_stop(void)
{
	hpet_write(HPET_TIMER(hpet_timer), hpet_read(HPET_TIMER(hpet_timer)) &
	    ~(uint32_t)HPET_TN_ENABLE);
	ioapic_nmi_disestablish(hpet_pin);
}

static u_int
hpet_longest(void)
{
	return 10000000;
}

static bool
hpet_put_off(u_int us)
{
	bool late;

	hpet_set(us);
	late = hpet_fired();
	if (!late)
		hpet_commit();
	return late;
}

const struct wdog_source hpet_source = {
	.ws_name = "hpet",
	.ws_start = hpet_start,
	.ws_stop = hpet_stop,
	.ws_longest = hpet_longest,
	.ws_put_off = hpet_put_off,
	.ws_commit = hpet_commit,
	.ws_fired = hpet_fired,
};
