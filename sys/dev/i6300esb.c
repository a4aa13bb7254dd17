/*
 * i6300esb(4): the watchdog of Intel's 6300ESB, and QEMU's.
 *
 * Two timers run one after the other; what the end of the second does is up
 * to the board: QEMU sends an NMI if it is told to.  A mark says that it has
 * been so, and outlives a reset.  Each register wants two magic writes before
 * the one that counts.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/device.h>
#include <sys/sysmon_wdog.h>

#include <machine/bus.h>
#include <machine/pci.h>

#define ESB_VENDOR	0x8086
#define ESB_PRODUCT	0x25ab

/* In configuration space. */
#define ESB_CONFIG	0x60	/* 0: counts at 1 kHz, second end has an effect */
#define ESB_LOCK	0x68
#define ESB_LOCK_ENABLE	0x02

/* In the memory of BAR 0. */
#define ESB_SIZE	0x10
#define ESB_TIMER1	0x0
#define ESB_TIMER2	0x4
#define ESB_TIMER_MAX	0xfffff
#define ESB_RELOAD	0xc
#define ESB_UNLOCK1	0x80
#define ESB_UNLOCK2	0x86
#define ESB_RELOAD_NOW	0x0100
#define ESB_TIMEOUT	0x0200	/* read: it has bitten; write: forget it */

/* A count is 2^15 cycles of a PCI clock of 33 MHz. */
#define ESB_COUNTS(s)	((uint64_t)(s) * 33000000 / 32768)
#define ESB_MINPERIOD	1
#define ESB_MAXPERIOD	2082	/* both timers full */
#define ESB_DEFPERIOD	30

struct i6300esb_softc {
	struct sysmon_wdog sc_smw;
	pcitag_t sc_pcitag;
	bus_space_tag_t sc_tag;
	bus_space_handle_t sc_handle;
};

static void
esb_unlock(const struct i6300esb_softc *sc)
{
	bus_space_write_2(sc->sc_tag, sc->sc_handle, ESB_RELOAD, ESB_UNLOCK1);
	bus_space_write_2(sc->sc_tag, sc->sc_handle, ESB_RELOAD, ESB_UNLOCK2);
}

static void
esb_reload(const struct i6300esb_softc *sc, uint16_t what)
{
	esb_unlock(sc);
	bus_space_write_2(sc->sc_tag, sc->sc_handle, ESB_RELOAD, what);
}

static void
esb_timer(const struct i6300esb_softc *sc, bus_size_t reg, uint32_t counts)
{
	esb_unlock(sc);
	bus_space_write_4(sc->sc_tag, sc->sc_handle, reg, counts);
}

static bool
esb_timeout(const struct i6300esb_softc *sc)
{
	return (bus_space_read_2(sc->sc_tag, sc->sc_handle, ESB_RELOAD) &
	    ESB_TIMEOUT) != 0;
}

static int
i6300esb_tickle(struct sysmon_wdog *smw)
{
	esb_reload(smw->smw_cookie, ESB_RELOAD_NOW);
	return 0;
}

/* It is off while it is changed; the mark goes last, with it off. */
static int
i6300esb_setmode(struct sysmon_wdog *smw)
{
	const struct i6300esb_softc *sc = smw->smw_cookie;
	uint32_t counts = (uint32_t)ESB_COUNTS(smw->smw_period);

	pci_conf_write_1(sc->sc_pcitag, ESB_LOCK, 0);
	esb_reload(sc, ESB_TIMEOUT);
	if (smw->smw_mode == WDOG_MODE_DISARMED)
		return 0;
	pci_conf_write_2(sc->sc_pcitag, ESB_CONFIG, 0);
	esb_timer(sc, ESB_TIMER1, counts / 2);
	esb_timer(sc, ESB_TIMER2, counts - counts / 2);
	pci_conf_write_1(sc->sc_pcitag, ESB_LOCK, ESB_LOCK_ENABLE);
	esb_reload(sc, ESB_RELOAD_NOW);
	return 0;
}

/* NMI context: one read of a register, and only while it matters. */
static int
i6300esb_nmi(const struct trapframe *tf, void *arg)
{
	struct sysmon_wdog *smw = arg;

	return sysmon_wdog_nmi(smw, tf, smw->smw_mode != WDOG_MODE_DISARMED &&
	    esb_timeout(smw->smw_cookie));
}

/* clang-format off */
static struct i6300esb_softc softc = {
	.sc_smw = {
		.smw_name = "i6300esb0",
		.smw_cookie = &softc,
		.smw_setmode = i6300esb_setmode,
		.smw_tickle = i6300esb_tickle,
		.smw_nmi = i6300esb_nmi,
		.smw_minperiod = ESB_MINPERIOD,
		.smw_maxperiod = ESB_MAXPERIOD,
		.smw_defperiod = ESB_DEFPERIOD,
	},
};
/* clang-format on */

static void
esb_found(struct i6300esb_softc *sc)
{
	printf("i6300esb0: watchdog, %u to %u s%s\n", ESB_MINPERIOD, ESB_MAXPERIOD,
	    esb_timeout(sc) ? ", it has ended the last run" : "");
	(void)i6300esb_setmode(&sc->sc_smw);
	(void)sysmon_wdog_register(&sc->sc_smw);
}

static void
i6300esb_attach(void)
{
	struct pci_attach_args pa;
	int error;

	if (!pci_find_id(&pa, ESB_VENDOR, ESB_PRODUCT))
		return;
	softc.sc_pcitag = pa.pa_tag;
	error = pci_mapreg_map(&pa, 0, ESB_SIZE, &softc.sc_tag, &softc.sc_handle);
	if (error == 0)
		esb_found(&softc);
	else
		printf("i6300esb0: its registers have no address, error %d\n", error);
}
DEVICE_DRIVER(i6300esb, i6300esb_attach);
