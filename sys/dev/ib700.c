/*
 * ib700(4): the watchdog of boards with an IB700 and of QEMU, two I/O ports.
 *
 * Neither can be read, so its presence is the operator's word: nothing is
 * written to a port until "watchdog arm ib700".  After that one has bitten it
 * stands still, and has no mark to show: its NMI is known by being overdue.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/device.h>
#include <sys/sysmon_wdog.h>

#include <machine/bus.h>

#define IB_PORT		0x441
#define IB_DISARM	0x0	/* any byte */
#define IB_ARM		0x2	/* 0: 30 seconds, 1: 28, ..., 14: 2 */

#define IB_MINPERIOD	2
#define IB_MAXPERIOD	30

static void
ib700_write(bus_size_t reg, uint8_t v)
{
	bus_space_write_1(x86_bus_space_io, IB_PORT, reg, v);
}

/* To write the period is to start it. */
static int
ib700_tickle(struct sysmon_wdog *smw)
{
	ib700_write(IB_ARM, (uint8_t)((IB_MAXPERIOD - smw->smw_period) / 2));
	return 0;
}

static int
ib700_setmode(struct sysmon_wdog *smw)
{
	if (smw->smw_mode == WDOG_MODE_DISARMED) {
		ib700_write(IB_DISARM, 0);
		return 0;
	}
	smw->smw_period = roundup(smw->smw_period, 2);
	return ib700_tickle(smw);
}

static int
ib700_nmi(const struct trapframe *tf, void *arg)
{
	struct sysmon_wdog *smw = arg;

	return sysmon_wdog_nmi(smw, tf, sysmon_wdog_overdue(smw));
}

/* clang-format off */
static struct sysmon_wdog ib700_smw = {
	.smw_name = "ib700",
	.smw_setmode = ib700_setmode,
	.smw_tickle = ib700_tickle,
	.smw_nmi = ib700_nmi,
	.smw_minperiod = IB_MINPERIOD,
	.smw_maxperiod = IB_MAXPERIOD,
	.smw_defperiod = IB_MAXPERIOD,
};
/* clang-format on */

/* Not a word: nobody knows whether it is there. */
static void
ib700_attach(void)
{
	(void)sysmon_wdog_register(&ib700_smw);
}
DEVICE_DRIVER(ib700, ib700_attach);
