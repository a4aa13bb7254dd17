/*
 * Filling struct bootinfo: the checks that both boot protocols share.
 *
 * Runs on the boot page tables, which reach the first 4 GiB.  Everything a
 * loader says is taken as a claim: bounded, copied, never followed twice.
 */

#include <sys/param.h>
#include <sys/bootinfo.h>
#include <lib/libkern/libkern.h>
#include <machine/pmap.h>
#include <x86/bootvar.h>

#define BOOT_REACH	((paddr_t)1 << 32)
#define BOOT_PA_MAX	((paddr_t)1 << 46)	/* what the direct map can hold */

const void *
bootinfo_map(paddr_t pa, psize_t len)
{
	if (pa == 0 || pa >= BOOT_REACH || len > BOOT_REACH - pa)
		return NULL;
	return PMAP_DIRECT_MAP(pa);
}

/*
 * Add a range of RAM, whole pages of it.  What an earlier range has is left
 * out, and what lies behind it: the page allocator must not be given a page
 * twice, and a map that overlaps itself deserves no more effort.
 */
void
bootinfo_add_mem(paddr_t start, psize_t size)
{
	struct bootinfo *bi = &bootinfo;
	paddr_t end = size > BOOT_PA_MAX - MIN(start, BOOT_PA_MAX) ?
	    BOOT_PA_MAX : start + size;
	u_int i;

	if (start >= BOOT_PA_MAX)
		return;
	start = round_page(start);
	end = trunc_page(end);
	for (i = 0; i < bi->bi_nmem && start < end; i++) {
		paddr_t bs = bi->bi_mem[i].bm_start;
		paddr_t be = bs + bi->bi_mem[i].bm_size;

		if (end <= bs || start >= be)
			continue;
		if (start < bs)
			end = bs;
		else
			start = be;
	}
	if (start >= end || bi->bi_nmem == BOOT_MAXMEM)
		return;
	bi->bi_mem[bi->bi_nmem].bm_start = start;
	bi->bi_mem[bi->bi_nmem].bm_size = end - start;
	bi->bi_nmem++;
}

/*
 * The string ends at its NUL, or after max bytes.  Of one that is too long
 * only whole words are taken: half a value is another value.  What cannot be
 * printed would reach the operator's terminal, and becomes a "?".
 */
void
bootinfo_set_cmdline(const char *s, size_t max)
{
	size_t len = strnlen(s, MIN(max, (size_t)BOOT_CMDLINE)), i;

	bootinfo.bi_cmdline_cut = len == BOOT_CMDLINE;
	if (bootinfo.bi_cmdline_cut) {
		for (len--; len > 0 && s[len] != ' ' && s[len] != '\t'; len--)
			continue;
	}
	for (i = 0; i < len; i++)
		bootinfo.bi_cmdline[i] = isprint((u_char)s[i]) ||
		    s[i] == '\t' ? s[i] : '?';
	bootinfo.bi_cmdline[len] = '\0';
}

void
bootinfo_set_module(paddr_t pa, psize_t size)
{
	if (pa == 0 || size == 0 || pa >= BOOT_PA_MAX || size > BOOT_PA_MAX - pa)
		return;
	bootinfo.bi_module = pa;
	bootinfo.bi_module_size = size;
}
