/*
 * memcpy(3) and its family.
 *
 * Words of 8 bytes, never string instructions: under emulation those run at a
 * fiftieth of the speed, and on hardware the kernel copies little.  Both
 * compilers know these loops and would call memcpy() from inside memcpy();
 * __insn_barrier() in a loop's body keeps it a loop.
 */

#include <sys/param.h>
#include <lib/libkern/libkern.h>

typedef uint64_t word __attribute__((__aligned__(1), __may_alias__));

#define BLOCK	(4 * sizeof(word))

static inline void
copy_block(char *d, const char *s)
{
	word a = ((const word *)s)[0], b = ((const word *)s)[1];
	word c = ((const word *)s)[2], e = ((const word *)s)[3];

	/* All loads before the first store: memmove() may overlap. */
	((word *)d)[0] = a;
	((word *)d)[1] = b;
	((word *)d)[2] = c;
	((word *)d)[3] = e;
	__insn_barrier();
}

static void
copy_up(char *d, const char *s, size_t n)
{
	for (; n >= BLOCK; d += BLOCK, s += BLOCK, n -= BLOCK)
		copy_block(d, s);
	for (; n >= sizeof(word); d += 8, s += 8, n -= 8) {
		*(word *)d = *(const word *)s;
		__insn_barrier();
	}
	for (; n > 0; n--) {
		*d++ = *s++;
		__insn_barrier();
	}
}

static void
copy_down(char *d, const char *s, size_t n)
{
	for (; n >= BLOCK; n -= BLOCK)
		copy_block(d + n - BLOCK, s + n - BLOCK);
	for (; n >= sizeof(word); n -= 8) {
		*(word *)(d + n - 8) = *(const word *)(s + n - 8);
		__insn_barrier();
	}
	for (; n > 0; n--) {
		d[n - 1] = s[n - 1];
		__insn_barrier();
	}
}

void *
memcpy(void *dst, const void *src, size_t n)
{
	copy_up(dst, src, n);
	return dst;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	/* Modulo 2^64: only a dst inside src's bytes is less than n above it. */
	if ((uintptr_t)dst - (uintptr_t)src >= n)
		copy_up(dst, src, n);
	else
		copy_down(dst, src, n);
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	const word w = (u_char)c * 0x0101010101010101UL;
	char *d = dst;

	for (; n >= BLOCK; d += BLOCK, n -= BLOCK) {
		((word *)d)[0] = w;
		((word *)d)[1] = w;
		((word *)d)[2] = w;
		((word *)d)[3] = w;
		__insn_barrier();
	}
	for (; n > 0; n--) {
		*d++ = (char)c;
		__insn_barrier();
	}
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const u_char *p = a, *q = b;

	for (; n > 0; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
		__insn_barrier();
	}
	return 0;
}

void *
memchr(const void *s, int c, size_t n)
{
	const u_char *p = s;

	for (; n > 0; n--, p++) {
		if (*p == (u_char)c)
			return __UNCONST(p);
		__insn_barrier();
	}
	return NULL;
}
