/*
 * The two 8259 interrupt controllers, which we do not use.  Masked is not
 * enough: one may still raise a spurious interrupt, so its vectors are
 * moved from where the exceptions are.
 */

#include <sys/param.h>
#include <x86/cpufunc.h>
#include <x86/cpuvar.h>
#include <x86/intrvec.h>

#define PIC1		0x20
#define PIC2		0xa0
#define ICW1_INIT	0x11	/* edge, cascade, ICW4 follows */
#define ICW4_8086	0x01
#define PIC_CASCADE	2	/* the second one's line at the first */

static void
i8259_setup(uint16_t port, uint8_t vector, uint8_t cascade)
{
	uint16_t data = (uint16_t)(port + 1);

	outb(port, ICW1_INIT);
	outb(data, vector);
	outb(data, cascade);
	outb(data, ICW4_8086);
	outb(data, 0xff);
}

void
i8259_init(void)
{
	i8259_setup(PIC1, INTRVEC_DEV, 1 << PIC_CASCADE);
	i8259_setup(PIC2, INTRVEC_DEV + 8, PIC_CASCADE);
}
