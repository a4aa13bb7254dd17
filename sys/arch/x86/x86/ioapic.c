/*
 * I/O APICs.  ISA interrupts are routed, where the MADT says which pin each
 * arrives at, and overrides ISA's edge and active-high; and pins that a
 * watchdog's timer raises, as NMIs.
 *
 * Not for NMI context, but for ioapic_nmi_mask(): index and data are two
 * accesses, under a spin lock.
 */

#include <sys/param.h>
#include <sys/device.h>
#include <sys/mutex.h>
#include <sys/systm.h>
#include <machine/intr.h>
#include <machine/pmap.h>
#include <x86/acpivar.h>
#include <x86/ioapicreg.h>
#include <x86/ioapicvar.h>

struct ioapic {
	volatile uint32_t *io_reg;
	paddr_t io_pa;
	u_int io_gsi;		/* of pin 0 */
	u_int io_npin;
};

static struct ioapic ioapics[MADT_MAXIOAPIC];
static u_int nioapic;
static kmutex_t ioapic_lock;

static uint32_t
ioapic_read(const struct ioapic *io, u_int reg)
{
	io->io_reg[IOAPIC_INDEX / 4] = reg;
	return io->io_reg[IOAPIC_DATA / 4];
}

static void
ioapic_write(const struct ioapic *io, u_int reg, uint32_t v)
{
	io->io_reg[IOAPIC_INDEX / 4] = reg;
	io->io_reg[IOAPIC_DATA / 4] = v;
}

/* Versions are 0x1x (separate chip) or 0x2x; nothing there reads as ones. */
static bool
ioapic_sane(uint32_t vers)
{
	u_int v = IOAPIC_VERS_VERS(vers);

	return vers != UINT_MAX && v >= 0x10 && v < 0x30 &&
	    IOAPIC_VERS_MAXPIN(vers) < 240;
}

static void
ioapic_attach(paddr_t pa, u_int gsi)
{
	struct ioapic *io = &ioapics[nioapic];
	uint32_t vers;
	u_int pin;

	io->io_reg = pmap_mapdev(pa, IOAPIC_SIZE);
	io->io_pa = pa;
	io->io_gsi = gsi;
	vers = ioapic_read(io, IOAPIC_VERS);
	if (!ioapic_sane(vers))
		return;
	io->io_npin = IOAPIC_VERS_MAXPIN(vers) + 1;
	for (pin = 0; pin < io->io_npin; pin++) {
		ioapic_write(io, IOAPIC_REDLO(pin), IOAPIC_RED_MASKED);
		ioapic_write(io, IOAPIC_REDHI(pin), 0);
	}
	nioapic++;
}

void
ioapic_init(void)
{
	u_int i;

	mutex_init(&ioapic_lock, MUTEX_DEFAULT, IPL_HIGH);
	for (i = 0; i < madt.madt_nioapic; i++)
		ioapic_attach(madt.madt_ioapic[i].mi_pa,
		    madt.madt_ioapic[i].mi_gsi);
	if (madt.madt_nioapic == 0)
		ioapic_attach(IOAPIC_BASE_PA, 0);
}

u_int
ioapic_isa_gsi(int irq)
{
	KASSERT(irq >= 0 && irq < MADT_NISA);
	return madt.madt_isa[irq].mo_gsi;
}

/* The I/O APIC and pin of a global interrupt, or NULL. */
static const struct ioapic *
ioapic_gsi_pin(u_int gsi, u_int *pin)
{
	u_int i;

	for (i = 0; i < nioapic; i++) {
		*pin = gsi - ioapics[i].io_gsi;
		if (*pin < ioapics[i].io_npin)
			return &ioapics[i];
	}
	return NULL;
}

static const struct ioapic *
ioapic_pin(int irq, u_int *pin)
{
	return ioapic_gsi_pin(ioapic_isa_gsi(irq), pin);
}

int
ioapic_establish(int irq, int vector, u_int apicid)
{
	const struct ioapic *io;
	uint32_t lo = (uint32_t)vector;
	u_int flags, pin;

	io = ioapic_pin(irq, &pin);
	if (io == NULL)
		return ENXIO;
	flags = madt.madt_isa[irq].mo_flags;
	if (MADT_POLARITY(flags) == MADT_ACTIVE_LOW)
		lo |= IOAPIC_RED_LOWACTIVE;
	if (MADT_TRIGGER(flags) == MADT_LEVEL)
		lo |= IOAPIC_RED_LEVEL;
	mutex_enter(&ioapic_lock);
	/* Masked while its halves disagree. */
	ioapic_write(io, IOAPIC_REDLO(pin), lo | IOAPIC_RED_MASKED);
	ioapic_write(io, IOAPIC_REDHI(pin), apicid << IOAPIC_RED_DEST_SHIFT);
	ioapic_write(io, IOAPIC_REDLO(pin), lo);
	mutex_exit(&ioapic_lock);
	return 0;
}

static int
ioapic_set(int irq, uint32_t clear, uint32_t set)
{
	const struct ioapic *io;
	uint32_t lo;
	u_int pin;

	io = ioapic_pin(irq, &pin);
	if (io == NULL)
		return ENXIO;
	mutex_enter(&ioapic_lock);
	lo = ioapic_read(io, IOAPIC_REDLO(pin));
	ioapic_write(io, IOAPIC_REDLO(pin), (lo & ~clear) | set);
	mutex_exit(&ioapic_lock);
	return 0;
}

int
ioapic_mask(int irq)
{
	return ioapic_set(irq, 0, IOAPIC_RED_MASKED);
}

int
ioapic_unmask(int irq)
{
	return ioapic_set(irq, IOAPIC_RED_MASKED, 0);
}

int
ioapic_nmi_establish(u_int gsi, u_int apicid)
{
	const struct ioapic *io;
	int error = 0;
	u_int pin;

	io = ioapic_gsi_pin(gsi, &pin);
	if (io == NULL)
		return ENXIO;
	mutex_enter(&ioapic_lock);
	if ((ioapic_read(io, IOAPIC_REDLO(pin)) & IOAPIC_RED_MASKED) == 0)
		error = EBUSY;
	else {
		ioapic_write(io, IOAPIC_REDHI(pin), apicid << IOAPIC_RED_DEST_SHIFT);
		ioapic_write(io, IOAPIC_REDLO(pin), IOAPIC_RED_NMI | IOAPIC_RED_MASKED);
	}
	mutex_exit(&ioapic_lock);
	return error;
}

void
ioapic_nmi_disestablish(u_int gsi)
{
	const struct ioapic *io;
	u_int pin;

	io = ioapic_gsi_pin(gsi, &pin);
	mutex_enter(&ioapic_lock);
	ioapic_write(io, IOAPIC_REDLO(pin), IOAPIC_RED_MASKED);
	mutex_exit(&ioapic_lock);
}

/* The others are only used while devices come and go, which is seldom. */
void
ioapic_nmi_mask(u_int gsi, bool masked)
{
	const struct ioapic *io;
	uint32_t index;
	u_int pin;

	io = ioapic_gsi_pin(gsi, &pin);
	index = io->io_reg[IOAPIC_INDEX / 4];
	ioapic_write(io, IOAPIC_REDLO(pin),
	    IOAPIC_RED_NMI | (masked ? IOAPIC_RED_MASKED : 0));
	io->io_reg[IOAPIC_INDEX / 4] = index;
}

/* Long in use: this is for the console's list of devices. */
static void
ioapic_report(void)
{
	u_int i;

	for (i = 0; i < nioapic; i++)
		printf("ioapic%u: pa 0x%lx, %u pins from %u\n", i,
		    (u_long)ioapics[i].io_pa, ioapics[i].io_npin,
		    ioapics[i].io_gsi);
}
DEVICE_DRIVER(ioapic, ioapic_report);
