/*
 * The console's input: what com(4) hears, and what becomes of a loss.
 *
 * The port is put into loopback for a moment, with all else stopped, so that
 * nothing is printed meanwhile: what is sent is received.
 */

#include <sys/cons.h>
#include <machine/cpu.h>
#include <machine/intr.h>	/* outb */
#include <dev/comreg.h>
#include <x86/cpufunc.h>
#include "ktest.h"

#define CM_PORT		0x3f8	/* the test image's console */
#define CM_FIFO		16	/* bytes the port keeps */
#define CM_LINE_US	5000	/* more than 20 bytes need at 115200 baud */
#define CM_RING		4096	/* what cons.c keeps, or more */

/* Nobody else may read the port: each CPU's clock looks after it. */
static int
cm_alone(void)
{
	int s = splhigh();

	cpu_stop_enter();
	cpu_stop_others();
	return s;
}

static void
cm_together(int s)
{
	cpu_stop_exit();
	splx(s);
}

/* The port hears these; its interrupt comes when interrupts are on again. */
static void
cm_hear(const char *bytes, u_int n)
{
	outb(CM_PORT + COM_MCR, MCR_LOOP);
	for (u_int i = 0; i < n; i++) {
		outb(CM_PORT + COM_DATA, (uint8_t)bytes[i]);
		cnflush();	/* the driver's look at LSR: it keeps what it sees */
	}
	outb(CM_PORT + COM_MCR, MCR_DTR | MCR_RTS | MCR_IENABLE);
}

static void
cm_drain(void)
{
	while (cntryread() != -1)
		continue;
}

static u_int
cm_raw_drain(void)
{
	u_int n;

	for (n = 0; (inb(CM_PORT + COM_LSR) & LSR_RXRDY) != 0; n++)
		(void)inb(CM_PORT + COM_DATA);
	return n;
}

/*
 * Asked of the port itself, past the driver: are as many bytes there at once as
 * it keeps?  Bochs's takes as long as the line would, and what is under way when
 * the loopback ends goes out; so that is waited for.
 */
static bool
cm_hears_at_once(void)
{
	u_int n;
	int s;

	cnflush();
	s = cm_alone();
	while ((inb(CM_PORT + COM_LSR) & LSR_TXEMPTY) == 0)
		x86_pause();	/* the line's own bytes go out first */
	(void)cm_raw_drain();
	outb(CM_PORT + COM_MCR, MCR_LOOP);
	for (u_int i = 0; i < CM_FIFO + 4; i++)
		outb(CM_PORT + COM_DATA, 'x');
	n = cm_raw_drain();
	delay(CM_LINE_US);
	(void)cm_raw_drain();
	outb(CM_PORT + COM_MCR, MCR_DTR | MCR_RTS | MCR_IENABLE);
	cm_together(s);
	cm_drain();
	return n == CM_FIFO;
}
#define CM_NEEDS_LOOPBACK() do { \
	if (!cm_hears_at_once()) \
		KT_SKIP("the port hears itself late in loopback"); \
} while (0)

KTEST(com_input, "what the port hears can be read, in order")
{
	static const char text[] = "nmi(9)";
	const char *p;
	int s;

	CM_NEEDS_LOOPBACK();
	s = cm_alone();
	cm_hear(text, sizeof(text) - 1);
	cm_together(s);
	for (p = text; *p != '\0'; p++)
		KT_CHECK(cnread() == *p);
	KT_CHECK(cntryread() == -1);
}

KTEST(com_cnintr, "without the interrupt the clock's call takes what has come")
{
	int before, after, s;

	CM_NEEDS_LOOPBACK();
	s = cm_alone();
	cm_hear("x", 1);
	before = cntryread();
	cnintr();
	after = cntryread();
	cm_together(s);
	KT_CHECK(before == -1);
	KT_CHECK(after == 'x');
	KT_CHECK(cntryread() == -1);
}

KTEST(com_overrun, "what came too fast for the port is known as a loss")
{
	char text[CM_FIFO + 4];
	u_int n;
	int c, s;

	CM_NEEDS_LOOPBACK();
	memset(text, 'o', sizeof(text));
	s = cm_alone();
	cm_hear(text, sizeof(text));
	cnintr();
	cm_together(s);
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
