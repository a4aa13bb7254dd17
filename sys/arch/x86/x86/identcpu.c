/*
 * What the CPU is and can do.  The kernel turns on a protection only where
 * CPUID has it: a reserved CR4 bit is a fault, or worse in an emulator.
 *
 * The boot CPU speaks for all: a machine has one kind of CPU.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <machine/cpu.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>

#define CR4_MCE		__BIT(6)
#define CR4_PGE		__BIT(7)
#define CR4_UMIP	__BIT(11)
#define CR4_FSGSBASE	__BIT(16)
#define CR4_SMEP	__BIT(20)
#define CR4_SMAP	__BIT(21)

#define CPUID_BRAND	0x80000002U	/* and the two after it */

struct x86_features x86_features;

/* leaf: register (eax, ebx, ecx, edx) and bit; cr4: what turns it on. */
static const struct {
	uint32_t leaf;
	u_int reg, bit;
	bool *have;
	u_long cr4;
} features[] = {
	{ 1, 3, 7, &x86_features.mce, CR4_MCE },
	{ 1, 3, 13, &x86_features.pge, CR4_PGE },
	{ 1, 3, 14, &x86_features.mca, 0 },
	{ 7, 1, 0, &x86_features.fsgsbase, CR4_FSGSBASE },
	{ 7, 1, 7, &x86_features.smep, CR4_SMEP },
	{ 7, 1, 20, &x86_features.smap, CR4_SMAP },
	{ 7, 2, 2, &x86_features.umip, CR4_UMIP },
	{ 0x80000001U, 3, 20, &x86_features.nx, 0 },
	{ 0x80000001U, 3, 27, &x86_features.rdtscp, 0 },
};

/* A leaf above the highest of its range reads as some other leaf. */
static bool
cpuid_leaf(uint32_t leaf, uint32_t r[4])
{
	x86_cpuid(leaf & 0x80000000U, r);
	if (r[0] < leaf)
		return false;
	x86_cpuid(leaf, r);
	return true;
}

void
cpu_init_features(void)
{
	u_long cr4 = rcr4();
	uint32_t r[4];
	u_int i;

	for (i = 0; i < __arraycount(features); i++) {
		if (!cpuid_leaf(features[i].leaf, r) ||
		    (r[features[i].reg] >> features[i].bit & 1) == 0)
			continue;
		*features[i].have = true;
		cr4 |= features[i].cr4;
	}
	lcr4(cr4);
}

/* Firmware and vendors pad the brand string on either side. */
static void
cpu_copy_brand(char *dst, size_t size, const char *brand)
{
	size_t len;

	while (*brand == ' ')
		brand++;
	len = strlcpy(dst, brand, size);
	len = MIN(len, size - 1);
	while (len != 0 && dst[len - 1] == ' ')
		dst[--len] = '\0';
}

void
cpu_identify(struct cpu_info *ci)
{
	char brand[3 * 4 * sizeof(uint32_t) + 1];
	uint32_t r[4];
	u_int i;

	memset(brand, 0, sizeof(brand));
	for (i = 0; i < 3; i++)
		if (cpuid_leaf(CPUID_BRAND + i, r))
			memcpy(brand + i * sizeof(r), r, sizeof(r));
	cpu_copy_brand(ci->ci_model, sizeof(ci->ci_model), brand);
	if (ci->ci_model[0] != '\0')
		return;
	x86_cpuid(1, r);
	snprintf(ci->ci_model, sizeof(ci->ci_model), "x86-64 0x%x", r[0]);
}
