/* Selectors, descriptors, the TSS, and what each CPU owns of them. */

#ifndef _AMD64_SEGMENTS_H_
#define _AMD64_SEGMENTS_H_

#define GSEL_KCODE	0x08
#define GSEL_KDATA	0x10
#define GSEL_UDATA	0x1b	/* SYSRET wants data below code */
#define GSEL_UCODE	0x23
#define GSEL_TSS	0x28	/* two slots */
#define NGDT		7

/* TSS IST slots, one stack each, shared with nothing. */
#define IST_NMI		1
#define IST_DF		2
#define IST_MC		3
#define IST_DB		4
#define NIST		4

/*
 * Words at the top of every IST stack, above what the hardware pushes to.
 */
#define IST_TOP_CI	0	/* this CPU's cpu_info */
#define IST_TOP_BUSY	8	/* NMI: in NMI */
#define IST_TOP_PENDING	16
#define IST_TOP_LATCHED	24
#define IST_TOP_SIZE	32

/* Where the NMI stub keeps the trapframe; the pad aligns C's stack. */
#define NMI_FRAME_GAP	(6 * 8)
#define NMI_FRAME(top)	((struct trapframe *)((top) - NMI_FRAME_GAP) - 1)

#ifndef __ASSEMBLER__
#include <sys/types.h>

struct x86_64_tss {
	uint32_t tss_reserved1;
	uint64_t tss_rsp[3];
	uint64_t tss_reserved2;
	uint64_t tss_ist[7];	/* [0] is IST1 */
	uint64_t tss_reserved3;
	uint16_t tss_reserved4;
	uint16_t tss_iobase;
} __packed;

struct cpu_md {
	uint64_t cmd_gdt[NGDT];
	struct x86_64_tss cmd_tss __aligned(16);
	vaddr_t cmd_ist[NIST];	/* T of each IST stack: the words above */
};

struct region_descriptor {
	uint16_t rd_limit;
	uint64_t rd_base;
} __packed;
#endif

#endif
