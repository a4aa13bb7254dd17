/*
 * The fuzzing harness, as a target sees it.
 *
 * A target is a function that is given bytes, makes kernel code work on them,
 * and CHECK()s what must hold whatever they are.  It begins from the same
 * state each time, so that the bytes alone bring a failure back.
 */

#ifndef _TESTS_FUZZ_FUZZ_H_
#define _TESTS_FUZZ_FUZZ_H_

#include "unit.h"

void fuzz_one(const u_char *, size_t);	/* the target's */

/* Bytes as decisions: each takes one, and 0 when they are used up. */
struct fuzz_bytes {
	const u_char *fb_next;
	size_t fb_left;
};

static inline u_char
fuzz_byte(struct fuzz_bytes *fb)
{
	if (fb->fb_left == 0)
		return 0;
	fb->fb_left--;
	return *fb->fb_next++;
}

/* One of 0 ... n - 1. */
static inline u_int
fuzz_pick(struct fuzz_bytes *fb, u_int n)
{
	return fuzz_byte(fb) % n;
}

#endif
