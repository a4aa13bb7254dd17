/*
 * Deaths by NMI: handlers that do what they may not, handles that are none,
 * and an NMI that nobody claims.  The scenarios in tests/qemu judge them.
 */

#include <sys/condvar.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/mutex.h>
#include <machine/specialreg.h>
#include <x86/nmi_defer.h>
#include "nmitest.h"

static kmutex_t dn_adaptive = MUTEX_ADAPTIVE_INITIALIZER;
static kmutex_t dn_spin = MUTEX_SPIN_INITIALIZER;
static kcondvar_t dn_cv = { .cv_wmesg = "death" };
static void *dn_memory, *dn_softint;
static nmi_handler_t *volatile dn_handle;
static void (*dn_rule)(void);

/* Breaks the rule, in a handler with an argument that the panic shows. */
static int
dn_handler(const struct trapframe *tf __unused, void *arg __unused)
{
	dn_rule();
	return 1;
}

static void
dn_break(void (*rule)(void))
{
	dn_rule = rule;
	dn_handle = nmi_establish(dn_handler, (void *)0x1234);
	(void)nt_self();
}

static void
dn_never(void *arg __unused)
{
}

static void
dn_mutex_enter(void)
{
	mutex_enter(&dn_adaptive);
}

KDEATH(nmi_mutex_enter, "nmi-mutex-enter", "mutex_enter in an NMI handler")
{
	dn_break(dn_mutex_enter);
}

static void
dn_mutex_spin_enter(void)
{
	mutex_spin_enter(&dn_spin);
}

KDEATH(nmi_mutex_spin_enter, "nmi-mutex-spin-enter", "mutex_spin_enter in an NMI handler")
{
	dn_break(dn_mutex_spin_enter);
}

/* It would not wait; but whoever has the mutex may be what was interrupted. */
static void
dn_mutex_tryenter(void)
{
	if (mutex_tryenter(&dn_adaptive))
		mutex_exit(&dn_adaptive);
}

KDEATH(nmi_mutex_tryenter, "nmi-mutex-tryenter", "mutex_tryenter in an NMI handler")
{
	dn_break(dn_mutex_tryenter);
}

static void
dn_spin_tryenter(void)
{
	if (mutex_tryenter(&dn_spin))
		mutex_spin_exit(&dn_spin);
}

KDEATH(nmi_spin_tryenter, "nmi-spin-tryenter", "mutex_tryenter of a spin mutex in an NMI handler")
{
	dn_break(dn_spin_tryenter);
}

static void
dn_cv_wait(void)
{
	cv_wait(&dn_cv, &dn_adaptive);
}

KDEATH(nmi_cv_wait, "nmi-cv-wait", "cv_wait in an NMI handler")
{
	dn_break(dn_cv_wait);
}

static void
dn_kmem_sleep(void)
{
	dn_memory = kmem_zalloc(64, KM_SLEEP);
}

KDEATH(nmi_kmem_sleep, "nmi-kmem-sleep", "kmem_zalloc that may sleep in an NMI handler")
{
	dn_break(dn_kmem_sleep);
}

static void
dn_kmem_alloc(void)
{
	dn_memory = kmem_alloc(64, KM_NOSLEEP);
}

KDEATH(nmi_kmem_alloc, "nmi-kmem-alloc", "kmem_alloc in an NMI handler")
{
	dn_break(dn_kmem_alloc);
}

static void
dn_kmem_intr_alloc(void)
{
	dn_memory = kmem_intr_alloc(64, KM_NOSLEEP);
}

KDEATH(nmi_kmem_intr_alloc, "nmi-kmem-intr-alloc", "kmem_intr_alloc in an NMI handler")
{
	dn_break(dn_kmem_intr_alloc);
}

static void
dn_kmem_free(void)
{
	kmem_free(dn_memory, 64);
}

KDEATH(nmi_kmem_free, "nmi-kmem-free", "kmem_free in an NMI handler")
{
	dn_memory = kmem_alloc(64, KM_SLEEP);
	dn_break(dn_kmem_free);
}

static void
dn_softint_schedule(void)
{
	softint_schedule(dn_softint);
}

KDEATH(nmi_softint_schedule, "nmi-softint", "softint_schedule in an NMI handler")
{
	dn_softint = softint_establish(SOFTINT_NET, dn_never, NULL);
	dn_break(dn_softint_schedule);
}

static void
dn_printf(void)
{
	printf("from an NMI handler\n");
}

KDEATH(nmi_printf, "nmi-printf", "printf in an NMI handler")
{
	dn_break(dn_printf);
}

static void
dn_kpause(void)
{
	(void)kpause("death", false, 1, NULL);
}

static void __printflike(1, 2)
dn_vprint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

static void
dn_vprintf(void)
{
	dn_vprint("from an NMI handler\n");
}

KDEATH(nmi_vprintf, "nmi-vprintf", "vprintf in an NMI handler")
{
	dn_break(dn_vprintf);
}

KDEATH(nmi_kpause, "nmi-sleep", "kpause in an NMI handler")
{
	dn_break(dn_kpause);
}

static void
dn_disestablish(void)
{
	nmi_disestablish(dn_handle);
}

KDEATH(nmi_itself, "nmi-disestablish-self", "a handler that removes itself")
{
	dn_break(dn_disestablish);
}

static void
dn_disestablish_there(void *handle)
{
	nmi_disestablish(handle);
}

KDEATH(nmi_remove_intr, "nmi-disestablish-intr", "a removal in an interrupt handler")
{
	int s = splhigh();

	dn_handle = nmi_establish(nt_claim, NULL);
	(void)nmi_defer(NMI_DEFER_INTR, dn_disestablish_there, dn_handle);
	splx(s);
	kpause("death", false, 10, NULL);
}

KDEATH(nmi_remove_softint, "nmi-disestablish-softint", "a removal in a software interrupt")
{
	dn_handle = nmi_establish(nt_claim, NULL);
	softint_schedule(softint_establish(SOFTINT_NET, dn_disestablish_there,
	    dn_handle));
	kpause("death", false, 10, NULL);
}

KDEATH(nmi_null, "nmi-disestablish-null", "a removal of no handle")
{
	nmi_disestablish(NULL);
}

KDEATH(nmi_twice, "nmi-disestablish-twice", "a handle removed twice")
{
	dn_handle = nmi_establish(nt_claim, NULL);
	nmi_disestablish(dn_handle);
	nmi_disestablish(dn_handle);
}

/* Older, and gone in the meantime; others have come. */
KDEATH(nmi_stale, "nmi-disestablish-stale", "a handle removed long ago")
{
	nmi_handler_t *keep = nmi_establish(nt_claim, NULL);

	dn_handle = nmi_establish(nt_claim, NULL);
	nmi_disestablish(dn_handle);
	(void)kmem_alloc(sizeof(struct nmi_account) + 24, KM_SLEEP);
	(void)keep;
	nmi_disestablish(dn_handle);
}

KDEATH(nmi_foreign, "nmi-disestablish-foreign", "a removal of something else")
{
	nmi_disestablish((nmi_handler_t *)(void *)&dn_adaptive);
}

KDEATH(nmi_unclaimed, "nmi-unclaimed", "an NMI that all handlers decline")
{
	dn_handle = nmi_establish(nt_decline, NULL);
	(void)nt_self();
}

/*
 * Removal during a panic: nothing is waited for, nothing freed.  The
 * handler, called by the NMI that stops this CPU, removes another one: the
 * rules are off by then.
 */
static nmi_handler_t *dn_other;

static int
dn_in_panic(const struct trapframe *tf __unused, void *arg __unused)
{
	size_t inuse = kmem_inuse();

	if (panicstr == NULL || dn_other == NULL)
		return 0;
	nmi_disestablish(dn_other);
	dn_other = NULL;
	printf_nolog("# removed during the panic: %zu bytes freed\n",
	    inuse - kmem_inuse());
	return 0;
}

KDEATH(nmi_panic_remove, "nmi-panic-remove", "a handler removed during a panic (2 CPUs)")
{
	(void)nmi_establish(dn_in_panic, NULL);
	dn_other = nmi_establish(nt_decline, NULL);
	panic("nmi-panic-remove");
}

/*
 * For the scenarios that inject: claims all, and says how often each CPU
 * took one when it has been quiet for a while.
 */
KDEATH(nmi_witness, "nmi-witness", "claims injected NMIs, says so, and ends in a panic")
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	u_int had = 0;

	dn_handle = nmi_establish(nt_claim, NULL);
	printf("# waiting for NMIs\n");
	while (had != (1U << ncpu) - 1) {
		kpause("witness", false, 1, NULL);
		for (CPU_INFO_FOREACH(cii, ci)) {
			u_int bit = 1U << cpu_index(ci);

			if ((had & bit) != 0 ||
			    nt_claims(dn_handle, cpu_index(ci)) == 0)
				continue;
			had |= bit;
			printf("# %s has claimed an NMI\n", cpu_name(ci));
		}
	}
	panic("nmi-witness: all CPUs had one");
}

/* The handlers below fault on every CPU that they run on. */
static void
dn_fault(void)
{
	volatile int *volatile nowhere = NULL;

	*nowhere = 1;
}

KDEATH(nmi_fault, "nmi-fault", "a page fault in an NMI handler")
{
	dn_break(dn_fault);
}

static __noinline u_int
dn_deeper(volatile u_char *above)
{
	volatile u_char pad[256];

	pad[0] = (u_char)(above[0] + 1);
	return pad[0] == above[0] ? 0 : dn_deeper(pad) + pad[0];
}

static void
dn_overflow(void)
{
	volatile u_char bottom[1] = { 0 };

	printf("# the stack has no end: %u\n", dn_deeper(bottom));
}

KDEATH(nmi_overflow, "nmi-overflow", "an NMI handler that recurses")
{
	dn_break(dn_overflow);
}

/* What a wild write may do; and the GS base is not ours by then. */
static int
dn_no_way_out(const struct trapframe *tf, void *ci)
{
	if (ci == curcpu())
		((struct trapframe *)__UNCONST(tf))->tf_cs = 0;
	return 1;
}

KDEATH(nmi_way_out, "nmi-way-out", "an NMI that has nowhere to return to")
{
	x86_disable_intr();
	(void)nmi_establish(dn_no_way_out, curcpu());
	wrmsr(MSR_GSBASE, (uint64_t)NT_NOWHERE);
	__asm volatile("int $2");
}
