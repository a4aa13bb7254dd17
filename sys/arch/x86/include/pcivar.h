/* The PCI bus: configuration registers, finding a device, mapping it. */

#ifndef _X86_PCIVAR_H_
#define _X86_PCIVAR_H_

#include <sys/types.h>
#include <machine/bus.h>

typedef uint32_t pcitag_t;		/* which function of which device */
typedef uint32_t pcireg_t;

struct pci_attach_args {
	pcitag_t pa_tag;
	pcireg_t pa_id;			/* vendor and product */
	u_int pa_bus, pa_device, pa_function;
};

pcitag_t pci_make_tag(u_int bus, u_int device, u_int function);

/*
 * pci_conf_read(tag, reg), pci_conf_write(tag, reg, value):
 *
 *	A register of 32 bits; reg is a multiple of 4.  The other two write
 *	one of 16 or 8 bits.
 *	=> thread or interrupt context; by who has stopped the machine, any.
 */
pcireg_t pci_conf_read(pcitag_t, int);
void pci_conf_write(pcitag_t, int, pcireg_t);
void pci_conf_write_2(pcitag_t, int, uint16_t);
void pci_conf_write_1(pcitag_t, int, uint8_t);

/*
 * pci_find_device(pa, match, arg):
 *
 *	=> true: match(pa, arg) was true of this function, the first one.
 *	=> false: of none, or there is no PCI bus.
 */
bool pci_find_device(struct pci_attach_args *,
    bool (*)(const struct pci_attach_args *, void *), void *);
bool pci_find_id(struct pci_attach_args *, u_int vendor, u_int product);

/*
 * pci_mapreg_map(pa, bar, size, &tag, &handle):
 *
 *	Map the registers behind one of the function's base addresses, and
 *	let it answer there.
 *	=> thread context.
 *	=> 0; EINVAL no such BAR; ENXIO the firmware gave it no address.
 */
int pci_mapreg_map(const struct pci_attach_args *, u_int, bus_size_t,
    bus_space_tag_t *, bus_space_handle_t *);

#endif
