/*
 * printf(9).
 *
 * Thread and interrupt context, and in need any other: what it prints comes
 * out whatever state the machine is in.  A lock keeps the lines of different
 * CPUs apart, with interrupts off so that no handler finds its own CPU in
 * it.  It is only a courtesy:
 *
 * - A CPU that has it already (a trap or an NMI inside printf, and a panic
 *   from there) goes on without it.
 * - A waiter counts its patience from the holder's last character.  A holder
 *   that was stopped or died prints none, so the waiter takes the lock over;
 *   one that is merely slow is never robbed.
 *
 * The message buffer and the polled console need no lock themselves, and
 * both ignore what comes before they exist.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kernel.h>
#include <sys/cons.h>
#include <sys/msgbuf.h>
#include <machine/cpu.h>
#include <machine/intr.h>
#include <machine/lock.h>

/*
 * Patience is time, since a virtual CPU that holds the lock may have to wait
 * for the host's; but bounded in turns as well, should the clock stand.
 */
#define PRF_PATIENCE_US	100000
#define PRF_MINSPINS	(1U << 18)
#define PRF_MAXSPINS	(1U << 24)

static volatile u_int prf_owner;	/* CPU number + 1, 0: free */
static volatile u_int prf_progress;	/* characters printed */
static bool prf_midline;		/* the last message was not a whole line */

static bool
prf_patience_over(u_int spins, uint64_t since)
{
	if (spins < PRF_MINSPINS || spins % 1024 != 0)
		return false;
	return spins > PRF_MAXSPINS || uptime_us() - since > PRF_PATIENCE_US;
}

/* True: to be released. */
static bool
prf_lock(u_int me)
{
	u_int owner, seen = prf_progress, spins = 0;
	uint64_t since = 0;

	while ((owner = atomic_cas_uint(&prf_owner, 0, me)) != 0) {
		if (owner == me)
			return false;
		if (prf_progress != seen) {
			seen = prf_progress;
			spins = 0;
		}
		if (spins++ == 0)
			since = uptime_us();
		if (prf_patience_over(spins, since) &&
		    atomic_cas_uint(&prf_owner, owner, me) == owner)
			break;
		SPINLOCK_BACKOFF_HOOK;
	}
	return true;
}

/* The robbed one finds another owner and leaves it alone. */
static void
prf_unlock(u_int me)
{
	(void)atomic_cas_uint(&prf_owner, me, 0);
}

/* For nmi_printf(9), by callers that have interrupts off. */
bool
prf_enter(void)
{
	return prf_lock(cpu_number() + 1);
}

void
prf_exit(bool locked)
{
	if (locked)
		prf_unlock(cpu_number() + 1);
}

void
prf_putc(int c)
{
	prf_progress++;		/* a lost count only shortens patience */
	cnputc(c);
}

void
prf_write(const char *s, size_t len)
{
	prf_progress += (u_int)len;
	cnwrite(s, len);
}

static void
put_console(int c, void *arg __unused)
{
	prf_putc(c);
}

static void
put_both(int c, void *arg)
{
	prf_midline = c != '\n';
	msgbuf_putchar(c);
	put_console(c, arg);
}

static void __printflike(2, 0)
prf(void (*put)(int, void *), const char *fmt, va_list ap)
{
	const int s = splhigh();
	const u_int me = cpu_number() + 1;
	const bool locked = prf_lock(me);

	/* A new message does not go on where the operator types. */
	if (put == put_both && !prf_midline)
		cnfreshline();
	(void)kvprintf(put, NULL, fmt, ap);
	if (locked)
		prf_unlock(me);
	splx(s);
}

void
vprintf(const char *fmt, va_list ap)
{
	NMI_FORBIDDEN();
	prf(put_both, fmt, ap);
}

void
printf(const char *fmt, ...)
{
	va_list ap;

	NMI_FORBIDDEN();
	va_start(ap, fmt);
	prf(put_both, fmt, ap);
	va_end(ap);
}

void
vprintf_nolog(const char *fmt, va_list ap)
{
	prf(put_console, fmt, ap);
}

void
printf_nolog(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	prf(put_console, fmt, ap);
	va_end(ap);
}
