/*
 * The console's input: what com(4) hears, and what becomes of a loss.
 *
 * The port is put into loopback for a moment, interrupts off, so that nothing
 * is printed meanwhile: what is sent is received.
 */

#include <sys/cons.h>
#include <machine/intr.h>	/* outb */
#include <dev/comreg.h>
#include "ktest.h"

#define CM_PORT		0x3f8	/* the test image's console */
#define CM_FIFO		16	/* bytes the port keeps */
#define CM_RING		4096	/* what cons.c keeps, or more */

/* The port hears these; its interrupt comes when interrupts are on again. */
static void
cm_hear(const char *bytes, u_int n)
{
	int s;

	cnflush();
	s = splhigh();
	outb(CM_PORT + COM_MCR, MCR_LOOP);
	for (u_int i = 0; i < n; i++) {
		outb(CM_PORT + COM_DATA, (uint8_t)bytes[i]);
		cnflush();	/* the driver's look at LSR: it keeps what it sees */
	}
	outb(CM_PORT + COM_MCR, MCR_DTR | MCR_RTS | MCR_IENABLE);
	splx(s);
}

static void
cm_drain(void)
{
	while (cntryread() != -1)
		continue;
}

/* Bochs's port hears nothing of itself; QEMU's does, and the host sees to that. */
static bool
cm_hears_itself(void)
{
	int s = splhigh();
	bool heard;

	cm_drain();
	cm_hear("xy", 2);
	cnintr();
	heard = cntryread() == 'x' && cntryread() == 'y';
	splx(s);
	return heard;
}
#define CM_NEEDS_LOOPBACK() do { \
	if (!cm_hears_itself()) \
		KT_SKIP("the port hears nothing of itself in loopback"); \
} while (0)

KTEST(com_input, "what the port hears can be read, in order")
{
	static const char text[] = "nmi(9)";
	const char *p;

	CM_NEEDS_LOOPBACK();
	cm_drain();
	cm_hear(text, sizeof(text) - 1);
	for (p = text; *p != '\0'; p++)
		KT_CHECK(cnread() == *p);
	KT_CHECK(cntryread() == -1);
}

KTEST(com_cnintr, "without the interrupt the clock's call takes what has come")
{
	int s;

	CM_NEEDS_LOOPBACK();
	cm_drain();
	s = splhigh();
	cm_hear("x", 1);
	KT_CHECK(cntryread() == -1);
	cnintr();
	KT_CHECK(cntryread() == 'x');
	splx(s);
	KT_CHECK(cntryread() == -1);
}

KTEST(com_overrun, "what came too fast for the port is known as a loss")
{
	char text[CM_FIFO + 4];
	u_int n;
	int c;

	CM_NEEDS_LOOPBACK();
	memset(text, 'o', sizeof(text));
	cm_drain();
	cm_hear(text, sizeof(text));
	for (n = 0; (c = cntryread()) == 'o'; n++)
		continue;
	KT_CHECK(n == CM_FIFO);
	KT_CHECK(c == CN_LOST);
	KT_CHECK(cntryread() == -1);
}

KTEST(cons_lost, "a full ring tells its reader where bytes were lost")
{
	u_int n;
	int c;

	cm_drain();
	for (n = 0; n < 2 * CM_RING; n++)
		cninput('a');
	for (n = 0; (c = cntryread()) == 'a'; n++)
		continue;
	KT_CHECK(n > 0 && n < 2 * CM_RING);
	KT_CHECK(c == CN_LOST);
	KT_CHECK(cntryread() == -1);
	cninput('b');
	KT_CHECK(cntryread() == 'b');
}
