/*
 * nmi(9): the list of handlers, and calling them.
 *
 * Writers change the list in thread context, one at a time.  Readers are
 * NMIs: they take no lock and can be anywhere in the list at any moment, on
 * every CPU at once.  So a record is complete before the one store that
 * publishes it; and it is unlinked by one store, after which the writer
 * waits until no CPU can still see it, and only then frees it.
 *
 * The wait is pserialize_perform(): a maskable interrupt acknowledged by
 * every other CPU.  A CPU inside an NMI handler cannot acknowledge one, so
 * the acknowledgement proves it has left.  (nmi_dispatch() itself does not
 * enter a pserialize section: it runs with interrupts off.)
 *
 * Built against NetBSD's headers and a <x86/nmivar.h> whose inlines do
 * nothing, this is NetBSD's nmi.c.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/mutex.h>
#include <sys/pserialize.h>

#include <x86/nmi.h>
#include <x86/nmivar.h>

typedef int (*nmi_func_t)(const struct trapframe *, void *);

/*
 * A handle is no address but a number that is never given twice: the memory of
 * a record that was removed may hold a newer one, and its old handle must
 * not remove that.
 */
struct nmi_handler {
	struct nmi_account n_account;	/* first: nmi_call() relies on it */
	nmi_handler_t *n_handle;
	nmi_func_t n_func;
	void *n_arg;
	struct nmi_handler *n_next;
};

/* Behind the oldest: no handler, and known as none by its account alone. */
static struct nmi_handler nmi_end = { .n_account = NMI_ACCOUNT_END };

static struct {
	kmutex_t lock;			/* of writers */
	pserialize_t psz;
	struct nmi_handler *head;	/* the newest */
	unsigned long handles;		/* given out so far */
} nmi_list = { .head = &nmi_end };

void
nmi_init(void)
{
	mutex_init(&nmi_list.lock, MUTEX_DEFAULT, IPL_NONE);
	nmi_list.psz = pserialize_create();
}

/*
 * nmi_establish(func, arg):
 *
 *	From now on every NMI calls func(tf, arg), on any CPU, on several
 *	at once.  The newest handler is called first.
 *	=> thread context.
 *	=> a handle for nmi_disestablish(); NULL if func is NULL, there is no
 *	   memory, or the caller may not do this.
 */
nmi_handler_t *
nmi_establish(nmi_func_t func, void *arg)
{
	struct nmi_handler *n;
	nmi_handler_t *handle;

	if (func == NULL || !nmi_thread_context("nmi_establish", func))
		return NULL;
	if ((n = kmem_zalloc(sizeof(*n), KM_NOSLEEP)) == NULL)
		return NULL;
	n->n_func = func;
	n->n_arg = arg;

	mutex_enter(&nmi_list.lock);
	n->n_handle = handle = (nmi_handler_t *)++nmi_list.handles;
	note_attach(&n->n_account, handle, func, arg);
	n->n_next = nmi_list.head;
	atomic_store_release(&nmi_list.head, n);
	mutex_exit(&nmi_list.lock);
	return handle;
}

/* The pointer that points at the record; NULL: there is none. */
static struct nmi_handler **
nmi_find(const nmi_handler_t *handle)
{
	struct nmi_handler **np;

	KASSERT(mutex_owned(&nmi_list.lock));
	for (np = &nmi_list.head; *np != &nmi_end; np = &(*np)->n_next)
		if ((*np)->n_handle == handle)
			return np;
	return NULL;
}

/*
 * nmi_disestablish(handle):
 *
 *	=> thread context.
 *	=> on return no CPU is in the handler, and none will call it: its
 *	   argument and its code can go away.  Once the system has panicked
 *	   nothing is waited for, and so nothing is freed.
 */
void
nmi_disestablish(nmi_handler_t *handle)
{
	struct nmi_handler **np, *n;

	if (!nmi_thread_context("nmi_disestablish", NULL))
		panic("nmi_disestablish: not in thread context: handle %p",
		    (void *)handle);
	mutex_enter(&nmi_list.lock);
	if ((np = nmi_find(handle)) == NULL) {
		mutex_exit(&nmi_list.lock);
		panic("nmi_disestablish: no such handler: handle %p",
		    (void *)handle);
	}
	/* Its own n_next stays: a CPU that stands on it walks on. */
	n = *np;
	atomic_store_release(np, n->n_next);
	pserialize_perform(nmi_list.psz);
	mutex_exit(&nmi_list.lock);

	if (panicstr != NULL)
		return;
	note_detach(&n->n_account);
	kmem_free(n, sizeof(*n));
}

/* From n on, until one claims this NMI: that one, or NULL. */
static inline __always_inline struct nmi_handler *
nmi_call(struct nmi_handler *n, const struct trapframe *tf, const size_t slot,
    const bool timed)
{
	uint64_t start = 0;
	int claim;

	/* By n, not &n->n_account, for which gcc keeps a second register. */
	for (; note_call(slot, (struct nmi_account *)n, n != &nmi_end);
	     n = atomic_load_consume(&n->n_next)) {
		if (timed)
			start = note_time();
		claim = (*n->n_func)(tf, n->n_arg);
		if (timed)
			note_elapsed(slot, &n->n_account, start);
		if (claim != 0)
			return n;
	}
	return NULL;
}

/*
 * Every handler is called on every NMI: NMIs are edges, and two causes at
 * the same time give one.  That somebody has claimed it is known by where we
 * are, and costs no register.
 */
static inline __always_inline int
nmi_call_all(const struct trapframe *tf, const bool timed)
{
	const size_t slot = note_begin();
	struct nmi_handler *n;

	n = nmi_call(atomic_load_consume(&nmi_list.head), tf, slot, timed);
	if (n == NULL) {
		note_end();
		return 0;
	}
	do {
		note_claim(slot, &n->n_account);
		n = nmi_call(atomic_load_consume(&n->n_next), tf, slot, timed);
	} while (n != NULL);
	note_end();
	return 1;
}

/* Apart, so that its registers cost the ordinary way nothing. */
static __noinline int
nmi_call_all_timed(const struct trapframe *tf)
{
	return nmi_call_all(tf, true);
}

/*
 * nmi_dispatch(tf):
 *
 *	=> NMI context.  Nonzero if some handler claims this NMI.
 */
int
nmi_dispatch(const struct trapframe *tf)
{
	if (__predict_false(nmi_timing))
		return nmi_call_all_timed(tf);
	return nmi_call_all(tf, false);
}
