/*
 * Boot by Multiboot2: GRUB, on BIOS and on UEFI, leaves a list of tags.
 *
 * Runs on the boot page tables.  The list is walked by its own lengths, so
 * every step is checked against what is left of it and moves forward.
 */

#include <sys/param.h>
#include <sys/bootinfo.h>
#include <lib/libkern/libkern.h>
#include <x86/bootvar.h>

#define MB2_MAXSIZE	(1024 * 1024)

struct mb2_tag {
	uint32_t mt_type;
	uint32_t mt_size;	/* this header included, padding not */
};

struct mb2_module {
	uint32_t mm_start;
	uint32_t mm_end;
};

struct mb2_mmap {
	uint32_t mm_entry_size;
	uint32_t mm_entry_version;
};

struct mb2_mem {
	uint64_t mm_pa;
	uint64_t mm_size;
	uint32_t mm_type;
	uint32_t mm_reserved;
};
#define MB2_MEM_RAM	1

/* GRUB's tag holds the arguments alone, without the kernel's path. */
static void
mb2_cmdline(const char *body, size_t len)
{
	bootinfo_set_cmdline(body, len);
}

/* The first module is ours; a second one is nobody's. */
static void
mb2_module(const char *body, size_t len)
{
	struct mb2_module mm;

	if (bootinfo.bi_module != 0 || len < sizeof(mm))
		return;
	memcpy(&mm, body, sizeof(mm));
	if (mm.mm_end > mm.mm_start)
		bootinfo_set_module(mm.mm_start, mm.mm_end - mm.mm_start);
}

static void
mb2_mmap(const char *body, size_t len)
{
	struct mb2_mmap mm;
	struct mb2_mem mem;

	if (len < sizeof(mm))
		return;
	memcpy(&mm, body, sizeof(mm));
	if (mm.mm_entry_size < sizeof(mem))
		return;
	body += sizeof(mm);
	len -= sizeof(mm);
	for (; len >= mm.mm_entry_size;
	     body += mm.mm_entry_size, len -= mm.mm_entry_size) {
		memcpy(&mem, body, sizeof(mem));
		if (mem.mm_type == MB2_MEM_RAM)
			bootinfo_add_mem(mem.mm_pa, mem.mm_size);
	}
}

/* Both tags may be there, in either order: the longer copy is the newer. */
static void
mb2_rsdp(const char *body, size_t len)
{
	static size_t copied;

	len = MIN(len, sizeof(bootinfo.bi_rsdp_copy));
	if (bootinfo.bi_rsdp_copied && len <= copied)
		return;
	memcpy(bootinfo.bi_rsdp_copy, body, len);
	bootinfo.bi_rsdp_copied = true;
	copied = len;
}

static const struct {
	uint32_t type;
	void (*func)(const char *, size_t);
} mb2_tags[] = {
	{ 1, mb2_cmdline },
	{ 3, mb2_module },
	{ 6, mb2_mmap },
	{ 14, mb2_rsdp },
	{ 15, mb2_rsdp },
};

static void
mb2_tag(uint32_t type, const char *body, size_t len)
{
	u_int i;

	for (i = 0; i < __arraycount(mb2_tags); i++)
		if (mb2_tags[i].type == type)
			mb2_tags[i].func(body, len);
}

void
multiboot2_bootinfo(paddr_t pa)
{
	const char *p;
	uint32_t size, off;
	struct mb2_tag mt;

	bootinfo.bi_loader = "Multiboot2";
	p = bootinfo_map(pa, 2 * sizeof(uint32_t));
	if (p == NULL)
		return;
	memcpy(&size, p, sizeof(size));
	size = MIN(size, MB2_MAXSIZE);
	if (bootinfo_map(pa, size) == NULL)
		return;
	for (off = 8; off < size && size - off >= sizeof(mt);
	     off += roundup2(mt.mt_size, 8U)) {
		memcpy(&mt, p + off, sizeof(mt));
		if (mt.mt_type == 0 || mt.mt_size < sizeof(mt) ||
		    mt.mt_size > size - off)
			return;
		mb2_tag(mt.mt_type, p + off + sizeof(mt),
		    mt.mt_size - sizeof(mt));
	}
}
