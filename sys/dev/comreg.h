/* Registers of the 16550, as offsets from its port. */

#ifndef _DEV_COMREG_H_
#define _DEV_COMREG_H_

#define COM_DATA	0
#define COM_IER		1
#define	IER_RXRDY	0x01
#define	IER_LINE	0x04
#define COM_IIR		2
#define	IIR_NONE	0x01	/* no interrupt pending */
#define COM_FIFO	2
#define	FIFO_ENABLE	0x01
#define	FIFO_RESET	0x06
#define COM_LCR		3
#define	LCR_8N1		0x03
#define	LCR_DLAB	0x80	/* the first two registers are the divisor */
#define COM_MCR		4
#define	MCR_DTR		0x01
#define	MCR_RTS		0x02
#define	MCR_LOOP	0x10	/* what is sent is received */
#define	MCR_IENABLE	0x08	/* OUT2: on PCs it gates the interrupt */
#define COM_LSR		5
#define	LSR_RXRDY	0x01
#define	LSR_OVERRUN	0x02
#define	LSR_BREAK	0x10
#define	LSR_TXRDY	0x20
#define	LSR_TXEMPTY	0x40	/* the shift register too */
#define COM_MSR		6
#define COM_SCRATCH	7

#define COM_BASE_RATE	115200

#endif
