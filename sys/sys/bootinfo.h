/*
 * What the boot loader said, in one form whoever it was.  The MD start-up
 * code fills it in before anything else runs; all of it is copied, nothing
 * points back into the loader's memory except the module, whose pages stay
 * reserved.
 */

#ifndef _SYS_BOOTINFO_H_
#define _SYS_BOOTINFO_H_

#include <sys/types.h>

#define BOOT_MAXMEM	64
#define BOOT_CMDLINE	1024

struct bootmem {
	paddr_t bm_start;
	psize_t bm_size;
};

struct bootinfo {
	const char *bi_loader;		/* "PVH" or "Multiboot2" */
	char bi_cmdline[BOOT_CMDLINE];
	bool bi_cmdline_cut;		/* it was longer */
	paddr_t bi_rsdp;		/* 0: look for it */
	uint8_t bi_rsdp_copy[40];	/* Multiboot2 gives a copy */
	bool bi_rsdp_copied;
	paddr_t bi_module;		/* boot module (sysctl.conf), or 0 */
	psize_t bi_module_size;
	u_int bi_nmem;
	struct bootmem bi_mem[BOOT_MAXMEM];	/* usable RAM */
};

extern struct bootinfo bootinfo;

/*
 * A kind of word on the command line: a link set, so that a word is named
 * where what it sets lives.  The function gets what follows the prefix and
 * returns 0 or an errno.  Early ones are set before there is a console too.
 */
struct bootarg {
	const char *ba_prefix;
	int (*ba_set)(const char *);
	bool ba_early;
};

#define BOOTARG(sym, prefix, set, early) \
	static const struct bootarg __CONCAT(bootarg_, sym) = { \
		(prefix), (set), (early) }; \
	__link_set_add_data(bootargs, __CONCAT(bootarg_, sym))
__link_set_decl(bootargs, const struct bootarg);

/* kern_bootarg.c */
void bootarg_early(void);		/* before the console */
void bootarg_apply(void);		/* all, and the module; names unknown words */
extern int boot_maxcpus;		/* maxcpus=N, default MAXCPUS */
extern int boot_console;		/* console=comN */

#endif
