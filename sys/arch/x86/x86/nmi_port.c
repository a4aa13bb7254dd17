/*
 * The two accesses to port 0x61, the AT's system control port, where the
 * chipset says why it raised an NMI.
 *
 * Any context.  In a file of its own, with nothing else to it: an image with
 * a model of the port is the same image but for this object.
 */

#include <sys/param.h>

#include <x86/cpufunc.h>
#include <x86/nmi_cause.h>

uint8_t
nmi_port_read(void)
{
	return inb(NMISC_PORT);
}

void
nmi_port_write(uint8_t v)
{
	outb(NMISC_PORT, v);
}
