/*
 * percpu(9).
 *
 * An object is a table of pointers, one for each possible CPU.  The table
 * never moves and its entries are set before anybody can use them, so a
 * reader takes no lock and NMI handlers may count in it.  CPUs are attached
 * while objects exist: all of them are on a list, and a new CPU gets its
 * instance of each.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/lwp.h>
#include <sys/mutex.h>
#include <sys/percpu.h>
#include <sys/queue.h>
#include <machine/cpu.h>

struct percpu {
	void *pc_data[MAXCPUS];
	size_t pc_size;			/* as asked for */
	percpu_callback_t pc_ctor;	/* or NULL */
	percpu_callback_t pc_dtor;	/* or NULL */
	void *pc_cookie;
	TAILQ_ENTRY(percpu) pc_list;
};

static TAILQ_HEAD(, percpu) percpu_all = TAILQ_HEAD_INITIALIZER(percpu_all);
static kmutex_t percpu_lock;		/* the list, and filling in tables */

void
percpu_init(void)
{
	mutex_init(&percpu_lock, MUTEX_DEFAULT, IPL_NONE);
}

/* From KMEM_LINE_MIN on, kmem gives memory that shares no cache line. */
static size_t
percpu_bytes(const struct percpu *pc)
{
	return roundup2(MAX(pc->pc_size, (size_t)KMEM_LINE_MIN),
	    (size_t)COHERENCY_UNIT);
}

static void
percpu_add_cpu(struct percpu *pc, struct cpu_info *ci)
{
	void **slot = &pc->pc_data[cpu_index(ci)];

	if (*slot != NULL)
		return;
	*slot = kmem_zalloc(percpu_bytes(pc), KM_SLEEP);
	if (pc->pc_ctor != NULL)
		(*pc->pc_ctor)(*slot, pc->pc_cookie, ci);
}

void
percpu_init_cpu(struct cpu_info *ci)
{
	struct percpu *pc;

	mutex_enter(&percpu_lock);
	TAILQ_FOREACH(pc, &percpu_all, pc_list)
		percpu_add_cpu(pc, ci);
	mutex_exit(&percpu_lock);
}

percpu_t *
percpu_create(size_t size, percpu_callback_t ctor, percpu_callback_t dtor,
    void *cookie)
{
	struct percpu *pc = kmem_zalloc(sizeof(*pc), KM_SLEEP);
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	KASSERT(size > 0);
	pc->pc_size = size;
	pc->pc_ctor = ctor;
	pc->pc_dtor = dtor;
	pc->pc_cookie = cookie;
	mutex_enter(&percpu_lock);
	for (CPU_INFO_FOREACH(cii, ci))
		percpu_add_cpu(pc, ci);
	TAILQ_INSERT_TAIL(&percpu_all, pc, pc_list);
	mutex_exit(&percpu_lock);
	return pc;
}

percpu_t *
percpu_alloc(size_t size)
{
	return percpu_create(size, NULL, NULL, NULL);
}

/*
 * => The size is that of percpu_alloc(); nobody uses the object any more.
 */
void
percpu_free(percpu_t *pc, size_t size)
{
	KASSERTMSG(size == pc->pc_size, "percpu_free: %zu bytes, allocated %zu",
	    size, pc->pc_size);
	mutex_enter(&percpu_lock);
	TAILQ_REMOVE(&percpu_all, pc, pc_list);
	mutex_exit(&percpu_lock);
	if (pc->pc_dtor != NULL)
		percpu_foreach(pc, pc->pc_dtor, pc->pc_cookie);
	for (u_int i = 0; i < MAXCPUS; i++)
		if (pc->pc_data[i] != NULL)
			kmem_free(pc->pc_data[i], percpu_bytes(pc));
	kmem_free(pc, sizeof(*pc));
}

void *
percpu_getref(percpu_t *pc)
{
	kpreempt_disable();
	return pc->pc_data[cpu_number()];
}

void
percpu_putref(percpu_t *pc __unused)
{
	kpreempt_enable();
}

void
percpu_foreach(percpu_t *pc, percpu_callback_t func, void *arg)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	for (CPU_INFO_FOREACH(cii, ci))
		if (pc->pc_data[cpu_index(ci)] != NULL)
			(*func)(pc->pc_data[cpu_index(ci)], arg, ci);
}
