/* snprintf(3): the formatting engine into a buffer of fixed size. */

#include <sys/param.h>
#include <lib/libkern/libkern.h>

struct snbuf {
	char *sb_next;
	size_t sb_room;		/* without the NUL */
};

static void
snputc(int c, void *arg)
{
	struct snbuf *sb = arg;

	if (sb->sb_room == 0)
		return;
	*sb->sb_next++ = (char)c;
	sb->sb_room--;
}

/*
 * => Returns the length of the whole text: size or more means it was cut.
 */
int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct snbuf sb = { .sb_next = buf, .sb_room = size == 0 ? 0 : size - 1 };
	int n;

	n = kvprintf(snputc, &sb, fmt, ap);
	if (size != 0)
		*sb.sb_next = '\0';
	return n;
}

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
