/* Early boot: how each loader's information becomes struct bootinfo. */

#ifndef _X86_BOOTVAR_H_
#define _X86_BOOTVAR_H_

#include <sys/types.h>

#define MULTIBOOT2_LOADER_MAGIC	0x36d76289U	/* EAX at entry */

/*
 * Both run on the boot page tables, before anything else: no output, no
 * locks, no memory.  A table that makes no sense leaves its part of
 * bootinfo empty.
 */
void pvh_bootinfo(paddr_t);
void multiboot2_bootinfo(paddr_t);

/* bootinfo.c: for those two */
const void *bootinfo_map(paddr_t, psize_t);	/* NULL: out of reach */
void bootinfo_add_mem(paddr_t, psize_t);
void bootinfo_set_cmdline(const char *, size_t max);
void bootinfo_set_module(paddr_t, psize_t);

#endif
