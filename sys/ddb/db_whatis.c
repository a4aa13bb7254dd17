/* whatis: what lies at an address. */

#include <sys/lwp.h>
#include <sys/systm.h>

#include <machine/cpu.h>
#include <machine/pmap.h>

#include <ddb/ddb.h>

/* True: something was said. */
static bool
whatis_symbol(vaddr_t va)
{
	vaddr_t start;

	if (ksyms_lookup(va, &start) == NULL)
		return false;
	db_printf("%#lx is ", va);
	db_printsym(va);
	db_printf("\n");
	return true;
}

static bool
whatis_stack(vaddr_t va)
{
	const struct lwp *l = NULL;

	while ((l = db_lwp_next(l)) != NULL)
		if (l->l_stack != 0 && va >= l->l_stack && va < l->l_stack + KSTACK_SIZE) {
			db_printf("%#lx is on the stack of %s (lid %d), %#lx above its end\n",
			    va, l->l_name, l->l_lid, va - l->l_stack);
			return true;
		}
	return false;
}

static bool
whatis_lwp(vaddr_t va)
{
	const struct lwp *l = NULL;

	while ((l = db_lwp_next(l)) != NULL)
		if (va >= (vaddr_t)l && va < (vaddr_t)(l + 1)) {
			db_printf("%#lx is in the struct lwp of %s (lid %d), at +%#lx\n",
			    va, l->l_name, l->l_lid, va - (vaddr_t)l);
			return true;
		}
	return false;
}

static bool
whatis_cpu(vaddr_t va)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci)) {
		if (va >= (vaddr_t)ci && va < (vaddr_t)(ci + 1)) {
			db_printf("%#lx is in the struct cpu_info of %s, at +%#lx\n",
			    va, cpu_name(ci), va - (vaddr_t)ci);
			return true;
		}
		for (u_int i = 0; i < NIST; i++) {
			vaddr_t top = ci->ci_md.cmd_ist[i] + IST_TOP_SIZE;

			if (va >= top - IST_STACK_SIZE && va < top) {
				db_printf("%#lx is on trap stack %u of %s\n", va,
				    i + 1, cpu_name(ci));
				return true;
			}
		}
	}
	return false;
}

/* Parts of the address space, upwards. */
static const struct {
	vaddr_t r_start;
	const char *r_name;
} regions[] = {
	{ 0, "the user's half" },
	{ PMAP_DIRECT_BASE, "the direct map of memory" },
	{ PMAP_DEV_BASE, "the map of devices" },
	{ PMAP_STACK_BASE, "the area of stacks" },
	{ KERNBASE, "the kernel's image" },
};

static bool
whatis_region(vaddr_t va)
{
	size_t i = __arraycount(regions) - 1;
	char byte;

	while (va < regions[i].r_start)
		i--;
	db_printf("%#lx is at +%#lx of %s, %s\n", va, va - regions[i].r_start,
	    regions[i].r_name,
	    kcopy((const void *)va, &byte, 1) == 0 ? "mapped" : "not mapped");
	return true;
}

static bool (*const whatis[])(vaddr_t) = {
	whatis_cpu, whatis_lwp, whatis_stack, whatis_symbol, whatis_region
};

void
db_whatis_cmd(db_expr_t addr, bool have_addr __unused, db_expr_t count __unused,
    const char *modif __unused)
{
	for (size_t i = 0; i < __arraycount(whatis); i++)
		if (whatis[i]((vaddr_t)addr))
			return;
}
