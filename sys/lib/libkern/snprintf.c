/* snprintf(3): the formatting engine into a buffer of fixed size. */

#include <sys/param.h>
#include <lib/libkern/libkern.h>

int
snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
