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

static void
nmi_putc(int c, void *arg)
{
	struct nmi_cpu *nc = arg;
	u_int head = nc->nc_print_head;

	prf_putc(c);
	if (head - atomic_load_acquire(&nc->nc_print_tail) == NMI_PRINTF_SIZE) {
		nc->nc_print_lost.ev_count++;
		return;
	}
	nc->nc_print[head % NMI_PRINTF_SIZE] = (char)c;
	atomic_store_release(&nc->nc_print_head, head + 1);
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
	va_list ap;

	/* Our last line was whole, so this starts one. */
	if (nc->nc_print_head == 0 ||
	    nc->nc_print[(nc->nc_print_head - 1) % NMI_PRINTF_SIZE] == '\n')
		cnfreshline();
	va_start(ap, fmt);
	kvprintf(nmi_putc, nc, fmt, ap);
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
