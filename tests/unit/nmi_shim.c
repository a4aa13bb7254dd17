/*
 * What nmi.c calls, for a host with threads: mutexes that exclude, memory
 * that can run out, and a pserialize_perform() that waits, as the real one
 * does, until every thread that was in an NMI has left it.
 *
 * All of it is atomic operations, which ThreadSanitizer understands.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kmem.h>
#include <sys/mutex.h>
#include <sys/pserialize.h>
#include <x86/nmi.h>
#include "unit.h"
#include "nmi_host.h"
#include "nmi_shim.h"

struct pserialize {
	volatile u_int psz_busy;
};

volatile u_int shim_memory;		/* allocations that live */
void *shim_newest;
bool shim_no_memory;
static struct pserialize the_psz;

/* Odd while the thread is in an NMI. */
static __thread u_int my_slot;
static volatile u_int shim_seq[NMI_HOST_THREADS + 1];

void
shim_thread(u_int slot)
{
	my_slot = slot;
}

int
shim_nmi(void)
{
	int claimed;

	__atomic_fetch_add(&shim_seq[my_slot], 1, __ATOMIC_ACQ_REL);
	claimed = nmi_dispatch(NULL);
	__atomic_fetch_add(&shim_seq[my_slot], 1, __ATOMIC_ACQ_REL);
	return claimed;
}

pserialize_t
pserialize_create(void)
{
	return &the_psz;
}

/* A read-modify-write: an NMI that begins after it sees what we did before. */
static void
shim_wait(volatile u_int *seq)
{
	u_int v = __atomic_fetch_add(seq, 0, __ATOMIC_ACQ_REL);

	while (v % 2 != 0 && atomic_load_acquire(seq) == v)
		nmi_host_yield();
}

void
pserialize_perform(pserialize_t psz)
{
	if (atomic_swap_uint(&psz->psz_busy, 1) != 0)
		__builtin_trap();	/* two writers at once */
	for (u_int i = 0; panicstr == NULL && i < __arraycount(shim_seq); i++)
		shim_wait(&shim_seq[i]);
	atomic_store_release(&psz->psz_busy, 0);
}

void *
kmem_zalloc(size_t size, km_flag_t flags __unused)
{
	void *p;

	if (shim_no_memory)
		return NULL;
	atomic_inc_uint(&shim_memory);
	p = nmi_host_alloc(size);
	atomic_store_relaxed(&shim_newest, p);
	return p;
}

void
kmem_free(void *p, size_t size __unused)
{
	atomic_dec_uint(&shim_memory);
	nmi_host_free(p);
}

void
mutex_init(kmutex_t *mtx, kmutex_type_t type __unused, int ipl)
{
	mtx->mtx_owner = 0;
	mtx->mtx_ipl = (uint8_t)ipl;
	mtx->mtx_kind = MUTEX_KIND_ADAPTIVE;
}

void
mutex_enter(kmutex_t *mtx)
{
	while (atomic_cas_ulong(&mtx->mtx_owner, 0, my_slot + 1) != 0)
		nmi_host_yield();
}

void
mutex_exit(kmutex_t *mtx)
{
	atomic_store_release(&mtx->mtx_owner, 0);
}

int
mutex_owned(const kmutex_t *mtx)
{
	return atomic_load_relaxed(&mtx->mtx_owner) == my_slot + 1;
}
