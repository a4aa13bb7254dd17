/*
 * PVH and Multiboot2 information, whole, broken and random: what is read
 * stays inside the tables, every walk ends, and the RAM found is made of
 * whole pages that do not overlap.
 */

#include <sys/param.h>
#include <sys/bootinfo.h>
#include <sys/systm.h>
#include <machine/pmap.h>
#include <x86/bootvar.h>
#include "fakephys.h"
#include "unit.h"

#define PA_INFO		0x9000
#define PA_MEMMAP	0xa000
#define PA_CMDLINE	0xb000
#define PA_MODLIST	0xd000
#define FUZZ_ROUNDS	20000

struct bootinfo bootinfo;

struct mem {
	uint64_t pa, size;
	uint32_t type, reserved;
};

/* What qemu -M microvm leaves, the bogus last entry included. */
static const struct mem pvh_mem[] = {
	{ 0, 0x9fc00, 1, 0 },
	{ 0x9fc00, 0x400, 2, 0 },
	{ 0x100000, 0xff00000, 1, 0 },
	{ 0, 0, 0, 0 },
};

static uint32_t pvh_info[14];

static void
pvh_setup(void)
{
	static const uint64_t module[4] = { 0x200000, 1234, 0, 0 };
	static char cmdline[2 * BOOT_CMDLINE] = "console=com1 maxcpus=2";

	memset(&bootinfo, 0, sizeof(bootinfo));
	fake_phys_reset();
	memset(pvh_info, 0, sizeof(pvh_info));
	pvh_info[0] = 0x336ec578;
	pvh_info[1] = 1;
	pvh_info[3] = 1;
	pvh_info[4] = PA_MODLIST;
	pvh_info[6] = PA_CMDLINE;
	pvh_info[8] = 0xf1234;
	pvh_info[10] = PA_MEMMAP;
	pvh_info[12] = __arraycount(pvh_mem);
	fake_phys_add(PA_MEMMAP, pvh_mem, sizeof(pvh_mem));
	fake_phys_add(PA_CMDLINE, cmdline, sizeof(cmdline));
	fake_phys_add(PA_MODLIST, module, sizeof(module));
}

static void
pvh_run(void)
{
	fake_phys_add(PA_INFO, pvh_info, sizeof(pvh_info));
	pvh_bootinfo(PA_INFO);
}

static bool
mem_sane(void)
{
	u_int i, j;

	for (i = 0; i < bootinfo.bi_nmem; i++) {
		const struct bootmem *a = &bootinfo.bi_mem[i];

		if (a->bm_size == 0 || ((a->bm_start | a->bm_size) & PAGE_MASK) != 0 ||
		    a->bm_start + a->bm_size < a->bm_start)
			return false;
		for (j = 0; j < i; j++) {
			const struct bootmem *b = &bootinfo.bi_mem[j];

			if (a->bm_start < b->bm_start + b->bm_size &&
			    b->bm_start < a->bm_start + a->bm_size)
				return false;
		}
	}
	return bootinfo.bi_nmem <= BOOT_MAXMEM;
}

static void
test_pvh(void)
{
	pvh_setup();
	pvh_run();
	CHECK(strcmp(bootinfo.bi_loader, "PVH") == 0);
	CHECK(strcmp(bootinfo.bi_cmdline, "console=com1 maxcpus=2") == 0);
	CHECK(!bootinfo.bi_cmdline_cut);
	CHECK(bootinfo.bi_rsdp == 0xf1234);
	CHECK(bootinfo.bi_module == 0x200000 && bootinfo.bi_module_size == 1234);
	CHECK(bootinfo.bi_nmem == 2 && mem_sane());
	CHECK(bootinfo.bi_mem[0].bm_size == 0x9f000);
	CHECK(bootinfo.bi_mem[1].bm_start == 0x100000);
}

static void
test_pvh_bad(void)
{
	pvh_setup();
	pvh_info[0]++;				/* not PVH's magic */
	pvh_run();
	CHECK(bootinfo.bi_nmem == 0 && bootinfo.bi_rsdp == 0);
	pvh_setup();
	pvh_info[11] = 1;			/* a map above 4 GiB */
	pvh_info[7] = 7;
	pvh_info[5] = 1;
	pvh_run();
	CHECK(bootinfo.bi_nmem == 0 && bootinfo.bi_module == 0);
	CHECK(bootinfo.bi_cmdline[0] == '\0');
	memset(&bootinfo, 0, sizeof(bootinfo));
	pvh_bootinfo(0xfffffff8);		/* runs over the end */
	CHECK(bootinfo.bi_nmem == 0);
}

static void
test_cmdline(void)
{
	static char longline[2 * BOOT_CMDLINE];

	memset(longline, 'x', sizeof(longline));
	bootinfo_set_cmdline(longline, sizeof(longline));
	CHECK(bootinfo.bi_cmdline_cut);
	CHECK_STR(bootinfo.bi_cmdline, "");	/* one word, and not whole */
	longline[100] = ' ';
	bootinfo_set_cmdline(longline, sizeof(longline));
	CHECK(bootinfo.bi_cmdline_cut);
	CHECK(strlen(bootinfo.bi_cmdline) == 100);
	longline[BOOT_CMDLINE - 1] = '\t';	/* the cut falls on a blank */
	bootinfo_set_cmdline(longline, sizeof(longline));
	CHECK(strlen(bootinfo.bi_cmdline) == BOOT_CMDLINE - 1);
	longline[BOOT_CMDLINE - 1] = '\0';	/* just fits */
	bootinfo_set_cmdline(longline, sizeof(longline));
	CHECK(!bootinfo.bi_cmdline_cut);
	CHECK(strlen(bootinfo.bi_cmdline) == BOOT_CMDLINE - 1);
	bootinfo_set_cmdline("abcdef", 3);	/* ends before its NUL */
	CHECK(strcmp(bootinfo.bi_cmdline, "abc") == 0);
	bootinfo_set_cmdline("a\033[31m\tb\a\377c", 100);
	CHECK_STR(bootinfo.bi_cmdline, "a?[31m\tb??c");
}

static void
test_mem(void)
{
	memset(&bootinfo, 0, sizeof(bootinfo));
	bootinfo_add_mem(0x1001, 0x2fff);	/* inward: [2000, 4000) */
	CHECK(bootinfo.bi_nmem == 1);
	CHECK(bootinfo.bi_mem[0].bm_start == 0x2000);
	CHECK(bootinfo.bi_mem[0].bm_size == 0x2000);
	bootinfo_add_mem(0x2800, 0x900);	/* no whole page */
	bootinfo_add_mem(0x2000, 0x2000);	/* again */
	CHECK(bootinfo.bi_nmem == 1);
	bootinfo_add_mem(0x8000, 0x2000);
	bootinfo_add_mem(0x3000, 0x6000);	/* between the two */
	CHECK(bootinfo.bi_nmem == 3 && mem_sane());
	CHECK(bootinfo.bi_mem[2].bm_start == 0x4000);
	CHECK(bootinfo.bi_mem[2].bm_size == 0x4000);
	bootinfo_add_mem(UINT64_MAX - 0x5000, 0x10000);
	bootinfo_add_mem(0x100000, UINT64_MAX);
	CHECK(mem_sane());
}

/* More ranges than are kept. */
static void
test_mem_many(void)
{
	u_int i;

	memset(&bootinfo, 0, sizeof(bootinfo));
	for (i = 0; i < 2 * BOOT_MAXMEM; i++)
		bootinfo_add_mem((paddr_t)i * 0x10000, 0x1000);
	CHECK(bootinfo.bi_nmem == BOOT_MAXMEM && mem_sane());
}

/* Tags: command line, module, map, old and new RSDP, end. */
static size_t
mb2_build(uint8_t *p)
{
	static const uint32_t mod[] = { 3, 17, 0x300000, 0x300100 };
	static const uint32_t map[] = { 6, 16 + 3 * 24, 24, 0,
		0, 0, 0x9f000, 0, 1, 0,
		0x100000, 0, 0x7f00000, 0, 1, 0,
		0xfee00000, 0, 0x1000, 0, 2, 0 };
	static const uint32_t cmd[] = { 1, 8 + 8 };
	static const uint32_t old[] = { 14, 8 + 20 }, new[] = { 15, 8 + 36 };
	size_t off = 8;

	memset(p, 0, 512);
	memcpy(p + off, cmd, sizeof(cmd));
	memcpy(p + off + 8, "-d foo", 7);
	off += 16;
	memcpy(p + off, mod, sizeof(mod));
	off += 24;
	memcpy(p + off, map, sizeof(map));
	off += sizeof(map);
	memcpy(p + off, new, sizeof(new));
	memcpy(p + off + 8, "RSD PTR new", 11);
	off += 48;
	memcpy(p + off, old, sizeof(old));
	memcpy(p + off + 8, "RSD PTR old", 11);
	off += 32;
	p[off + 4] = 8;
	off += 8;
	p[0] = (uint8_t)off;
	p[1] = (uint8_t)(off >> 8);
	return off;
}

static void
test_multiboot2(void)
{
	uint8_t info[512];
	size_t size = mb2_build(info);

	memset(&bootinfo, 0, sizeof(bootinfo));
	fake_phys_reset();
	fake_phys_add(PA_INFO, info, size);
	multiboot2_bootinfo(PA_INFO);
	CHECK(strcmp(bootinfo.bi_loader, "Multiboot2") == 0);
	CHECK(strcmp(bootinfo.bi_cmdline, "-d foo") == 0);
	CHECK(bootinfo.bi_module == 0x300000 && bootinfo.bi_module_size == 0x100);
	CHECK(bootinfo.bi_nmem == 2 && mem_sane());
	CHECK(bootinfo.bi_rsdp_copied);
	CHECK(memcmp(bootinfo.bi_rsdp_copy, "RSD PTR new", 11) == 0);
}

/* Every truncation: the total size says what is there. */
static void
test_multiboot2_cut(void)
{
	uint8_t info[512];
	size_t size = mb2_build(info), n;

	for (n = 8; n < size; n++) {
		memset(&bootinfo, 0, sizeof(bootinfo));
		fake_phys_reset();
		info[0] = (uint8_t)n;
		info[1] = (uint8_t)(n >> 8);
		fake_phys_add(PA_INFO, info, n);
		multiboot2_bootinfo(PA_INFO);
		CHECK(mem_sane());
	}
}

static void
test_fuzz(void)
{
	uint8_t info[512];
	size_t size;
	u_int n;

	for (n = 0; n < FUZZ_ROUNDS; n++) {
		memset(&bootinfo, 0, sizeof(bootinfo));
		fake_phys_reset();
		size = mb2_build(info);
		fuzz(info + 8, size - 8, n);	/* not the size ASan goes by */
		fake_phys_add(PA_INFO, info, size);
		multiboot2_bootinfo(PA_INFO);
		CHECK(mem_sane());
	}
	for (n = 0; n < FUZZ_ROUNDS; n++) {
		struct mem map[__arraycount(pvh_mem)];

		memset(&bootinfo, 0, sizeof(bootinfo));
		pvh_setup();
		fake_phys_reset();
		memcpy(map, pvh_mem, sizeof(map));
		fuzz((uint8_t *)map, sizeof(map), n);
		fake_phys_add(PA_MEMMAP, map, sizeof(map));
		pvh_run();
		CHECK(mem_sane());
	}
}

void
unit_main(void)
{
	unit_phys = fake_phys;
	RUN(test_pvh);
	RUN(test_pvh_bad);
	RUN(test_cmdline);
	RUN(test_mem);
	RUN(test_mem_many);
	RUN(test_multiboot2);
	RUN(test_multiboot2_cut);
	RUN(test_fuzz);
}
