/*
 * The kernel's own symbol table: addresses to names and back.
 *
 * makeksyms.awk writes it from nm(1) between the two links of the kernel:
 * a count, that many entries in order of address, then the names.
 * Read-only memory, any context.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include <machine/pmap.h>

struct ksym {
	uint32_t ks_off;	/* from KERNBASE */
	uint32_t ks_name;	/* from the first name */
};

extern const char __ksyms_start[], __ksyms_end[], __data_end[], __text_start[];

static uint32_t
ksym_count(void)
{
	/* Empty in the first of the two links. */
	return (vaddr_t)__ksyms_end == (vaddr_t)__ksyms_start ?
	    0 : *(const uint32_t *)(const void *)__ksyms_start;
}

static const struct ksym *
ksym_table(void)
{
	return (const void *)(__ksyms_start + 8);
}

static const char *
ksym_name(const struct ksym *ks)
{
	return (const char *)(ksym_table() + ksym_count()) + ks->ks_name;
}

/* The symbol that covers va, and where it starts; NULL outside the kernel. */
const char *
ksyms_lookup(vaddr_t va, vaddr_t *start)
{
	const struct ksym *table = ksym_table();
	uint32_t lo = 0, hi = ksym_count(), mid;

	if (va < (vaddr_t)__text_start || va >= (vaddr_t)__data_end)
		return NULL;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (KERNBASE + table[mid].ks_off <= va)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return NULL;
	*start = KERNBASE + table[lo - 1].ks_off;
	return ksym_name(&table[lo - 1]);
}

bool
ksyms_getval(const char *name, vaddr_t *va)
{
	const struct ksym *table = ksym_table();

	for (uint32_t i = 0; i < ksym_count(); i++) {
		if (strcmp(ksym_name(&table[i]), name) == 0) {
			*va = KERNBASE + table[i].ks_off;
			return true;
		}
	}
	return false;
}

/* "kernel:func+0x12", or the bare number. */
const char *
ksyms_format(char *buf, size_t len, vaddr_t va)
{
	const char *name;
	vaddr_t start;

	if ((name = ksyms_lookup(va, &start)) != NULL)
		snprintf(buf, len, "kernel:%s+0x%lx", name, va - start);
	else
		snprintf(buf, len, "%#lx", va);
	return buf;
}
