/*
 * Kernel stacks of threads.  A stack that is given back stays mapped and is
 * kept for the next thread: nothing is ever unmapped, so no CPU can hold a
 * stale translation.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lwp.h>

#include <machine/intr.h>
#include <machine/pmap.h>

struct kstack_free {
	struct kstack_free *kf_next;
};

static kmutex_t kstack_lock = MUTEX_SPIN_INITIALIZER;
static struct kstack_free *kstack_list;

vaddr_t
kstack_alloc(void)
{
	struct kstack_free *kf;

	mutex_spin_enter(&kstack_lock);
	if ((kf = kstack_list) != NULL)
		kstack_list = kf->kf_next;
	mutex_spin_exit(&kstack_lock);
	return kf != NULL ? (vaddr_t)kf : pmap_stack_alloc(KSTACK_SIZE);
}

void
kstack_free(vaddr_t stack)
{
	struct kstack_free *kf = (struct kstack_free *)stack;

	mutex_spin_enter(&kstack_lock);
	kf->kf_next = kstack_list;
	kstack_list = kf;
	mutex_spin_exit(&kstack_lock);
}
