/* The model of port 0x61, and a command of this image that raises its lines. */

#include <sys/console.h>
#include <x86/nmi_cause.h>
#include "nmitest.h"
#include "simport.h"

#define CAUSES	(NMISC_SERR | NMISC_IOCHK)

uint8_t __real_nmi_port_read(void);
void __real_nmi_port_write(uint8_t);
uint8_t __wrap_nmi_port_read(void);
void __wrap_nmi_port_write(uint8_t);

volatile u_int simport_reads, simport_writes;
static volatile enum simport simport_mode;
static volatile uint32_t simport_latched;
static volatile uint8_t simport_enables;

/* The bits that the enables keep off. */
static uint8_t
simport_off(uint8_t enables)
{
	return (uint8_t)((enables & NMISC_SERR_OFF ? NMISC_SERR : 0) |
	    (enables & NMISC_IOCHK_OFF ? NMISC_IOCHK : 0));
}

uint8_t
__wrap_nmi_port_read(void)
{
	if (simport_mode == SIMPORT_OFF)
		return __real_nmi_port_read();
	atomic_inc_uint(&simport_reads);
	return simport_mode == SIMPORT_NONE ? NMISC_NONE :
	    (uint8_t)(simport_latched | simport_enables);
}

void
__wrap_nmi_port_write(uint8_t v)
{
	if (simport_mode == SIMPORT_OFF) {
		__real_nmi_port_write(v);
		return;
	}
	atomic_inc_uint(&simport_writes);
	simport_enables = v & NMISC_ENABLES;
	atomic_and_32(&simport_latched, ~(uint32_t)simport_off(v));
}

void
simport_set(enum simport mode)
{
	simport_latched = 0;
	simport_enables = 0;
	simport_reads = simport_writes = 0;
	simport_mode = mode;
}

bool
simport_raise(uint8_t bits)
{
	uint8_t new = (uint8_t)(bits & ~simport_latched &
	    ~simport_off(simport_enables));

	atomic_or_32(&simport_latched, new);
	return new != 0;
}

static void
fire_all(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	int s = splhigh();

	for (CPU_INFO_FOREACH(cii, ci))
		if (ci != curcpu())
			lapic_send_nmi(ci->ci_apicid);
	lapic_send_nmi(curcpu()->ci_apicid);
	splx(s);
}

bool
simport_fire(uint8_t bits)
{
	if (!simport_raise(bits))
		return false;
	fire_all();
	return true;
}

/*
 * At the console of this image (ktest_console): what the port says of the next
 * NMI, which the host injects, since that alone hits all CPUs at once.
 */
static int
cmd_raise(int argc, char **argv)
{
	static const struct {
		const char *name;
		enum simport mode;
		uint8_t bits;
	} causes[] = {
		{ "unknown", SIMPORT_ON, 0 }, { "none", SIMPORT_NONE, 0 },
		{ "serr", SIMPORT_ON, NMISC_SERR }, { "iochk", SIMPORT_ON, NMISC_IOCHK },
		{ "both", SIMPORT_ON, CAUSES }
	};

	for (u_int i = 0; argc == 2 && i < __arraycount(causes); i++) {
		if (strcmp(argv[1], causes[i].name) != 0)
			continue;
		if (simport_mode != causes[i].mode)
			simport_set(causes[i].mode);
		printf_nolog("raise: %s is %s\n", argv[1],
		    causes[i].bits == 0 || simport_raise(causes[i].bits) ?
		    "raised" : "latched or off");
		return 0;
	}
	return EINVAL;
}
CONSOLE_COMMAND(raise, cmd_raise, "unknown|serr|iochk|both|none",
    "what port 0x61 says of the next NMI");
