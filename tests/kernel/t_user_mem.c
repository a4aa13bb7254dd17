/* The memory of processes: nothing is lost, nothing is both written and run. */

#include <sys/kmem.h>
#include <sys/page.h>
#include <machine/pmapvar.h>
#include <machine/specialreg.h>
#include "usertest.h"

#define UM_PAGES	24		/* more than a small process takes */
#define UM_ROUNDS	8

USER_IMAGE(exit);
USER_IMAGE(read);

static struct um_page {
	struct um_page *um_next;
} *um_pages;

static bool
um_take(void)
{
	struct um_page *um = page_alloc(0);

	if (um == NULL)
		return false;
	um->um_next = um_pages;
	um_pages = um;
	return true;
}

static void
um_give(void)
{
	struct um_page *um = um_pages;

	um_pages = um->um_next;
	page_free(um, 0);
}

KTEST(user_memory, "what a process had is free when it has been waited for")
{
	size_t pages, bytes;

	KT_CHECK(ut_exit(UT(exit, 0)) == 42);	/* its kernel stack stays for the next */
	pages = page_free_count();
	bytes = kmem_inuse();
	for (u_int i = 0; i < UM_ROUNDS; i++) {
		KT_CHECK(ut_exit(UT(exit, 1, .up_data = i * 3 * PAGE_SIZE + 1)) == 43);
		KT_CHECK(ut_run(UT(read, 0)).ps_end == PROC_TRAPPED);
		KT_CHECK(KT_WAIT(page_free_count() == pages && kmem_inuse() == bytes));
	}
}

/* With 0, 1, 2 ... pages left.  Quick: others may want some. */
KTEST(user_no_memory, "a process for which there is no memory is not made, and leaves nothing")
{
	const struct proc_params pp = {
		.pp_name = "none",
		.pp_text = user_exit,
		.pp_size = (size_t)(user_exit_end - user_exit),
		.pp_data = PAGE_SIZE,
	};
	struct proc *p;
	u_int failed = 0, made = 0;
	size_t pages;

	KT_CHECK(ut_exit(UT(exit, 0)) == 42);
	while (um_take())
		continue;
	for (u_int i = 0; i < UM_PAGES; i++) {
		pages = page_free_count();
		if (proc_create(&pp, &p) == 0) {
			made++;
			proc_start(p);
			(void)ut_wait(p);
		} else
			failed++;
		KT_CHECK(page_free_count() == pages);
		um_give();
	}
	while (um_pages != NULL)
		um_give();
	KT_CHECK(failed > 8 && made > 0);
}

KTEST(user_refused, "no program, one that is too long, too much data: EINVAL")
{
	struct proc_params pp = { .pp_name = "none", .pp_text = user_exit };
	struct proc *p;

	KT_CHECK(proc_create(&pp, &p) == EINVAL);
	pp.pp_size = VM_USER_TEXT_MAX + 1;
	KT_CHECK(proc_create(&pp, &p) == EINVAL);
	pp.pp_size = 1;
	pp.pp_data = VM_USER_DATA_MAX + 1;
	KT_CHECK(proc_create(&pp, &p) == EINVAL);
}

KTEST(user_pmap, "no page is mapped twice, nor both written and run, nor the last one")
{
	struct pmap *pm = pmap_create();
	size_t pages;
	paddr_t pa;

	KT_ASSERT(pm != NULL);
	pages = page_free_count();
	KT_CHECK(pmap_enter(pm, VM_USER_TEXT, 0, VM_PROT_WRITE | VM_PROT_EXECUTE) == EINVAL);
	KT_CHECK(pmap_enter(pm, VM_MAXUSER_ADDRESS, 0, VM_PROT_WRITE) == EINVAL);
	KT_CHECK(pmap_enter(pm, PMAP_DIRECT_BASE, 0, VM_PROT_WRITE) == EINVAL);
	KT_CHECK(pmap_enter(pm, VM_USER_TEXT + 8, 0, VM_PROT_WRITE) == EINVAL);
	KT_CHECK(pages == page_free_count());
	KT_CHECK(pmap_enter(pm, VM_MAXUSER_ADDRESS - PAGE_SIZE, 0, VM_PROT_WRITE) == 0);
	KT_CHECK(pmap_enter(pm, VM_MAXUSER_ADDRESS - PAGE_SIZE, 0, VM_PROT_WRITE) == EEXIST);
	KT_CHECK(pmap_fill(pm, VM_MAXUSER_ADDRESS - PAGE_SIZE, NULL, 1, 0) == EEXIST);
	KT_CHECK(!pmap_extract(pm, VM_USER_TEXT, &pa));
	KT_CHECK(!pmap_extract(pm, PMAP_DIRECT_BASE, &pa));
	KT_CHECK(pmap_extract(pm, VM_MAXUSER_ADDRESS - 1, &pa) && pa == PAGE_SIZE - 1);
	pmap_destroy(pm);
}

/* Far above all devices: nobody reads there, only the tables count. */
KTEST(user_pmap_kernel, "what the kernel maps later is in every address space")
{
	struct pmap *pm = pmap_create();
	const uint64_t *kernel = PMAP_DIRECT_MAP(kernel_pml4);
	size_t i;

	KT_ASSERT(pm != NULL);
	i = LEVEL_INDEX((vaddr_t)pmap_mapdev(1UL << 44, PAGE_SIZE), 4);
	KT_CHECK(kernel[i] != 0);
	for (i = PML4_KERNEL; i < 512; i++)
		KT_CHECK(pm->pm_pml4[i] == kernel[i]);
	pmap_destroy(pm);
}
