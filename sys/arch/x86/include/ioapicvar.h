/* I/O APICs: which pin an ISA interrupt arrives at, and where it goes. */

#ifndef _X86_IOAPICVAR_H_
#define _X86_IOAPICVAR_H_

#include <sys/types.h>

void ioapic_init(void);			/* after madt_parse(); all pins masked */

/*
 * Send an ISA interrupt to a vector of a CPU; unmasked on return.
 * => 0, or ENXIO: it reaches no I/O APIC.
 */
int ioapic_establish(int isa_irq, int vector, u_int apicid);
int ioapic_mask(int isa_irq);		/* 0 or ENXIO */
int ioapic_unmask(int isa_irq);

/*
 * Send a global interrupt, an edge, to a CPU as NMI; masked on return.
 * => 0; ENXIO: there is no such pin; EBUSY: somebody uses it.
 */
int ioapic_nmi_establish(u_int gsi, u_int apicid);
void ioapic_nmi_disestablish(u_int gsi);
/*
 * Of one that was established.  Any context: it takes no lock, and leaves
 * alone what it may have interrupted on this CPU.
 */
void ioapic_nmi_mask(u_int gsi, bool masked);
u_int ioapic_isa_gsi(int isa_irq);

#endif
