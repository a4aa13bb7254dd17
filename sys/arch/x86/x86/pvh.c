/*
 * Boot by PVH: qemu -kernel, Xen, Firecracker and others enter the kernel
 * in 32-bit mode with the address of this structure in EBX.
 *
 * Runs on the boot page tables; assumes nothing about the tables except
 * that reading below 4 GiB does not fault.
 */

#include <sys/param.h>
#include <sys/bootinfo.h>
#include <lib/libkern/libkern.h>
#include <x86/bootvar.h>

#define HVM_START_MAGIC	0x336ec578U
#define HVM_MEM_RAM	1
#define HVM_MAXMEM	1024		/* entries looked at; BOOT_MAXMEM are kept */

struct hvm_start_info {
	uint32_t hs_magic;
	uint32_t hs_version;
	uint32_t hs_flags;
	uint32_t hs_nmodules;
	uint64_t hs_modlist;
	uint64_t hs_cmdline;
	uint64_t hs_rsdp;
	uint64_t hs_memmap;		/* from here on since version 1 */
	uint32_t hs_memmap_entries;
	uint32_t hs_reserved;
};
CTASSERT(sizeof(struct hvm_start_info) == 56);

struct hvm_module {
	uint64_t hm_pa;
	uint64_t hm_size;
	uint64_t hm_cmdline;
	uint64_t hm_reserved;
};

struct hvm_mem {
	uint64_t hm_pa;
	uint64_t hm_size;
	uint32_t hm_type;
	uint32_t hm_reserved;
};
CTASSERT(sizeof(struct hvm_mem) == 24);

static void
pvh_memmap(paddr_t pa, u_int n)
{
	const char *p;
	struct hvm_mem hm;

	n = MIN(n, HVM_MAXMEM);
	p = bootinfo_map(pa, n * sizeof(hm));
	if (p == NULL)
		return;
	for (; n != 0; n--, p += sizeof(hm)) {
		memcpy(&hm, p, sizeof(hm));
		/* microvm's last entry is {0, 0, 0}: not RAM, so no harm. */
		if (hm.hm_type == HVM_MEM_RAM)
			bootinfo_add_mem(hm.hm_pa, hm.hm_size);
	}
}

static void
pvh_module(paddr_t pa)
{
	const void *p;
	struct hvm_module hm;

	p = bootinfo_map(pa, sizeof(hm));
	if (p == NULL)
		return;
	memcpy(&hm, p, sizeof(hm));
	bootinfo_set_module(hm.hm_pa, hm.hm_size);
}

void
pvh_bootinfo(paddr_t pa)
{
	const void *p;
	struct hvm_start_info hs;

	bootinfo.bi_loader = "PVH";
	p = bootinfo_map(pa, sizeof(hs));
	if (p == NULL)
		return;
	memcpy(&hs, p, sizeof(hs));
	if (hs.hs_magic != HVM_START_MAGIC)
		return;
	p = bootinfo_map(hs.hs_cmdline, 1);
	if (p != NULL)
		bootinfo_set_cmdline(p, ((paddr_t)1 << 32) - hs.hs_cmdline);
	if (hs.hs_nmodules != 0)
		pvh_module(hs.hs_modlist);
	bootinfo.bi_rsdp = hs.hs_rsdp;
	if (hs.hs_version >= 1)
		pvh_memmap(hs.hs_memmap, hs.hs_memmap_entries);
}
