/*
 * The half of the harness that belongs to the host: libFuzzer's entry, and
 * what the shim of the unit tests wants of its own host half.
 *
 * A failure aborts: libFuzzer then keeps the bytes that led to it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
void fuzz_one(const unsigned char *, size_t);
void unit_shim_reset(void);
void unit_fail(const char *, ...) __attribute__((__noreturn__));
void unit_longjmp(void *) __attribute__((__noreturn__));

extern long unit_panic_env[40];
long unit_panic_env[40];
_Static_assert(sizeof(jmp_buf) <= sizeof(unit_panic_env), "see unit.h");

void
unit_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

void
unit_longjmp(void *env)
{
	longjmp(env, 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unit_shim_reset();
	fuzz_one(data, size);
	return 0;
}
