/* The machine of hwdog_model.h. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/device.h>
#include <sys/mutex.h>
#include <machine/bus.h>
#include "hwdog_model.h"
#include "unit.h"

#define NPCI	16

struct sysmon_wdog *model_smw;
int model_bit;
bool model_pci, model_stopped;
uint32_t model_cf8;
u_int model_locks;
struct model_esb model_esb;
int model_ib;
u_int model_ib_writes;
struct model_kcs model_kcs;
void (*model_kcs_hook)(void);

static struct {
	uint32_t p_tag;
	uint32_t p_reg[64];
} pci[NPCI];
static u_int npci;

static struct {
	uint8_t s_state;		/* KCS_STATE bits */
	bool s_obf;
	uint8_t s_out, s_in[32], s_answer[32];
	u_int s_nin, s_nanswer, s_next;
	bool s_last;
	int s_bytes;
} kcs;

void
model_reset(void)
{
	if (model_smw != NULL)
		model_smw->smw_mode = WDOG_MODE_DISARMED;
	model_smw = NULL;
	model_bit = -1;
	model_pci = true;
	model_stopped = false;
	model_cf8 = 0x12345678;
	model_locks = 0;
	npci = 0;
	memset(&model_esb, 0, sizeof(model_esb));
	model_ib = -1;
	model_ib_writes = 0;
	memset(&model_kcs, 0, sizeof(model_kcs));
	model_kcs.k_deaf_after = model_kcs.k_error_after = -1;
	model_kcs_hook = NULL;
	memset(&kcs, 0, sizeof(kcs));
}

/* The kernel. */

int
sysmon_wdog_register(struct sysmon_wdog *smw)
{
	model_smw = smw;
	return 0;
}

int
sysmon_wdog_nmi(struct sysmon_wdog *smw, const struct trapframe *tf __unused, bool bit)
{
	CHECK(smw == model_smw);
	model_bit = bit;
	return bit;
}

bool
sysmon_wdog_overdue(const struct sysmon_wdog *smw)
{
	return smw->smw_tickled == 0;
}

bool
cpu_stop_mine(void)
{
	return model_stopped;
}

void
mutex_spin_enter(kmutex_t *mtx)
{
	CHECK(!model_stopped);
	model_locks++;
	mutex_enter(mtx);
}

void
model_attach(const char *name)
{
	const struct device_driver *const *dd;

	for (dd = __link_set_start(device_drivers);
	     dd < __link_set_end(device_drivers); dd++)
		if (strcmp((*dd)->dd_name, name) == 0)
			(*dd)->dd_attach();
}

/* PCI */

static u_int
pci_index(uint32_t tag)
{
	u_int i;

	for (i = 0; i < npci && pci[i].p_tag != (tag & 0x80ffff00); i++)
		continue;
	return i;
}

uint32_t *
model_pci_reg(u_int bus, u_int dev, u_int fn, u_int reg)
{
	u_int i = pci_index(0x80000000 | bus << 16 | dev << 11 | fn << 8);

	CHECK(i < npci);
	return &pci[i].p_reg[reg / 4];
}

void
model_pci_add(u_int bus, u_int dev, u_int fn, uint32_t id, uint32_t bhlc)
{
	CHECK(npci < NPCI);
	memset(&pci[npci], 0, sizeof(pci[npci]));
	pci[npci].p_tag = 0x80000000 | bus << 16 | dev << 11 | fn << 8;
	pci[npci].p_reg[0] = id;
	pci[npci++].p_reg[3] = bhlc;
}

static uint32_t
pci_read(void)
{
	u_int i = pci_index(model_cf8);

	return i < npci ? pci[i].p_reg[(model_cf8 & 0xff) / 4] : ~0U;
}

/* The watchdog's own registers only know their own width. */
static void
pci_write(u_int byte, u_int width, uint32_t v)
{
	u_int i = pci_index(model_cf8), reg = (model_cf8 & 0xfc) + byte;

	if (i == npci)
		return;
	if (reg == 0x60 && width == 2)
		model_esb.e_config = (uint16_t)v;
	else if (reg == 0x68 && width == 1)
		model_esb.e_lock = (uint8_t)v;
	else if (width == 4)
		pci[i].p_reg[reg / 4] = v;
}

/* i6300esb: a write counts after two magic ones. */

static void
esb_write(uint64_t off, u_int width, uint32_t v)
{
	struct model_esb *e = &model_esb;

	if (off == 0xc && width == 2 && (v == 0x80 || v == 0x86)) {
		e->e_unlock = v == 0x80 ? 1 : e->e_unlock == 1 ? 2 : 0;
		return;
	}
	if (e->e_unlock != 2) {
		e->e_ignored++;
		return;
	}
	e->e_unlock = 0;
	if (width == 4 && (off == 0 || off == 4))
		e->e_timer[off / 4] = v;
	else if (off == 0xc && (v & 0x100) != 0)
		e->e_reloads++;
	if (off == 0xc && (v & 0x200) != 0)
		e->e_timeout = false;
}

/* The BMC */

static void
kcs_execute(void)
{
	struct model_kcs *k = &model_kcs;
	uint8_t cmd = kcs.s_in[1];

	k->k_commands++;
	kcs.s_answer[0] = (uint8_t)((kcs.s_in[0] | 4) ^ k->k_netfn);
	kcs.s_answer[1] = cmd;
	kcs.s_answer[2] = k->k_code;
	kcs.s_nanswer = 3;
	if (cmd == 0x01) {
		memcpy(&kcs.s_answer[3], "\x20\x00\x01\x00\x51", 5);
		kcs.s_nanswer = 8;
	} else if (cmd == 0x24 && kcs.s_nin == 8) {
		memcpy(k->k_wd, &kcs.s_in[2], 6);
		k->k_set = true;
		k->k_running = false;
	} else if (cmd == 0x22 && k->k_set)
		k->k_running = true;
	else
		kcs.s_answer[2] = 0x80;
	kcs.s_next = 0;
}

static void
kcs_offer(void)
{
	if (model_kcs.k_silent)
		return;
	kcs.s_obf = true;
	kcs.s_state = 0x40;
	if (kcs.s_next < kcs.s_nanswer || model_kcs.k_endless)
		kcs.s_out = kcs.s_answer[kcs.s_next++ % 32];
	else
		kcs.s_state = 0;
}

static void
kcs_data(uint8_t v)
{
	if (kcs.s_state == 0x80) {
		kcs.s_in[kcs.s_nin++ % 32] = v;
		if (!kcs.s_last)
			return;
		kcs.s_last = false;
		kcs.s_state = 0x40;
		kcs_execute();
		kcs_offer();
	} else if (kcs.s_state == 0x40 && v == 0x68)
		kcs_offer();
	else
		kcs.s_state = 0xc0;
}

static void
kcs_write(uint64_t off, uint8_t v)
{
	struct model_kcs *k = &model_kcs;

	kcs.s_bytes++;
	if (k->k_error_after >= 0 && kcs.s_bytes > k->k_error_after) {
		kcs.s_state = 0xc0;
		return;
	}
	if (off == 0)
		kcs_data(v);
	else if (v == 0x61) {		/* at any time */
		kcs.s_state = 0x80;
		kcs.s_nin = 0;
		kcs.s_last = kcs.s_obf = false;
	} else if (v == 0x62 && kcs.s_state == 0x80)
		kcs.s_last = true;
	else
		kcs.s_state = 0xc0;
}

static uint8_t
kcs_read(uint64_t off)
{
	struct model_kcs *k = &model_kcs;

	if (k->k_absent)
		return 0xff;
	if (off == 0) {
		kcs.s_obf = false;
		return kcs.s_out;
	}
	return (uint8_t)(kcs.s_state | kcs.s_obf | (k->k_deaf_after >= 0 &&
	    kcs.s_bytes > k->k_deaf_after ? 2 : 0));
}

/* The bus */

uint32_t
bus_model_read(bus_space_tag_t tag, uint64_t at, u_int width)
{
	if (tag == x86_bus_space_mem) {
		CHECK(at == ESB_BASE + 0xc && width == 2);
		return model_esb.e_timeout ? 0x1200 : 0;
	}
	if (at == 0xca2 || at == 0xca3) {
		if (model_kcs_hook != NULL)
			(*model_kcs_hook)();
		return kcs_read(at - 0xca2);
	}
	if (at == 0xcf8)
		return model_pci ? model_cf8 : ~0U;
	CHECK(at == 0xcfc && width == 4);
	return pci_read();
}

void
bus_model_write(bus_space_tag_t tag, uint64_t at, u_int width, uint32_t v)
{
	if (tag == x86_bus_space_mem)
		esb_write(at - ESB_BASE, width, v);
	else if (at == 0xcf8)
		model_cf8 = v;
	else if (at >= 0xcfc && at < 0xd00)
		pci_write((u_int)at - 0xcfc, width, v);
	else if (at == 0x443 || at == 0x441) {
		model_ib = at == 0x443 ? (int)v : -1;
		model_ib_writes++;
	} else if (at == 0xca2 || at == 0xca3) {
		if (model_kcs_hook != NULL)
			(*model_kcs_hook)();
		kcs_write(at - 0xca2, (uint8_t)v);
	} else
		unit_fail("write to port %#lx", (u_long)at);
}
