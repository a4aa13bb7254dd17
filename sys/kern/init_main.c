/*
 * Machine-independent start: everything in the order it can be had.
 * On the boot CPU, interrupts off until the scheduler runs.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/boot_hook.h>
#include <sys/bootinfo.h>
#include <sys/callout.h>
#include <sys/console.h>
#include <sys/debugger.h>
#include <sys/device.h>
#include <sys/evcnt.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/lwp.h>
#include <sys/percpu.h>
#include <sys/sysctl.h>
#include <sys/watchdog.h>

#include <machine/cpu.h>

bool cold = true;

static void
configure(void)
{
	const struct device_driver *const *dd;

	for (dd = __link_set_start(device_drivers);
	     dd < __link_set_end(device_drivers); dd++)
		(*dd)->dd_attach();
}

/* Thread context: what needs to sleep, then the operator or the tests. */
static void
main_thread(void *arg __unused)
{
	const struct boot_hook *const *bh = __link_set_start(boot_hooks);

	x86_boot_aps();
	configure();
	bootarg_apply();
	watchdog_configure();
	nmi_configure();
	if (bh == __link_set_end(boot_hooks))
		console_start();
	for (; bh < __link_set_end(boot_hooks); bh++)
		(*bh)->bh_func();
	kthread_exit(0);
}

void
kern_main(void)
{
	if (boot_debugger)
		Debugger();
	percpu_init();
	kmem_init();
	percpu_init_cpu(curcpu());
	evcnt_init();
	cpu_configure();
	sched_init();
	sched_attach(curcpu());
	callout_startup();
	if (kthread_create(PRI_KERNEL, KTHREAD_MPSAFE, NULL, main_thread, NULL,
	    NULL, "main") != 0)
		panic("no memory for the first thread");
	cold = false;
	sched_start_cpu();
}
