/* Instructions that C has no word for, with NetBSD's names. */

#ifndef _X86_CPUFUNC_H_
#define _X86_CPUFUNC_H_

#include <sys/types.h>

#define PSL_C	0x00000001	/* carry */
#define PSL_MBO	0x00000002	/* always one */
#define PSL_T	0x00000100	/* single-step */
#define PSL_I	0x00000200	/* interrupts enabled */
#define PSL_D	0x00000400
#define PSL_IOPL 0x00003000
#define PSL_NT	0x00004000
#define PSL_RF	0x00010000
#define PSL_AC	0x00040000
#define PSL_ID	0x00200000
/* Carry to overflow: what arithmetic sets. */
#define PSL_ARITH 0x000008d5

static inline void
x86_disable_intr(void)
{
	__asm volatile("cli" ::: "memory");
}

static inline void
x86_enable_intr(void)
{
	__asm volatile("sti" ::: "memory");
}

static inline u_long
x86_read_psl(void)
{
	u_long psl;

	__asm volatile("pushf; pop %0" : "=r"(psl));
	return psl;
}

static inline void
x86_write_psl(u_long psl)
{
	__asm volatile("push %0; popf" :: "r"(psl) : "memory", "cc");
}

/* SMAP: the kernel may reach user memory, and may not.  Only where there is SMAP. */
static inline void
x86_stac(void)
{
	__asm volatile("stac" ::: "memory", "cc");
}

static inline void
x86_clac(void)
{
	__asm volatile("clac" ::: "memory", "cc");
}

static inline void
x86_pause(void)
{
	__asm volatile("pause" ::: "memory");
}

static inline void
x86_hlt(void)
{
	__asm volatile("hlt" ::: "memory");
}

/* One instruction after sti the CPU still holds interrupts off: no wake-up is lost. */
static inline void
x86_stihlt(void)
{
	__asm volatile("sti; hlt" ::: "memory");
}

/*
 * End the CPU's blocking of NMIs without leaving the handler: an iret to
 * the next instruction does it.
 */
static inline void
x86_nmi_unblock(void)
{
	u_long tmp;

	__asm volatile(
	    "mov %%rsp,%0\n\t"
	    "pushq %1\n\t"
	    "pushq %0\n\t"
	    "pushfq\n\t"
	    "pushq %2\n\t"
	    "pushq $1f\n\t"
	    "iretq\n"
	    "1:"
	    : "=&r"(tmp) : "i"(0x10), "i"(0x08) : "memory");
}

static inline uint8_t
inb(uint16_t port)
{
	uint8_t v;

	__asm volatile("inb %1,%0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint16_t
inw(uint16_t port)
{
	uint16_t v;

	__asm volatile("inw %1,%0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint32_t
inl(uint16_t port)
{
	uint32_t v;

	__asm volatile("inl %1,%0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void
outb(uint16_t port, uint8_t v)
{
	__asm volatile("outb %0,%1" :: "a"(v), "Nd"(port));
}

/* All to the same port; a hypervisor that traps it does so once. */
static inline void
outsb(uint16_t port, const void *p, size_t n)
{
	__asm volatile("rep outsb" : "+S"(p), "+c"(n) : "d"(port) : "memory");
}

static inline void
outw(uint16_t port, uint16_t v)
{
	__asm volatile("outw %0,%1" :: "a"(v), "Nd"(port));
}

static inline void
outl(uint16_t port, uint32_t v)
{
	__asm volatile("outl %0,%1" :: "a"(v), "Nd"(port));
}

static inline uint64_t
rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void
wrmsr(uint32_t msr, uint64_t v)
{
	__asm volatile("wrmsr" :: "a"((uint32_t)v), "d"((uint32_t)(v >> 32)),
	    "c"(msr) : "memory");
}

/* These survive a register that is not there: 0, or nonzero. */
static inline int
wrmsr_safe(uint32_t msr, uint64_t v)
{
	int error = 1;

	__asm volatile("1: wrmsr\n\t"
	    "xor %0,%0\n"
	    "2:\n\t"
	    ".pushsection .fault_table, \"a\"\n\t"
	    ".balign 8\n\t"
	    ".quad 1b, 2b\n\t"
	    ".popsection"
	    : "+r"(error)
	    : "a"((uint32_t)v), "d"((uint32_t)(v >> 32)), "c"(msr)
	    : "memory", "cc");
	return error;
}

static inline int
rdmsr_safe(uint32_t msr, uint64_t *v)
{
	uint32_t lo = 0, hi = 0;
	int error = 1;

	__asm volatile("1: rdmsr\n\t"
	    "xor %0,%0\n"
	    "2:\n\t"
	    ".pushsection .fault_table, \"a\"\n\t"
	    ".balign 8\n\t"
	    ".quad 1b, 2b\n\t"
	    ".popsection"
	    : "+r"(error), "+a"(lo), "+d"(hi)
	    : "c"(msr) : "memory", "cc");
	*v = (uint64_t)hi << 32 | lo;
	return error;
}

static inline uint64_t
rdtsc(void)
{
	uint32_t lo, hi;

	__asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

/* As the instruction leaves it: two stores are cheaper than one word. */
static inline void
rdtsc_halves(uint32_t *lo, uint32_t *hi)
{
	__asm volatile("rdtsc" : "=a"(*lo), "=d"(*hi));
}

static inline void
x86_cpuid2(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
	__asm volatile("cpuid"
	    : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
	    : "a"(leaf), "c"(sub));
}

static inline void
x86_cpuid(uint32_t leaf, uint32_t r[4])
{
	x86_cpuid2(leaf, 0, r);
}

#define __X86_REG(name) \
static inline u_long \
r##name(void) \
{ \
	u_long v; \
	__asm volatile("mov %%" #name ",%0" : "=r"(v)); \
	return v; \
} \
static inline void \
l##name(u_long v) \
{ \
	__asm volatile("mov %0,%%" #name :: "r"(v) : "memory"); \
}
__X86_REG(cr0)
__X86_REG(cr2)
__X86_REG(cr3)
__X86_REG(cr4)
__X86_REG(dr0)
__X86_REG(dr1)
__X86_REG(dr2)
__X86_REG(dr3)
__X86_REG(dr6)
__X86_REG(dr7)

static inline void
invlpg(vaddr_t va)
{
	__asm volatile("invlpg (%0)" :: "r"(va) : "memory");
}

#endif
