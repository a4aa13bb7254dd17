/*
 * nmi_printf(9): a line from an NMI handler.
 *
 * To the polled console at once, and into a ring of this CPU, from which the
 * interrupt of nmi_defer.c carries it to the message buffer.  A handler may
 * not print there itself: it may have interrupted whoever holds its lock.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/cons.h>
#include <sys/msgbuf.h>

#include <machine/cpu.h>

#include <x86/nmi_defer.h>
#include <x86/nmivar.h>

#define LINE	128		/* most lines are shorter, and cost less then */

/* What the ring has no room for is counted. */
static void
nmi_keep(struct nmi_cpu *nc, const char *s, size_t len)
{
	u_int head = nc->nc_print_head, at = head % NMI_PRINTF_SIZE;
	size_t room = NMI_PRINTF_SIZE -
	    (head - atomic_load_acquire(&nc->nc_print_tail));
	size_t first;

	if (len > room) {
		nc->nc_print_lost.ev_count += len - room;
		len = room;
	}
	first = MIN(len, NMI_PRINTF_SIZE - at);
	memcpy(nc->nc_print + at, s, first);
	if (first != len)
		memcpy(nc->nc_print, s + first, len - first);
	atomic_store_release(&nc->nc_print_head, head + (u_int)len);
}

static void
nmi_putc(int c, void *arg)
{
	char ch = (char)c;

	prf_putc(c);
	nmi_keep(arg, &ch, 1);
}

/*
 * nmi_printf(fmt, ...):
 *
 *	=> NMI context only, and machine checks.  An NMI on top of one of these
 *	   may cost the message buffer some of its characters.
 */
void
nmi_printf(const char *fmt, ...)
{
	struct nmi_cpu *nc = &curcpu()->ci_nmi;
	bool locked = prf_enter();	/* one NMI can hit all CPUs at once */
	char line[LINE];
	va_list ap;
	int len;

	/* Our last line was whole, so this starts one. */
	if (nc->nc_print_head == 0 ||
	    nc->nc_print[(nc->nc_print_head - 1) % NMI_PRINTF_SIZE] == '\n')
		cnfreshline();
	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	va_start(ap, fmt);
	if ((size_t)len >= sizeof(line)) {
		kvprintf(nmi_putc, nc, fmt, ap);
	} else {
		prf_write(line, (size_t)len);
		nmi_keep(nc, line, (size_t)len);
	}
	va_end(ap);
	prf_exit(locked);
	nmi_soft_kick();
}

/* Interrupt context, on the CPU whose ring it is. */
void
nmi_printf_drain(struct nmi_cpu *nc)
{
	u_int head = atomic_load_acquire(&nc->nc_print_head);
	bool locked;

	if (nc->nc_print_tail == head)
		return;
	locked = prf_enter();
	while (nc->nc_print_tail != head) {
		msgbuf_putchar(nc->nc_print[nc->nc_print_tail % NMI_PRINTF_SIZE]);
		atomic_store_release(&nc->nc_print_tail, nc->nc_print_tail + 1);
	}
	prf_exit(locked);
}
