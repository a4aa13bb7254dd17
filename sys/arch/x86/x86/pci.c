/*
 * The PCI bus, by configuration mechanism 1.
 *
 * The two ports are one register for the whole machine: a spin lock keeps
 * the CPUs apart.  Whoever has stopped the machine cannot wait for that lock,
 * and need not: the others stand still.  It leaves the address port as it found
 * it, for it may have stopped one of them between the two accesses.
 *
 * Buses are found by walking the bridges the firmware has set up; nothing is
 * kept, each search walks again.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/mutex.h>

#include <machine/bus.h>
#include <machine/cpu.h>

#include <x86/pcireg.h>
#include <x86/pcivar.h>

#define NBUS		256
#define NDEVICE		32
#define NFUNCTION	8

static kmutex_t pci_lock = MUTEX_SPIN_INITIALIZER;

static uint32_t
mode1_read(int port)
{
	return bus_space_read_4(x86_bus_space_io, (bus_space_handle_t)port, 0);
}

static void
mode1_write(int port, uint32_t v)
{
	bus_space_write_4(x86_bus_space_io, (bus_space_handle_t)port, 0, v);
}

/*
 * What the address port held.  Known by name to the NMI stack's lint, like the
 * next: who has stopped the machine, perhaps in an NMI, goes no deeper.
 */
static __noinline uint32_t
mode1_enter(bool *locked)
{
	*locked = !cpu_stop_mine();
	if (*locked)
		mutex_spin_enter(&pci_lock);
	return mode1_read(PCI_MODE1_ADDRESS);
}

static __noinline void
mode1_exit(bool locked, uint32_t address)
{
	mode1_write(PCI_MODE1_ADDRESS, address);
	if (locked)
		mutex_spin_exit(&pci_lock);
}

pcitag_t
pci_make_tag(u_int bus, u_int device, u_int function)
{
	return PCI_MODE1_ENABLE | bus << 16 | device << 11 | function << 8;
}

pcireg_t
pci_conf_read(pcitag_t tag, int reg)
{
	bool locked;
	uint32_t address = mode1_enter(&locked);
	pcireg_t v;

	mode1_write(PCI_MODE1_ADDRESS, tag | (uint32_t)reg);
	v = mode1_read(PCI_MODE1_DATA);
	mode1_exit(locked, address);
	return v;
}

/* Some registers only take accesses of their own width. */
static void
conf_write(pcitag_t tag, int reg, u_int width, pcireg_t v)
{
	const bus_size_t byte = (bus_size_t)(reg & 3);
	bool locked;
	uint32_t address = mode1_enter(&locked);

	mode1_write(PCI_MODE1_ADDRESS, tag | ((uint32_t)reg & ~3U));
	if (width == 1)
		bus_space_write_1(x86_bus_space_io, PCI_MODE1_DATA, byte, (uint8_t)v);
	else if (width == 2)
		bus_space_write_2(x86_bus_space_io, PCI_MODE1_DATA, byte, (uint16_t)v);
	else
		mode1_write(PCI_MODE1_DATA, v);
	mode1_exit(locked, address);
}

void
pci_conf_write(pcitag_t tag, int reg, pcireg_t v)
{
	conf_write(tag, reg, 4, v);
}

void
pci_conf_write_2(pcitag_t tag, int reg, uint16_t v)
{
	conf_write(tag, reg, 2, v);
}

void
pci_conf_write_1(pcitag_t tag, int reg, uint8_t v)
{
	conf_write(tag, reg, 1, v);
}

/* Where there is no such port it does not keep what it is given. */
static bool
pci_present(void)
{
	bool locked, present;
	uint32_t address = mode1_enter(&locked);

	mode1_write(PCI_MODE1_ADDRESS, PCI_MODE1_ENABLE);
	present = mode1_read(PCI_MODE1_ADDRESS) == PCI_MODE1_ENABLE;
	mode1_exit(locked, address);
	return present;
}

/* A bridge adds its bus; one that leads back or nowhere is not followed. */
static void
pci_bridge(const struct pci_attach_args *pa, uint8_t *buses)
{
	u_int bus = PCI_BUSNUM_SECONDARY(pci_conf_read(pa->pa_tag, PCI_BUSNUM_REG));

	if (bus > pa->pa_bus)
		buses[bus] = 1;
}

/* A device answers by its function 0 or not at all. */
static bool
pci_find_on_device(struct pci_attach_args *pa, uint8_t *buses,
    bool (*match)(const struct pci_attach_args *, void *), void *arg)
{
	u_int nfunc = 1;
	pcireg_t bhlc;

	for (pa->pa_function = 0; pa->pa_function < nfunc; pa->pa_function++) {
		pa->pa_tag = pci_make_tag(pa->pa_bus, pa->pa_device, pa->pa_function);
		pa->pa_id = pci_conf_read(pa->pa_tag, PCI_ID_REG);
		if (PCI_VENDOR(pa->pa_id) == PCI_VENDOR_INVALID)
			continue;
		bhlc = pci_conf_read(pa->pa_tag, PCI_BHLC_REG);
		if ((bhlc & PCI_HDRTYPE_MULTIFN) != 0)
			nfunc = NFUNCTION;
		if (PCI_HDRTYPE(bhlc) == PCI_HDRTYPE_PPB)
			pci_bridge(pa, buses);
		if ((*match)(pa, arg))
			return true;
	}
	return false;
}

bool
pci_find_device(struct pci_attach_args *pa,
    bool (*match)(const struct pci_attach_args *, void *), void *arg)
{
	uint8_t buses[NBUS] = { 1 };
	u_int d;

	if (!pci_present())
		return false;
	for (pa->pa_bus = 0; pa->pa_bus < NBUS; pa->pa_bus++)
		for (d = 0; buses[pa->pa_bus] != 0 && d < NDEVICE; d++) {
			pa->pa_device = d;
			if (pci_find_on_device(pa, buses, match, arg))
				return true;
		}
	return false;
}

static bool
pci_match_id(const struct pci_attach_args *pa, void *id)
{
	return pa->pa_id == *(const pcireg_t *)id;
}

bool
pci_find_id(struct pci_attach_args *pa, u_int vendor, u_int product)
{
	pcireg_t id = product << 16 | vendor;

	return pci_find_device(pa, pci_match_id, &id);
}

int
pci_mapreg_map(const struct pci_attach_args *pa, u_int bar, bus_size_t size,
    bus_space_tag_t *tag, bus_space_handle_t *handle)
{
	pcireg_t v, command;
	bus_addr_t addr;

	if (bar >= PCI_NBARS)
		return EINVAL;
	v = pci_conf_read(pa->pa_tag, PCI_BAR((int)bar));
	if ((v & PCI_MAPREG_IO) != 0) {
		*tag = x86_bus_space_io;
		addr = v & PCI_MAPREG_IO_MASK;
	} else {
		*tag = x86_bus_space_mem;
		addr = v & PCI_MAPREG_MEM_MASK;
		if ((v & PCI_MAPREG_MEM_64BIT) != 0 && bar + 1 < PCI_NBARS)
			addr |= (bus_addr_t)pci_conf_read(pa->pa_tag,
			    PCI_BAR((int)bar + 1)) << 32;
	}
	if (addr == 0)
		return ENXIO;
	command = pci_conf_read(pa->pa_tag, PCI_COMMAND_STATUS_REG);
	command &= ~PCI_STATUS_MASK;
	command |= *tag == x86_bus_space_io ? PCI_COMMAND_IO_ENABLE :
	    PCI_COMMAND_MEM_ENABLE;
	pci_conf_write(pa->pa_tag, PCI_COMMAND_STATUS_REG, command);
	*handle = bus_space_map(*tag, addr, size);
	return 0;
}
