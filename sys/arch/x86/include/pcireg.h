/* PCI configuration space: what its registers hold. */

#ifndef _X86_PCIREG_H_
#define _X86_PCIREG_H_

#define PCI_ID_REG		0x00
#define PCI_VENDOR(id)		((id) & 0xffff)
#define PCI_PRODUCT(id)		((id) >> 16)
#define PCI_VENDOR_INVALID	0xffff	/* nobody there */

#define PCI_COMMAND_STATUS_REG	0x04
#define PCI_COMMAND_IO_ENABLE	0x1U
#define PCI_COMMAND_MEM_ENABLE	0x2U
#define PCI_STATUS_MASK		0xffff0000U	/* written 1: cleared */

#define PCI_BHLC_REG		0x0c
#define PCI_HDRTYPE(bhlc)	((bhlc) >> 16 & 0x7f)
#define PCI_HDRTYPE_PPB		1	/* a bridge to another bus */
#define PCI_HDRTYPE_MULTIFN	0x800000U

#define PCI_BUSNUM_REG		0x18	/* of a bridge */
#define PCI_BUSNUM_SECONDARY(r)	((r) >> 8 & 0xff)

#define PCI_BAR(n)		(0x10 + 4 * (n))
#define PCI_NBARS		6
#define PCI_MAPREG_IO		0x1U
#define PCI_MAPREG_IO_MASK	0xfffffffcU
#define PCI_MAPREG_MEM_64BIT	0x4U
#define PCI_MAPREG_MEM_MASK	0xfffffff0U

/* Mechanism 1: the address of a register goes to one port, its value through the other. */
#define PCI_MODE1_ADDRESS	0xcf8
#define PCI_MODE1_DATA		0xcfc
#define PCI_MODE1_ENABLE	0x80000000U

#endif
