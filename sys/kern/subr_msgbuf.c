/*
 * The message buffer: a ring that is never full.
 *
 * A character's position counts from boot and picks its slot, so that
 * writers need one atomic increment and no lock: one that dies, or is
 * interrupted by another, delays nobody.  A reader that was overtaken while
 * it copied sees that by the head and drops what it lost.  What is being
 * written this moment it may see as it was before.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/msgbuf.h>

CTASSERT(powerof2(MSGBUF_SIZE));

static char msgbuf[MSGBUF_SIZE];
static volatile u_long msgbuf_next;

void
msgbuf_putchar(int c)
{
	u_long slot = atomic_inc_ulong_nv(&msgbuf_next) - 1;

	atomic_store_relaxed(&msgbuf[slot % MSGBUF_SIZE], (char)c);
}

uint64_t
msgbuf_head(void)
{
	return atomic_load_acquire(&msgbuf_next);
}

static uint64_t
msgbuf_oldest(void)
{
	uint64_t head = msgbuf_head();

	return head > MSGBUF_SIZE ? head - MSGBUF_SIZE : 0;
}

size_t
msgbuf_read(uint64_t *pos, char *buf, size_t n)
{
	uint64_t start, end, kept;

	do {
		start = MAX(*pos, msgbuf_oldest());
		end = MAX(start, MIN(start + n, msgbuf_head()));
		for (uint64_t i = start; i < end; i++)
			buf[i - start] = atomic_load_relaxed(
			    &msgbuf[i % MSGBUF_SIZE]);
		membar_consumer();
		kept = MIN(MAX(start, msgbuf_oldest()), end);
	} while (kept == end && start < end);	/* nothing is the end's sign */
	memmove(buf, buf + (kept - start), end - kept);
	*pos = end;
	return end - kept;
}

size_t
msgbuf_copy(char *buf, size_t size)
{
	uint64_t head = msgbuf_head(), pos;
	size_t len;

	if (size == 0)
		return 0;
	pos = head > size - 1 ? head - (size - 1) : 0;
	len = msgbuf_read(&pos, buf, size - 1);
	buf[len] = '\0';
	return len;
}
