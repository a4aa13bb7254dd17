/*
 * A machine with PCI buses, an i6300esb, an ib700 and a BMC, as far as their
 * drivers can tell; and what the kernel would do with a watchdog.
 */

#ifndef _TESTS_UNIT_HWDOG_MODEL_H_
#define _TESTS_UNIT_HWDOG_MODEL_H_

#include <sys/sysmon_wdog.h>

void model_reset(void);

/* What was registered, and the attach function of each driver. */
extern struct sysmon_wdog *model_smw;
void model_attach(const char *);

/* sysmon_wdog_nmi()'s last argument; -1: not called. */
extern int model_bit;

/* PCI: functions are added as they are; a write is kept. */
extern bool model_pci, model_stopped;
void model_pci_add(u_int bus, u_int dev, u_int fn, uint32_t id, uint32_t bhlc);
uint32_t *model_pci_reg(u_int bus, u_int dev, u_int fn, u_int reg);
extern uint32_t model_cf8;
extern u_int model_locks;		/* taken so far */

/* i6300esb at ESB_BASE */
#define ESB_BASE	0xfebf0000
extern struct model_esb {
	u_int e_unlock;			/* magic writes seen */
	uint32_t e_timer[2];
	uint16_t e_config;
	uint8_t e_lock;
	bool e_timeout;
	u_int e_reloads, e_ignored;	/* writes without magic */
} model_esb;

/* ib700 */
extern int model_ib;			/* value that armed it, -1: off */
extern u_int model_ib_writes;

/* The BMC's KCS interface. */
extern struct model_kcs {
	bool k_absent;
	int k_deaf_after;		/* commands' bytes until it hangs; -1: never */
	int k_error_after;		/* ... until it says error */
	bool k_endless;			/* its answers do not end */
	bool k_silent;			/* never a byte to read */
	uint8_t k_code;			/* completion code */
	uint8_t k_netfn;		/* of the answer, xor'ed */
	bool k_set, k_running;
	uint8_t k_wd[6];		/* of the last Set Watchdog */
	u_int k_commands;
} model_kcs;
extern void (*model_kcs_hook)(void);	/* before each access */

#endif
