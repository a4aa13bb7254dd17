/* Control register bits and MSRs: C and assembler. */

#ifndef _AMD64_SPECIALREG_H_
#define _AMD64_SPECIALREG_H_

#define CR0_PE		0x00000001
#define CR0_MP		0x00000002
#define CR0_EM		0x00000004
#define CR0_TS		0x00000008
#define CR0_NE		0x00000020
#define CR0_WP		0x00010000
#define CR0_AM		0x00040000
#define CR0_NW		0x20000000
#define CR0_CD		0x40000000
#define CR0_PG		0x80000000

#define CR4_PAE		0x00000020
#define CR4_MCE		0x00000040
#define CR4_PGE		0x00000080
#define CR4_UMIP	0x00000800
#define CR4_FSGSBASE	0x00010000
#define CR4_SMEP	0x00100000
#define CR4_SMAP	0x00200000

#define MSR_APICBASE	0x0000001b
#define MSR_EFER	0xc0000080
#define EFER_SCE	0x001
#define EFER_LME	0x100
#define EFER_NXE	0x800
#define MSR_STAR	0xc0000081	/* selectors of SYSCALL and SYSRET */
#define MSR_LSTAR	0xc0000082	/* where SYSCALL goes ... */
#define MSR_CSTAR	0xc0000083	/* ... from 32-bit code */
#define MSR_SFMASK	0xc0000084	/* flags that it clears */
#define MSR_FSBASE	0xc0000100
#define MSR_GSBASE	0xc0000101
#define MSR_KERNELGSBASE 0xc0000102

#define PTE_P		0x001
#define PTE_W		0x002
#define PTE_U		0x004
#define PTE_PWT		0x008
#define PTE_PCD		0x010
#define PTE_PS		0x080
#define PTE_G		0x100

#endif
