/* The local APIC of the running CPU: interrupts between CPUs, and the tick. */

#ifndef _X86_LAPICVAR_H_
#define _X86_LAPICVAR_H_

#include <sys/types.h>

void lapic_init_cpu(void);	/* each CPU, interrupts off */
u_int lapic_id(void);		/* of the running CPU */
void lapic_eoi(void);
void lapic_lint1_mask(bool);	/* of the running CPU */

/*
 * Any context, NMI included; nothing happens before the boot CPU's
 * lapic_init_cpu().  The destination is a physical APIC id.
 */
void lapic_send_ipi(u_int apicid, int vector);
void lapic_send_nmi(u_int apicid);	/* oneself too */
void lapic_ipi_all_others(int vector);
void lapic_nmi_all_others(void);

/* To start a CPU; it begins in real mode at page << 12. */
void lapic_ipi_init(u_int apicid);
void lapic_ipi_startup(u_int apicid, u_int page);

void lapic_timer_calibrate(void);	/* once, after tsc_calibrate() */
void lapic_timer_start(u_int freq);	/* each CPU: INTRVEC_TIMER, periodic */
void lapic_timer_stop(void);
void lapic_perf_nmi(bool);	/* any context: a counter's overflow is an NMI */

#endif
