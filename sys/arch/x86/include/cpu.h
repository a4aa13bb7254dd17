/*
 * struct cpu_info: everything the kernel keeps for one CPU, and how to
 * reach it.  %gs points at it in the kernel; ci_self lets one load turn
 * that into a pointer.
 */

#ifndef _X86_CPU_H_
#define _X86_CPU_H_

#include <sys/param.h>
#include <sys/cpu_data.h>
#include <machine/segments.h>

#include <x86/nmicpu.h>

struct cpu_info {
	struct cpu_info *ci_self;	/* first: genassym and curcpu() */
	struct lwp *ci_curlwp;
	struct lwp *ci_idlelwp;
	int ci_intr_depth;		/* hardware interrupt handlers under way */
	volatile u_int ci_want_resched;
	cpuid_t ci_cpuid;		/* our number, 0 is the boot CPU */
	u_int ci_apicid;
	volatile bool ci_running;	/* has reached the scheduler */
	struct cpu_data ci_data;	/* the machine-independent part */
	char ci_model[49];
	u_long ci_dr7;			/* not 0: it has watchpoints (dbregs.c) */
	struct nmi_cpu ci_nmi;
	struct cpu_md ci_md __aligned(64); /* GDT, TSS, stacks: <machine/segments.h> */
};

extern struct cpu_info cpu_info_primary;
extern struct cpu_info *cpu_infos[MAXCPUS];	/* [0, ncpu), rest NULL */
extern int ncpu;

#define CPU_INFO_ITERATOR	int
#define CPU_INFO_FOREACH(cii, ci) \
	(cii) = 0; (cii) < ncpu && ((ci) = cpu_infos[cii], true); (cii)++

static inline struct cpu_info *
curcpu(void)
{
	struct cpu_info *ci;

	__asm volatile("mov %%gs:%c1,%0"
	    : "=r"(ci) : "i"(offsetof(struct cpu_info, ci_self)));
	return ci;
}

/*
 * A member of the running CPU's cpu_info, in one instruction: right even in
 * a thread that is about to be preempted.
 */
#define curcpu_load(member) \
	({ \
		__typeof(((struct cpu_info *)0)->member) __v; \
		__asm volatile("mov %%gs:%c1,%0" \
		    : "=r"(__v) : "i"(offsetof(struct cpu_info, member))); \
		__v; \
	})
#define curcpu_store(member, v) \
	__asm volatile("movq %0,%%gs:%c1" \
	    :: "er"((__typeof(((struct cpu_info *)0)->member))(v)), \
	    "i"(offsetof(struct cpu_info, member)) : "memory")
/* Is it zero?  Compared where it lies: two instructions with the branch. */
#define curcpu_zero_p(member) \
	({ \
		bool __z; \
		__asm volatile("cmpq $0,%%gs:%c1" \
		    : "=@ccz"(__z) : "i"(offsetof(struct cpu_info, member))); \
		__z; \
	})
#define curcpu_inc(member) \
	__asm volatile("incq %%gs:%c0" \
	    :: "i"(offsetof(struct cpu_info, member)) : "memory", "cc")

static inline struct lwp *
x86_curlwp(void)
{
	return curcpu_load(ci_curlwp);
}
#define curlwp		x86_curlwp()

static inline u_int
cpu_index(const struct cpu_info *ci)
{
	return ci->ci_cpuid;
}
#define cpu_number()	(curcpu()->ci_cpuid)
#define cpu_name(ci)	((ci)->ci_data.cpu_name)

struct cpu_info *cpu_lookup(u_int);

/*
 * Hardware interrupt handler on this CPU?  One instruction: a thread that is
 * preempted between two could read another CPU's depth.
 */
static inline bool
cpu_intr_p(void)
{
	int depth;

	__asm volatile("movl %%gs:%c1,%0"
	    : "=r"(depth) : "i"(offsetof(struct cpu_info, ci_intr_depth)));
	return depth != 0;
}

/* Is an NMI handler running on this CPU? */
static inline bool
cpu_nmi_p(void)
{
	return curcpu_load(ci_nmi.nc_current) != NULL;
}

/* At the head of whatever an NMI handler may not call. */
#define NMI_FORBIDDEN_BY(what) \
	do { \
		if (__predict_false(cpu_nmi_p())) \
			nmi_forbidden(what); \
	} while (0)
#define NMI_FORBIDDEN()	NMI_FORBIDDEN_BY(__func__)
void nmi_forbidden(const char *);	/* returns only after a panic */

/* When threads and all CPUs run: the rest of nmi(9), and its self-test. */
void nmi_configure(void);

/* Stopping the machine (nmi_ipi.c). */
void cpu_stop_enter(void);	/* own it, or wait here */
void cpu_stop_begin(void);	/* by NMI, without much waiting */
void cpu_stop_others(void);	/* by NMI; waits a second at most */
bool cpu_stop_mine(void);	/* do we own it? */
/* A line for each other CPU, with a trace unless it was idle. */
void cpu_stop_report(void (*)(const char *, ...) __printflike(1, 2), bool);
const struct trapframe *cpu_stop_frame(const struct cpu_info *);	/* or NULL */
void cpu_stop_exit(void);	/* they go on */

/* The registers as they are now (db_trace.c). */
void cpu_show_registers(void (*)(const char *, ...) __printflike(1, 2));

void cpu_need_resched(struct cpu_info *);	/* set, and kick if remote */
void cpu_idle(void);
void x86_boot_aps(void);
void cpu_configure(void);	/* interrupt controllers and clocks */
void cpu_halt_forever(void) __dead;
void xc_send_ipi(struct cpu_info *);		/* NULL: all others */

/* CPU features the kernel acts on. */
extern struct x86_features {
	bool smep, smap, umip, fsgsbase, nx, pge, rdtscp, mce, mca;
} x86_features;

#endif
