/*
 * pserialize(9).  A reader keeps interrupts off.  A writer sends every other
 * CPU an interrupt and waits until each has taken it: a CPU that has was not
 * in a read section at that moment, and a later reader sees the new state.
 * The same holds for a CPU inside an NMI handler.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/pserialize.h>
#include <sys/xcall.h>

struct pserialize {
	volatile u_int psz_busy;	/* a writer is waiting: callers serialize */
};

pserialize_t
pserialize_create(void)
{
	return kmem_zalloc(sizeof(struct pserialize), KM_SLEEP);
}

void
pserialize_destroy(pserialize_t psz)
{
	KASSERT(psz->psz_busy == 0);
	kmem_free(psz, sizeof(*psz));
}

/* After a panic it does not wait, and its caller must not free. */
void
pserialize_perform(pserialize_t psz)
{
	u_int busy;

	if (panicstr != NULL)
		return;
	busy = atomic_swap_uint(&psz->psz_busy, 1);
	KASSERTMSG(busy == 0, "pserialize_perform: two writers at once");
	xc_barrier(XC_HIGHPRI);
	atomic_store_release(&psz->psz_busy, 0);
}

int
pserialize_read_enter(void)
{
	return splhigh();
}

void
pserialize_read_exit(int s)
{
	splx(s);
}
