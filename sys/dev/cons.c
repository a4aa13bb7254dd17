/*
 * The console: output straight to the polled device, input from its
 * interrupt through a ring to whoever sleeps in cnread().
 *
 * cnputc(), cngetc() and cnpollc() take no locks and work in any context.
 */

#include <sys/param.h>
#include <sys/condvar.h>
#include <sys/cons.h>
#include <sys/debugger.h>
#include <sys/mutex.h>
#include <sys/systm.h>
#include <machine/intr.h>
#include <dev/comvar.h>

#define CN_RING		4096	/* a power of two */

struct consdev *cn_tab;
static volatile bool cn_midline;	/* a prompt, or half a command */
static volatile bool cn_broken;		/* one was ended by cnfreshline() */

static kmutex_t cn_lock = MUTEX_SPIN_INITIALIZER;	/* interrupt handlers too */
static kcondvar_t cn_cv = { "console" };
static uint16_t cn_ring[CN_RING];
static u_int cn_head, cn_tail;	/* put at head, take at tail; free running */
static bool cn_lost;		/* the ring was full: say so before the next */

#define CN_BACK		64		/* a power of two */

/* What cnunread() gives back: put with the machine stopped, taken with cn_lock. */
static uint16_t cn_back[CN_BACK];
static volatile u_int cn_back_head, cn_back_tail;

void
cninit(void)
{
	com_cninit();
}

void
cnputc(int c)
{
	const struct consdev *cn = cn_tab;

	if (cn == NULL)
		return;
	/* An NMI between these reports on a line of its own, if not two. */
	if (c != '\n')
		cn_midline = true;
	else
		cn->cn_putc(cn->cn_cookie, '\r');
	cn->cn_putc(cn->cn_cookie, c);
	cn_midline = c != '\n';		/* what reported meanwhile ended its line */
}

/* Any context. */
void
cnwrite(const char *s, size_t len)
{
	const struct consdev *cn = cn_tab;

	if (cn == NULL || len == 0)
		return;
	cn_midline = true;
	cn->cn_write(cn->cn_cookie, s, len);
	cn_midline = s[len - 1] != '\n';
}

/* Any context: returns when the line is idle, or stuck. */
void
cnflush(void)
{
	const struct consdev *cn = cn_tab;

	if (cn != NULL)
		cn->cn_flush(cn->cn_cookie);
}

/* Any context: what follows is to stand at the start of a line. */
void
cnfreshline(void)
{
	if (!cn_midline)
		return;
	cn_broken = true;
	cnputc('\n');
}

bool
cnbroken(void)
{
	const bool broken = cn_broken;

	cn_broken = false;
	return broken;
}

int
cnpollc(void)
{
	const struct consdev *cn = cn_tab;

	return cn == NULL ? -1 : cn->cn_getc(cn->cn_cookie);
}

int
cngetc(void)
{
	int c;

	while ((c = cnpollc()) == -1)
		x86_pause();
	return c;
}

void
cnintr(void)
{
	const struct consdev *cn = cn_tab;

	if (cn != NULL && cn->cn_intr != NULL)
		cn->cn_intr(cn->cn_cookie);
}

/* With cn_lock. */
static void
cn_put(int c)
{
	if (cn_head - cn_tail == CN_RING) {
		cn_lost = true;
		/* A break is a call for help: it takes the last one's place. */
		if (c == CN_BREAK)
			cn_ring[(cn_head - 1) % CN_RING] = CN_BREAK;
	} else {
		cn_ring[cn_head++ % CN_RING] = (uint16_t)c;
		cv_signal(&cn_cv);
	}
}

/* With cn_lock; by who puts, so that what was typed first stays first. */
static void
cn_adopt(void)
{
	while (cn_back_tail != cn_back_head) {
		cn_put(cn_back[cn_back_tail % CN_BACK]);
		cn_back_tail++;
	}
}

void
cninput(int c)
{
	if (c == CN_BREAK && db_fromconsole != 0) {
		Debugger();
		return;
	}
	mutex_enter(&cn_lock);
	cn_adopt();
	cn_put(c);
	mutex_exit(&cn_lock);
}

/*
 * Whom the debugger interrupted may have cn_lock, so it puts what it has read
 * too much aside; the next character or clock tick brings it to the ring.
 */
void
cnunread(int c)
{
	if (cn_back_head - cn_back_tail == CN_BACK)
		cn_back[(cn_back_head - 1) % CN_BACK] = CN_LOST;
	else
		cn_back[cn_back_head++ % CN_BACK] = (uint16_t)c;
}

void
cnadopt(void)
{
	if (cn_back_tail == cn_back_head)
		return;
	mutex_enter(&cn_lock);
	cn_adopt();
	mutex_exit(&cn_lock);
}

/* A line that misses bytes must not be run: the loss stands where it was. */
static int
cn_take(void)
{
	int c;

	if (cn_head == cn_tail)
		return -1;
	c = cn_ring[cn_tail++ % CN_RING];
	if (cn_lost) {
		cn_lost = false;
		cn_ring[cn_head++ % CN_RING] = CN_LOST;
	}
	return c;
}

int
cntryread(void)
{
	int c;

	mutex_enter(&cn_lock);
	c = cn_take();
	mutex_exit(&cn_lock);
	return c;
}

int
cnread(void)
{
	int c;

	mutex_enter(&cn_lock);
	while ((c = cn_take()) == -1)
		cv_wait(&cn_cv, &cn_lock);
	mutex_exit(&cn_lock);
	return c;
}
