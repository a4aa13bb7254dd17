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

/*
 * The port hears these; its interrupt comes when interrupts are on again.  Bochs
 * forgets one that the port's enable does not let through at that moment.
 */
static void
cm_hear(const char *bytes, u_int n)
{
	cnflush();
	while ((inb(CM_PORT + COM_LSR) & LSR_TXEMPTY) == 0)
		x86_pause();	/* the line's own bytes go out first */
	outb(CM_PORT + COM_MCR, MCR_LOOP | MCR_IENABLE);
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

KTEST(com_input, "what the port hears can be read, in order")
{
	static const char text[] = "nmi(9)";
	const char *p;
	int s;

	cm_drain();
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

	cm_drain();
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

	cm_drain();
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
