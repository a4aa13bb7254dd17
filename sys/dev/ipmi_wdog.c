/*
 * ipmi(4): the watchdog of a server's management controller (BMC), behind
 * a KCS interface at its usual ports.
 *
 * Its period ends in an NMI, the "pre-timeout interrupt"; if nobody tickles
 * it in the 30 s after that, the BMC resets the machine.  Commands take
 * milliseconds, so none is sent from the NMI handler: the NMI is known by
 * being overdue.  A bite is over when the timer is set again.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/device.h>
#include <sys/sysmon_wdog.h>

#include <dev/ipmi_kcs.h>

#define IPMI_PORT	0xca2
#define IPMI_PORTS	2
#define IPMI_TRIES	2	/* who stops the machine breaks a command off */

#define IPMI_APP	0x18	/* network function "application", to LUN 0 */
#define IPMI_ANSWER	0x04	/* or'ed to it in the answer */
#define IPMI_GET_ID	0x01
#define IPMI_ID_VERSION	7	/* of the answer: minor and major, a digit each */
#define IPMI_WD_RESET	0x22
#define IPMI_WD_SET	0x24

#define WD_USE_OS	0x04
#define WD_PRE_NMI	0x20
#define WD_THEN_RESET	0x01
#define WD_EXPIRED_OS	0x10	/* forget that it has */
#define WD_GRACE	30	/* seconds from the NMI to the reset */

#define WD_MINPERIOD	1
#define WD_MAXPERIOD	(6553 - WD_GRACE)	/* 16 bits of tenths */
#define WD_DEFPERIOD	30

struct ipmi_softc {
	struct sysmon_wdog sc_smw;
	struct kcs sc_kcs;
};

/* answer: netfn, command, completion code, data. */
static int
ipmi_command(struct kcs *kcs, const uint8_t *request, size_t n,
    uint8_t *answer, size_t size)
{
	size_t len = 0;
	int error = EIO;

	for (int i = 0; i < IPMI_TRIES && error != 0; i++) {
		len = size;
		error = kcs_command(kcs, request, n, answer, &len);
	}
	if (error != 0)
		return error;
	if (len < 3 || answer[0] != (IPMI_APP | IPMI_ANSWER) ||
	    answer[1] != request[1] || answer[2] != 0)
		return EIO;
	return 0;
}

static int
ipmi_tickle(struct sysmon_wdog *smw)
{
	static const uint8_t request[] = { IPMI_APP, IPMI_WD_RESET };
	struct ipmi_softc *sc = smw->smw_cookie;
	uint8_t answer[3];

	return ipmi_command(&sc->sc_kcs, request, sizeof(request), answer,
	    sizeof(answer));
}

/* To set it is to stop it; the reset starts it. */
static int
ipmi_setmode(struct sysmon_wdog *smw)
{
	struct ipmi_softc *sc = smw->smw_cookie;
	u_int tenths = (smw->smw_period + WD_GRACE) * 10;
	const uint8_t request[] = {
		IPMI_APP, IPMI_WD_SET, WD_USE_OS, WD_PRE_NMI | WD_THEN_RESET,
		WD_GRACE, WD_EXPIRED_OS, (uint8_t)tenths, (uint8_t)(tenths >> 8)
	};
	uint8_t answer[3];
	int error;

	error = ipmi_command(&sc->sc_kcs, request, sizeof(request), answer,
	    sizeof(answer));
	if (error != 0 || smw->smw_mode == WDOG_MODE_DISARMED)
		return error;
	return ipmi_tickle(smw);
}

static int
ipmi_nmi(const struct trapframe *tf, void *arg)
{
	struct sysmon_wdog *smw = arg;

	return sysmon_wdog_nmi(smw, tf, sysmon_wdog_overdue(smw));
}

/* clang-format off */
static struct ipmi_softc softc = {
	.sc_smw = {
		.smw_name = "ipmi0",
		.smw_cookie = &softc,
		.smw_setmode = ipmi_setmode,
		.smw_tickle = ipmi_tickle,
		.smw_nmi = ipmi_nmi,
		.smw_minperiod = WD_MINPERIOD,
		.smw_maxperiod = WD_MAXPERIOD,
		.smw_defperiod = WD_DEFPERIOD,
	},
};
/* clang-format on */

static void
ipmi_attach(void)
{
	static const uint8_t request[] = { IPMI_APP, IPMI_GET_ID };
	struct kcs *kcs = &softc.sc_kcs;
	uint8_t id[IPMI_ID_VERSION + 1] = { 0 };
	int error;

	kcs->kcs_tag = x86_bus_space_io;
	kcs->kcs_handle = bus_space_map(kcs->kcs_tag, IPMI_PORT, IPMI_PORTS);
	if (!kcs_present(kcs))
		return;
	error = ipmi_command(kcs, request, sizeof(request), id, sizeof(id));
	/* It may still count for the run before, or for the firmware. */
	if (error == 0)
		error = ipmi_setmode(&softc.sc_smw);
	if (error != 0) {
		printf("ipmi0: no good answer at port %#x, error %d\n", IPMI_PORT, error);
		return;
	}
	printf("ipmi0: KCS at port %#x, IPMI %u.%u, watchdog %u to %u s\n", IPMI_PORT,
	    id[IPMI_ID_VERSION] & 0xf, id[IPMI_ID_VERSION] >> 4, WD_MINPERIOD,
	    WD_MAXPERIOD);
	(void)sysmon_wdog_register(&softc.sc_smw);
}
DEVICE_DRIVER(ipmi, ipmi_attach);
