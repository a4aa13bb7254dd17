/*
 * Finding ACPI tables.  They lie in memory that is nobody's RAM, so each is
 * mapped like a device, and read only after its length and checksum hold.
 *
 * Boot time only: one CPU, no locks.
 */

#include <sys/param.h>
#include <sys/bootinfo.h>
#include <sys/systm.h>
#include <machine/pmap.h>
#include <x86/acpivar.h>

#define ACPI_PA_MAX	((paddr_t)1 << 36)	/* every CPU can address this */
#define ACPI_LEN_MAX	(1024U * 1024)

#define BIOS_EBDA_PTR	0x40eUL		/* its segment */
#define BIOS_EBDA_SCAN	1024U
#define BIOS_ROM	0xe0000UL
#define BIOS_ROM_SIZE	0x20000U

static const struct acpi_sdt *acpi_root;
static size_t acpi_ptrsize;		/* 8 in an XSDT, 4 in an RSDT */

static const void *
acpi_map(paddr_t pa, psize_t len)
{
	if (pa == 0 || pa >= ACPI_PA_MAX || len > ACPI_PA_MAX - pa)
		return NULL;
	return __UNVOLATILE(pmap_mapdev(pa, len));
}

static bool
acpi_sum_ok(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint8_t sum = 0;

	while (len-- != 0)
		sum = (uint8_t)(sum + *b++);
	return sum == 0;
}

const struct acpi_sdt *
acpi_table_at(paddr_t pa, const char *sig)
{
	const struct acpi_sdt *t;
	uint32_t len;

	t = acpi_map(pa, sizeof(*t));
	if (t == NULL || memcmp(t->sdt_sig, sig, sizeof(t->sdt_sig)) != 0)
		return NULL;
	len = t->sdt_len;
	if (len < sizeof(*t) || len > ACPI_LEN_MAX)
		return NULL;
	t = acpi_map(pa, len);
	if (t == NULL || !acpi_sum_ok(t, len)) {
		printf("acpi: bad %s table ignored\n", sig);
		return NULL;
	}
	return t;
}

const struct acpi_sdt *
acpi_table_find(const char *sig)
{
	const struct acpi_sdt *t;
	const char *p, *end;
	uint64_t pa = 0;

	if (acpi_root == NULL)
		return NULL;
	p = (const char *)(acpi_root + 1);
	end = (const char *)acpi_root + acpi_root->sdt_len;
	for (; (size_t)(end - p) >= acpi_ptrsize; p += acpi_ptrsize) {
		memcpy(&pa, p, acpi_ptrsize);
		t = acpi_table_at(pa, sig);
		if (t != NULL)
			return t;
	}
	return NULL;
}

static bool
acpi_rsdp_ok(const struct acpi_rsdp *r)
{
	return memcmp(r->rsdp_sig, "RSD PTR ", sizeof(r->rsdp_sig)) == 0 &&
	    acpi_sum_ok(r, ACPI_RSDP_V1_SIZE);
}

static const struct acpi_rsdp *
acpi_rsdp_scan(paddr_t pa, u_int len)
{
	const char *p;
	u_int off;

	p = acpi_map(pa, len);
	if (p == NULL)
		return NULL;
	for (off = 0; off + sizeof(struct acpi_rsdp) <= len; off += 16)
		if (acpi_rsdp_ok((const void *)(p + off)))
			return (const void *)(p + off);
	return NULL;
}

/* What the loader said, else where a BIOS must have put it. */
static const struct acpi_rsdp *
acpi_rsdp_find(void)
{
	const struct acpi_rsdp *r;
	const uint8_t *seg;
	paddr_t ebda;

	if (bootinfo.bi_rsdp_copied) {
		r = (const void *)bootinfo.bi_rsdp_copy;
		if (acpi_rsdp_ok(r))
			return r;
	}
	r = acpi_map(bootinfo.bi_rsdp, sizeof(*r));
	if (r != NULL && acpi_rsdp_ok(r))
		return r;
	seg = acpi_map(BIOS_EBDA_PTR, 2);
	ebda = (paddr_t)(seg[0] | seg[1] << 8) << 4;
	r = acpi_rsdp_scan(ebda, BIOS_EBDA_SCAN);
	if (r == NULL)
		r = acpi_rsdp_scan(BIOS_ROM, BIOS_ROM_SIZE);
	return r;
}

void
acpi_init(void)
{
	const struct acpi_rsdp *r = acpi_rsdp_find();

	if (r == NULL) {
		printf("acpi: no tables\n");
		return;
	}
	if (r->rsdp_rev >= 2 && acpi_sum_ok(r, sizeof(*r)))
		acpi_root = acpi_table_at(r->rsdp_xsdt, "XSDT");
	acpi_ptrsize = sizeof(uint64_t);
	if (acpi_root == NULL) {
		acpi_root = acpi_table_at(r->rsdp_rsdt, "RSDT");
		acpi_ptrsize = sizeof(uint32_t);
	}
	acpi_power_init();
}
