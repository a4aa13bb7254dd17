/*
 * Drivers of hardware watchdogs against a model of the machine: what is
 * written where, and what becomes of a device that does not answer.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <machine/pci.h>
#include "hwdog_model.h"
#include "unit.h"

#define ESB_ID		0x25ab8086
#define BRIDGE		0x010000	/* header type 1 */
#define MULTI		0x800000

/* PCI */

static void
test_pci_none(void)
{
	struct pci_attach_args pa;

	model_reset();
	model_pci_add(0, 0, 0, ESB_ID, 0);
	model_pci = false;
	CHECK(!pci_find_id(&pa, 0x8086, 0x25ab));
}

static void
test_pci_functions(void)
{
	struct pci_attach_args pa;

	model_reset();
	model_pci_add(0, 3, 0, 0x11118086, MULTI);
	model_pci_add(0, 3, 7, ESB_ID, 0);
	CHECK(pci_find_id(&pa, 0x8086, 0x25ab));
	CHECK(pa.pa_bus == 0 && pa.pa_device == 3 && pa.pa_function == 7);
	*model_pci_reg(0, 3, 0, 0x0c) = 0;	/* a single function after all */
	CHECK(!pci_find_id(&pa, 0x8086, 0x25ab));
	CHECK(model_cf8 == 0x12345678);
}

static void
test_pci_bridges(void)
{
	struct pci_attach_args pa;

	model_reset();
	model_pci_add(0, 1, 0, 0x22228086, BRIDGE);
	*model_pci_reg(0, 1, 0, 0x18) = 0x00ff0500;
	model_pci_add(5, 31, 0, 0x33338086, BRIDGE);
	*model_pci_reg(5, 31, 0, 0x18) = 0x00ff0705;
	model_pci_add(7, 31, 0, ESB_ID, 0);
	CHECK(pci_find_id(&pa, 0x8086, 0x25ab) && pa.pa_bus == 7);
	*model_pci_reg(5, 31, 0, 0x18) = 0x00ff0005;	/* back, or not set up */
	CHECK(!pci_find_id(&pa, 0x8086, 0x25ab));
}

/* Who has stopped the machine takes no lock (the model would say so). */
static void
test_pci_stopped(void)
{
	model_reset();
	model_pci_add(0, 1, 0, ESB_ID, 0);
	CHECK(pci_conf_read(pci_make_tag(0, 1, 0), 0) == ESB_ID && model_locks == 1);
	model_stopped = true;
	model_cf8 = 0x80000844;		/* of the one it has interrupted */
	pci_conf_write(pci_make_tag(0, 1, 0), 0x40, 5);
	CHECK(*model_pci_reg(0, 1, 0, 0x40) == 5);
	CHECK(model_locks == 1 && model_cf8 == 0x80000844);
}

static void
test_pci_mapreg(void)
{
	struct pci_attach_args pa;
	bus_space_handle_t handle;
	bus_space_tag_t tag;

	model_reset();
	model_pci_add(0, 1, 0, ESB_ID, 0);
	CHECK(pci_find_id(&pa, 0x8086, 0x25ab));
	*model_pci_reg(0, 1, 0, 0x04) = 0xffff0004;
	*model_pci_reg(0, 1, 0, 0x10) = 0x8000000c;
	*model_pci_reg(0, 1, 0, 0x14) = 0x12;
	*model_pci_reg(0, 1, 0, 0x18) = 0xc041;
	CHECK(pci_mapreg_map(&pa, 0, 16, &tag, &handle) == 0);
	CHECK(tag == x86_bus_space_mem && handle == 0x1280000000);
	CHECK(*model_pci_reg(0, 1, 0, 0x04) == 0x0006);	/* no status cleared */
	CHECK(pci_mapreg_map(&pa, 2, 16, &tag, &handle) == 0);
	CHECK(tag == x86_bus_space_io && handle == 0xc040);
	CHECK(*model_pci_reg(0, 1, 0, 0x04) == 0x0007);
	CHECK(pci_mapreg_map(&pa, 3, 16, &tag, &handle) == ENXIO);
	CHECK(pci_mapreg_map(&pa, 6, 16, &tag, &handle) == EINVAL);
}

/* i6300esb */

static void
esb_make(uint32_t bar)
{
	model_reset();
	model_pci_add(0, 4, 0, ESB_ID, 0);
	*model_pci_reg(0, 4, 0, 0x10) = bar;
}

static int
setmode(u_int mode, u_int period)
{
	model_smw->smw_mode = mode;
	model_smw->smw_period = period;
	return (*model_smw->smw_setmode)(model_smw);
}

static void
test_esb(void)
{
	esb_make(ESB_BASE);
	model_esb.e_lock = 2;		/* the firmware left it running */
	model_attach("i6300esb");
	CHECK_STR(unit_console, "i6300esb0: watchdog, 1 to 2082 s\n");
	CHECK(model_smw != NULL && model_esb.e_lock == 0);
	model_esb.e_config = 0x27;
	CHECK(setmode(WDOG_MODE_KTICKLE, 2) == 0);
	CHECK(model_esb.e_timer[0] + model_esb.e_timer[1] == 2014);
	CHECK(model_esb.e_config == 0 && model_esb.e_lock == 2);
	CHECK(model_esb.e_reloads == 1 && model_esb.e_ignored == 0);
	CHECK((*model_smw->smw_tickle)(model_smw) == 0);
	CHECK(model_esb.e_reloads == 2);
	CHECK(setmode(WDOG_MODE_DISARMED, 2) == 0 && model_esb.e_lock == 0);
	CHECK(setmode(WDOG_MODE_KTICKLE, model_smw->smw_maxperiod) == 0);
	CHECK(model_esb.e_timer[0] <= 0xfffff && model_esb.e_timer[1] <= 0xfffff);
	CHECK(setmode(WDOG_MODE_KTICKLE, model_smw->smw_minperiod) == 0);
	CHECK(model_esb.e_timer[0] != 0 && model_esb.e_ignored == 0);
}

static void
test_esb_mark(void)
{
	esb_make(ESB_BASE);
	model_esb.e_timeout = true;
	model_attach("i6300esb");
	CHECK_STR(unit_console, "i6300esb0: watchdog, 1 to 2082 s, it has ended the last run\n");
	CHECK(!model_esb.e_timeout);
	CHECK(setmode(WDOG_MODE_KTICKLE, 2) == 0);
	CHECK((*model_smw->smw_nmi)(NULL, model_smw) == 0 && model_bit == 0);
	model_esb.e_timeout = true;
	CHECK((*model_smw->smw_nmi)(NULL, model_smw) != 0 && model_bit == 1);
	model_smw->smw_mode = WDOG_MODE_DISARMED;
	CHECK((*model_smw->smw_nmi)(NULL, model_smw) == 0);
	CHECK(setmode(WDOG_MODE_KTICKLE, 2) == 0 && !model_esb.e_timeout);
}

static void
test_esb_none(void)
{
	model_reset();
	model_attach("i6300esb");
	CHECK(model_smw == NULL && unit_console[0] == '\0');
	esb_make(0);
	model_attach("i6300esb");
	CHECK(model_smw == NULL);
	CHECK_STR(unit_console, "i6300esb0: its registers have no address, error 6\n");
}

/* ib700 */

static void
test_ib(void)
{
	model_reset();
	model_attach("ib700");
	CHECK(model_smw != NULL && model_ib_writes == 0 && unit_console[0] == '\0');
	CHECK(setmode(WDOG_MODE_KTICKLE, 30) == 0 && model_ib == 0);
	CHECK(setmode(WDOG_MODE_KTICKLE, 2) == 0 && model_ib == 14);
	model_ib = -1;
	CHECK((*model_smw->smw_tickle)(model_smw) == 0 && model_ib == 14);
	CHECK(setmode(WDOG_MODE_KTICKLE, 3) == 0 && model_ib == 13);
	CHECK(model_smw->smw_period == 4);
	CHECK(setmode(WDOG_MODE_DISARMED, 4) == 0 && model_ib == -1);
	model_smw->smw_tickled = 1;
	CHECK((*model_smw->smw_nmi)(NULL, model_smw) == 0 && model_bit == 0);
	model_smw->smw_tickled = 0;
	CHECK((*model_smw->smw_nmi)(NULL, model_smw) != 0 && model_bit == 1);
}

/* ipmi */

static void
ipmi_make(void)
{
	model_reset();
	model_kcs.k_running = true;	/* of the run before */
	model_attach("ipmi");
	CHECK(model_smw != NULL && model_kcs.k_set && !model_kcs.k_running);
	model_kcs.k_commands = 0;
}

static void
test_ipmi(void)
{
	static const uint8_t wd[] = { 0x04, 0x21, 30, 0x10, 0x40, 0x01 };

	ipmi_make();
	CHECK_STR(unit_console, "ipmi0: KCS at port 0xca2, IPMI 1.5, watchdog 1 to 6523 s\n");
	CHECK(setmode(WDOG_MODE_KTICKLE, 2) == 0);
	CHECK(memcmp(model_kcs.k_wd, wd, sizeof(wd)) == 0);
	CHECK(model_kcs.k_running && model_kcs.k_commands == 2);
	CHECK((*model_smw->smw_tickle)(model_smw) == 0 && model_kcs.k_commands == 3);
	CHECK(setmode(WDOG_MODE_DISARMED, 2) == 0 && !model_kcs.k_running);
	CHECK(setmode(WDOG_MODE_KTICKLE, model_smw->smw_maxperiod) == 0);
	CHECK((model_kcs.k_wd[4] | model_kcs.k_wd[5] << 8) == 65530);
	model_kcs.k_commands = 0;
	model_smw->smw_tickled = 0;
	CHECK((*model_smw->smw_nmi)(NULL, model_smw) != 0 && model_bit == 1);
	CHECK(model_kcs.k_commands == 0);
}

static void
test_ipmi_none(void)
{
	model_reset();
	model_kcs.k_absent = true;
	model_attach("ipmi");
	CHECK(model_smw == NULL && unit_console[0] == '\0');
	model_reset();
	model_kcs.k_deaf_after = 0;
	model_attach("ipmi");
	CHECK(model_smw == NULL);
	CHECK_STR(unit_console, "ipmi0: no good answer at port 0xca2, error 60\n");
	model_reset();
	model_kcs.k_code = 0xc1;	/* it has no such command */
	model_attach("ipmi");
	CHECK(model_smw == NULL);
}

#define ID_BYTES	25	/* written by attaching: 12 and 13 */
#define ARM_BYTES	20	/* and to arm: 13 and 7 */

/* At whichever byte it fails: an error, soon. */
static void
test_ipmi_errors(void)
{
	uint64_t start;
	int n;

	for (n = 0; n <= ARM_BYTES; n++) {
		ipmi_make();
		model_kcs.k_deaf_after = ID_BYTES + n;
		start = unit_clock;
		CHECK(setmode(WDOG_MODE_KTICKLE, 2) == (n < ARM_BYTES ? ETIMEDOUT : 0));
		CHECK(unit_clock - start < 1000000);
		ipmi_make();
		model_kcs.k_error_after = ID_BYTES + n;
		CHECK(setmode(WDOG_MODE_KTICKLE, 2) == (n < ARM_BYTES ? EIO : 0));
	}
	ipmi_make();
	model_kcs.k_silent = true;
	CHECK(setmode(WDOG_MODE_KTICKLE, 2) == ETIMEDOUT);
	ipmi_make();
	model_kcs.k_endless = true;
	CHECK(setmode(WDOG_MODE_KTICKLE, 2) == EIO);
	ipmi_make();
	model_kcs.k_code = 0xcc;
	CHECK(setmode(WDOG_MODE_KTICKLE, 2) == EIO);
	ipmi_make();
	model_kcs.k_netfn = 1;
	CHECK(setmode(WDOG_MODE_KTICKLE, 2) == EIO);
	ipmi_make();
	model_kcs.k_set = false;	/* the BMC has restarted meanwhile */
	CHECK((*model_smw->smw_tickle)(model_smw) == EIO);
}

/* Who stops the machine suspends amid a thread's command, at each access of it. */
static int hook_at;

static void
suspend_hook(void)
{
	u_int mode = model_smw->smw_mode;

	if (hook_at-- != 0)
		return;
	model_kcs_hook = NULL;
	CHECK(setmode(WDOG_MODE_DISARMED, 2) == 0 && !model_kcs.k_running);
	CHECK(setmode(mode, 2) == 0 && model_kcs.k_running);
}

static void
test_ipmi_interrupted(void)
{
	int at;

	for (at = 0, hook_at = -1; hook_at < 0; at++) {
		ipmi_make();
		CHECK(setmode(WDOG_MODE_KTICKLE, 2) == 0);
		hook_at = at;
		model_kcs_hook = suspend_hook;
		CHECK((*model_smw->smw_tickle)(model_smw) == 0);
		CHECK(model_kcs.k_running && model_kcs.k_wd[4] == 0x40);
	}
	CHECK(at > 20);
}

void
unit_main(void)
{
	RUN(test_pci_none);
	RUN(test_pci_functions);
	RUN(test_pci_bridges);
	RUN(test_pci_stopped);
	RUN(test_pci_mapreg);
	RUN(test_esb);
	RUN(test_esb_mark);
	RUN(test_esb_none);
	RUN(test_ib);
	RUN(test_ipmi);
	RUN(test_ipmi_none);
	RUN(test_ipmi_errors);
	RUN(test_ipmi_interrupted);
}
