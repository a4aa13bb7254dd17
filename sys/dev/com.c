/*
 * com(4): a 16550 serial port as console, 115200 8N1.
 *
 * Output is polled and works in any context, NMI and panic included; it
 * takes no lock, and a port that takes nothing delays its callers once,
 * not once a character.  Input comes by interrupt, or polled.
 *
 * Every read of the line status clears its break bit, those that only ask
 * whether the port is ready to send too.  So all of them go through
 * com_lsr(), which keeps the bit until the receiving side has used it.
 */

#include <sys/param.h>
#include <sys/atomic.h>
#include <sys/bootinfo.h>
#include <sys/cons.h>
#include <sys/device.h>
#include <sys/mutex.h>
#include <sys/systm.h>
#include <sys/watchdog.h>
#include <machine/intr.h>
#include <dev/comreg.h>
#include <dev/comvar.h>

#define COM_RATE	115200
#define COM_PATIENCE	2000000	/* polls, 1 s or more: a slow reader is not a dead one */
#define COM_TOUCH	1000	/* polls, until a watchdog hears of it */
#define COM_BURST	64	/* characters before others get their turn */
#define COM_FILL	15	/* of its FIFO of 16: another may be about to put one */
#define COM_SETTLE	1000	/* polls for another CPU to note a break */

struct com_softc {
	struct consdev sc_cn;
	uint16_t sc_port;
	int sc_irq;
	bool sc_present;
	kmutex_t sc_lock;		/* one CPU empties the FIFO at a time */
	volatile bool sc_break;		/* seen, its NUL not yet taken */
	volatile bool sc_overrun;	/* seen, not yet told */
	volatile bool sc_stuck;		/* did not send within COM_PATIENCE */
	volatile u_int sc_reading;	/* CPUs between reading and noting LSR */
	volatile u_int sc_dropped;	/* characters never sent */
};

static int com_getc(void *);
static void com_putc(void *, int);
static void com_puts(void *, const char *, size_t);

static struct com_softc com_softc[] = {
	{ .sc_cn = { .cn_name = "com0" }, .sc_port = 0x3f8, .sc_irq = 4 },
	{ .sc_cn = { .cn_name = "com1" }, .sc_port = 0x2f8, .sc_irq = 3 },
};

static uint8_t
com_read(const struct com_softc *sc, u_int reg)
{
	return inb((uint16_t)(sc->sc_port + reg));
}

static void
com_write(const struct com_softc *sc, u_int reg, u_int v)
{
	outb((uint16_t)(sc->sc_port + reg), (uint8_t)v);
}

static uint8_t
com_lsr(struct com_softc *sc)
{
	int s = splhigh();	/* our interrupt must not come between */
	uint8_t lsr;

	atomic_inc_uint(&sc->sc_reading);
	lsr = com_read(sc, COM_LSR);
	if ((lsr & LSR_BREAK) != 0)
		sc->sc_break = true;
	if ((lsr & LSR_OVERRUN) != 0)
		sc->sc_overrun = true;
	atomic_dec_uint(&sc->sc_reading);
	splx(s);
	return lsr;
}

/* Is this NUL the one that a break leaves in the FIFO? */
static bool
com_take_break(struct com_softc *sc)
{
	u_int n;

	/* Another CPU may have the bit in hand; it cannot be waited for long. */
	for (n = COM_SETTLE; n != 0 && sc->sc_reading != 0; n--)
		x86_pause();
	if (!sc->sc_break)
		return false;
	sc->sc_break = false;
	return true;
}

/* One that once was too slow gets a single poll until it is ready again. */
static bool
com_wait(struct com_softc *sc, uint8_t bit)
{
	u_int n;

	for (n = sc->sc_stuck ? 1 : COM_PATIENCE; n != 0; n--) {
		if ((com_lsr(sc) & bit) != 0) {
			sc->sc_stuck = false;
			return true;
		}
		x86_pause();
		if (n % COM_TOUCH == 0)
			watchdog_touch();
	}
	sc->sc_stuck = true;
	return false;
}

static void
com_putc(void *cookie, int c)
{
	struct com_softc *sc = cookie;

	if (com_wait(sc, LSR_TXRDY))
		com_write(sc, COM_DATA, (u_int)c);
	else
		atomic_inc_uint(&sc->sc_dropped);
}

/* How many can go as they are: to a newline, or as many as the FIFO takes. */
static size_t
com_run(const char *s, size_t len)
{
	const size_t most = MIN(len, COM_FILL);
	size_t n;

	for (n = 0; n < most && s[n] != '\n'; n++)
		continue;
	return n;
}

/* Ready means that the FIFO is empty: one look is good for some characters. */
static void
com_puts(void *cookie, const char *s, size_t len)
{
	struct com_softc *sc = cookie;
	const char *const end = s + len;
	size_t n;

	while (s != end) {
		if (!com_wait(sc, LSR_TXRDY)) {
			atomic_inc_uint(&sc->sc_dropped);
			s++;
			continue;
		}
		n = com_run(s, (size_t)(end - s));
		outsb((uint16_t)(sc->sc_port + COM_DATA), s, n);
		s += n;
		if (n < COM_FILL - 1 && s != end) {	/* a newline, and room for two */
			com_write(sc, COM_DATA, '\r');
			com_write(sc, COM_DATA, (u_char)*s++);
		}
	}
}

static void
com_flush(void *cookie)
{
	(void)com_wait(cookie, LSR_TXEMPTY);
}

/* A break means nothing to a polled reader. */
static int
com_getc(void *cookie)
{
	struct com_softc *sc = cookie;
	int c;

	if ((com_lsr(sc) & LSR_RXRDY) == 0)
		return -1;
	c = com_read(sc, COM_DATA);
	if (c == '\0' && com_take_break(sc))
		return -1;
	return c;
}

static void
com_interrupts(const struct com_softc *sc, bool on)
{
	com_write(sc, COM_IER, on ? IER_RXRDY | IER_LINE : 0);
}

/*
 * The line is edge triggered: it must have been seen idle before we leave,
 * or be made to rise again.  The latter ends a burst, so that a sender that
 * never pauses cannot keep the CPU.
 */
static void
com_receive(struct com_softc *sc)
{
	u_int n;
	int c;

	for (n = 0; n < COM_BURST; n++) {
		if ((com_lsr(sc) & LSR_RXRDY) == 0) {
			if ((com_read(sc, COM_IIR) & IIR_NONE) != 0)
				break;
			continue;
		}
		c = com_read(sc, COM_DATA);
		cninput(c == '\0' && com_take_break(sc) ? CN_BREAK : c);
	}
	if (sc->sc_overrun) {
		sc->sc_overrun = false;
		cninput(CN_LOST);	/* near enough: the line is bad */
	}
	if (n == COM_BURST) {
		com_interrupts(sc, false);
		com_interrupts(sc, true);
	} else if (com_take_break(sc)) {
		cninput(CN_BREAK);	/* its NUL was lost in an overrun */
	}
}

/* The interrupt; also by the clock when the interrupt's CPU is stuck. */
static void
com_intr(void *cookie)
{
	struct com_softc *sc = cookie;

	mutex_enter(&sc->sc_lock);
	com_receive(sc);
	mutex_exit(&sc->sc_lock);
}

/* Where no port is, the bus reads as ones. */
static bool
com_probe(const struct com_softc *sc)
{
	com_write(sc, COM_SCRATCH, 0x55);
	if (com_read(sc, COM_SCRATCH) != 0x55)
		return false;
	com_write(sc, COM_SCRATCH, 0xaa);
	return com_read(sc, COM_SCRATCH) == 0xaa;
}

static void
com_setup(const struct com_softc *sc)
{
	com_interrupts(sc, false);
	com_write(sc, COM_LCR, LCR_DLAB | LCR_8N1);
	com_write(sc, COM_DATA, COM_BASE_RATE / COM_RATE);
	com_write(sc, COM_IER, 0);	/* the divisor's high byte */
	com_write(sc, COM_LCR, LCR_8N1);
	com_write(sc, COM_FIFO, FIFO_ENABLE | FIFO_RESET);
	com_write(sc, COM_MCR, MCR_DTR | MCR_RTS | MCR_IENABLE);
}

void
com_cninit(void)
{
	struct com_softc *sc = &com_softc[boot_console == 1];

	/* Rather the other port than a machine that says nothing. */
	if (!com_probe(sc))
		sc = &com_softc[boot_console != 1];
	if (!com_probe(sc))
		return;
	com_setup(sc);
	sc->sc_present = true;
	sc->sc_cn.cn_getc = com_getc;
	sc->sc_cn.cn_putc = com_putc;
	sc->sc_cn.cn_write = com_puts;
	sc->sc_cn.cn_flush = com_flush;
	sc->sc_cn.cn_cookie = sc;
	cn_tab = &sc->sc_cn;
}

/* From here on input arrives by itself. */
static void
com_attach(void)
{
	const struct com_softc *want = &com_softc[boot_console == 1];
	u_int i;

	if (!want->sc_present && cn_tab != NULL)
		printf("%s: no port at 0x%x, the console is %s\n",
		    want->sc_cn.cn_name, want->sc_port, cn_tab->cn_name);
	for (i = 0; i < __arraycount(com_softc); i++) {
		struct com_softc *sc = &com_softc[i];

		if (!sc->sc_present)
			continue;
		printf("%s: port 0x%x irq %d, console\n", sc->sc_cn.cn_name,
		    sc->sc_port, sc->sc_irq);
		mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_VM);
		sc->sc_cn.cn_intr = com_intr;
		intr_establish_isa(sc->sc_irq, com_intr, sc, sc->sc_cn.cn_name);
		com_interrupts(sc, true);
	}
}
DEVICE_DRIVER(com, com_attach);
