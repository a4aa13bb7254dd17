/*
 * The other processors: found by the MADT, started one at a time with
 * INIT and STARTUP, each into its own idle thread.
 *
 * One that is not there in time is left out, whenever it wakes up later: the
 * trampoline stops whoever is not the one that is waited for, an INIT stops
 * it further on, and in mp_ap_main() one of the two, it or the waiter, has
 * the last word.
 *
 * Thread context, interrupts on; one caller, at boot.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/bootinfo.h>
#include <sys/kernel.h>
#include <sys/kmem.h>
#include <sys/lwp.h>
#include <sys/percpu.h>

#include <machine/cpu.h>
#include <machine/pmap.h>

#include <x86/acpivar.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/intrvec.h>
#include <x86/lapicvar.h>

#define AP_WAIT_MS	500	/* a CPU that takes longer is left out */

struct cpu_info *cpu_infos[MAXCPUS] = { &cpu_info_primary };
int ncpu = 1;

/* How far it has come. */
enum { AP_AWAITED, AP_THERE, AP_LEFT_OUT };
static volatile u_int ap_state;

/* For mptramp.S: who is being started, and the stack to run on. */
struct cpu_info *volatile mp_boot_ci;
volatile vaddr_t mp_boot_stack;

extern const uint8_t mptramp_start[], mptramp_end[], mptramp_gdt[], mptramp_gdt_desc[],
    mptramp_apicid[];

#define NOBODY	UINT_MAX	/* no APIC id */

struct cpu_info *
cpu_lookup(u_int n)
{
	return n < (u_int)ncpu ? cpu_infos[n] : NULL;
}

/* Copy the trampoline and write into the copy where it is. */
static void
trampoline_install(paddr_t pa)
{
	uint8_t *copy = PMAP_DIRECT_MAP(pa);
	size_t gdt = (size_t)(mptramp_gdt - mptramp_start);
	uint32_t gdt_pa = (uint32_t)(pa + gdt);

	memcpy(copy, mptramp_start, (size_t)(mptramp_end - mptramp_start));
	/* Base of the second descriptor: bytes 2 to 4. */
	memcpy(copy + gdt + 8 + 2, &pa, 3);
	memcpy(copy + (mptramp_gdt_desc - mptramp_start) + 2, &gdt_pa, 4);
}

/* The only one that the trampoline lets pass. */
static void
trampoline_await(uint32_t apicid)
{
	uint8_t *copy = PMAP_DIRECT_MAP(pmap_trampoline);

	*(volatile uint32_t *)(copy + (mptramp_apicid - mptramp_start)) = apicid;
	membar_sync();
}

/* First C of an AP, on its idle thread's stack. */
void
mp_ap_main(void)
{
	struct cpu_info *ci = curcpu();

	cpu_init(ci);
	lapic_init_cpu();
	lapic_timer_start(hz);
	cpu_identify(ci);
	if (atomic_cas_uint(&ap_state, AP_AWAITED, AP_THERE) != AP_AWAITED)
		cpu_halt_forever();
	atomic_store_release(&ci->ci_running, true);
	sched_start_cpu();
}

/* It has no lock yet, so it can be stopped anywhere. */
static bool
ap_leave_out(struct cpu_info *ci)
{
	if (atomic_cas_uint(&ap_state, AP_AWAITED, AP_LEFT_OUT) != AP_AWAITED)
		return false;
	trampoline_await(NOBODY);
	lapic_ipi_init(ci->ci_apicid);
	return true;
}

static bool
ap_start(struct cpu_info *ci)
{
	mp_boot_ci = ci;
	mp_boot_stack = ci->ci_idlelwp->l_stack + KSTACK_SIZE - 16;
	ap_state = AP_AWAITED;
	trampoline_await(ci->ci_apicid);
	lapic_ipi_init(ci->ci_apicid);
	delay(10000);
	/* A second STARTUP is for hardware that missed the first. */
	for (int i = 0; i < 2 && ap_state == AP_AWAITED; i++) {
		lapic_ipi_startup(ci->ci_apicid,
		    (u_int)(pmap_trampoline >> PAGE_SHIFT));
		for (int ms = 0; ms < AP_WAIT_MS && ap_state == AP_AWAITED; ms++)
			delay(1000);
	}
	if (ap_leave_out(ci))
		return false;
	while (!ci->ci_running)
		x86_pause();
	return true;
}

static struct cpu_info *
ap_create(u_int apicid)
{
	struct cpu_info *ci = kmem_zalloc(sizeof(*ci), KM_SLEEP);

	ci->ci_self = ci;
	ci->ci_apicid = apicid;
	ci->ci_cpuid = (cpuid_t)ncpu;
	snprintf(ci->ci_data.cpu_name, sizeof(ci->ci_data.cpu_name), "cpu%d", ncpu);
	cpu_alloc(ci);
	percpu_init_cpu(ci);
	sched_attach(ci);
	ci->ci_curlwp = ci->ci_idlelwp;
	return ci;
}

bool
mp_start(u_int apicid)
{
	struct cpu_info *ci = ap_create(apicid);

	cpu_infos[ncpu++] = ci;
	if (!ap_start(ci)) {
		/* It may have begun to use its memory, which stays. */
		cpu_infos[--ncpu] = NULL;
		printf("cpu: apicid %u did not start\n", apicid);
		return false;
	}
	printf("cpu%u: %s, apicid %u\n", ci->ci_cpuid, ci->ci_model, apicid);
	return true;
}

void
x86_boot_aps(void)
{
	if (madt.madt_ncpu > 1 && pmap_trampoline == 0) {
		printf("cpu: no memory below 640 KiB to start other CPUs from\n");
		return;
	}
	if (pmap_trampoline != 0)
		trampoline_install(pmap_trampoline);
	for (u_int i = 0; i < madt.madt_ncpu; i++) {
		if (madt.madt_apicid[i] == cpu_info_primary.ci_apicid)
			continue;
		if (ncpu >= boot_maxcpus || ncpu >= MAXCPUS)
			break;
		(void)mp_start(madt.madt_apicid[i]);
	}
}

void
cpu_need_resched(struct cpu_info *ci)
{
	atomic_store_relaxed(&ci->ci_want_resched, 1);
	/* To oneself from an NMI, too: taken right after its iret. */
	if (ci != curcpu() || cpu_nmi_p())
		lapic_send_ipi(ci->ci_apicid, INTRVEC_RESCHED);
}

void
xc_send_ipi(struct cpu_info *ci)
{
	if (ci == NULL)
		lapic_ipi_all_others(INTRVEC_XCALL);
	else
		lapic_send_ipi(ci->ci_apicid, INTRVEC_XCALL);
}

void
cpu_halt_forever(void)
{
	x86_disable_intr();
	for (;;)
		x86_hlt();
}

/*
 * Nothing to run.  Interrupts are off on entry, so a wake-up between the
 * test and the hlt stays pending and ends it.
 */
void
cpu_idle(void)
{
	if (curcpu()->ci_want_resched)
		x86_enable_intr();
	else
		x86_stihlt();
}
