/* Physical memory for parsers of firmware tables; see fakephys.h. */

#include <sys/param.h>
#include <sys/systm.h>
#include "fakephys.h"

#define NREGION	16
#define NOTHING	(64 * 1024)	/* the most a parser reads at one address */

void *malloc(size_t);
void free(void *);

static struct {
	paddr_t pa;
	size_t size;
	uint8_t *mem;
} regions[NREGION];
static u_int nregion;

void
fake_phys_reset(void)
{
	while (nregion != 0)
		free(regions[--nregion].mem);
}

void
fake_phys_add(paddr_t pa, const void *data, size_t size)
{
	regions[nregion].pa = pa;
	regions[nregion].size = size;
	regions[nregion].mem = malloc(size);
	memcpy(regions[nregion].mem, data, size);
	nregion++;
}

void *
fake_phys(paddr_t pa)
{
	static uint8_t nothing[NOTHING];
	u_int i;

	for (i = 0; i < nregion; i++)
		if (pa >= regions[i].pa && pa - regions[i].pa < regions[i].size)
			return regions[i].mem + (pa - regions[i].pa);
	return nothing;
}

static u_int
next(u_int *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

void
fuzz(uint8_t *p, size_t size, u_int seed)
{
	u_int n;

	seed = seed * 2654435761U + 1;
	for (n = 1 + next(&seed) % 8; n != 0; n--) {
		static const uint8_t nasty[] = { 0, 1, 2, 7, 8, 0x7f, 0x80, 0xff };
		size_t at = next(&seed) % size;

		p[at] = (next(&seed) & 1) != 0 ?
		    nasty[next(&seed) % sizeof(nasty)] : (uint8_t)next(&seed);
	}
}
