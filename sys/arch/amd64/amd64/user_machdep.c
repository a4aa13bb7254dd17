/*
 * The CPU's part of user mode: what makes SYSCALL work, what a thread of user
 * mode takes along from CPU to CPU, and copies of its memory.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lwp.h>
#include <sys/proc.h>

#include <machine/cpu.h>
#include <machine/frame.h>
#include <machine/intr.h>
#include <machine/pmap.h>
#include <machine/segments.h>
#include <machine/specialreg.h>
#include <machine/trap.h>

#include <x86/cpufunc.h>
#include <x86/cpuvar.h>

/* SYSCALL clears them: see user_entry.S. */
#define PSL_SYSCALL	(PSL_T | PSL_I | PSL_D | PSL_IOPL | PSL_NT | PSL_AC)

#define COPY_CHUNK	256		/* bytes, interrupts off */

/* SYSRET counts from the selector below user data, and wants it for ring 3. */
#define STAR_SYSRET	((uint64_t)(GSEL_UDATA - 8) << 48)
#define STAR_SYSCALL	((uint64_t)GSEL_KCODE << 32)
CTASSERT(GSEL_UCODE == GSEL_UDATA + 8);
CTASSERT(GSEL_KDATA == GSEL_KCODE + 8);

extern const char syscall_entry[];

/* Each CPU, before it can have a process. */
void
cpu_init_syscall(void)
{
	wrmsr(MSR_STAR, STAR_SYSRET | STAR_SYSCALL);
	wrmsr(MSR_LSTAR, (uint64_t)syscall_entry);
	wrmsr(MSR_CSTAR, (uint64_t)syscall_entry);	/* there is no such code */
	wrmsr(MSR_SFMASK, PSL_SYSCALL);
}

#define SEG_STORE(seg) ({ \
	u_int s_; \
	__asm volatile("movl %%" #seg ",%0" : "=r"(s_)); \
	(uint16_t)s_; \
})
#define SEG_LOAD(seg, v) \
	__asm volatile("movl %0,%%" #seg :: "r"((u_int)(v)) : "memory")

static void
user_save(struct mdlwp *md)
{
	md->md_ds = SEG_STORE(ds);
	md->md_es = SEG_STORE(es);
	md->md_fs = SEG_STORE(fs);
	md->md_gs = SEG_STORE(gs);
	md->md_fsbase = rdmsr(MSR_FSBASE);
	md->md_gsbase = rdmsr(MSR_KERNELGSBASE);
}

/*
 * A selector first, since loading it changes the base; that of GS is ours
 * meanwhile, and at once put back.  What is loaded was loaded before, in a
 * GDT that does not change, so it does not fault.
 */
static void
user_load(const struct mdlwp *md)
{
	SEG_LOAD(ds, md->md_ds);
	SEG_LOAD(es, md->md_es);
	SEG_LOAD(fs, md->md_fs);
	wrmsr(MSR_FSBASE, md->md_fsbase);
	wrmsr(MSR_KERNELGSBASE, md->md_gsbase);
	if (SEG_STORE(gs) != md->md_gs) {
		struct cpu_info *ci = curcpu();

		SEG_LOAD(gs, md->md_gs);
		wrmsr(MSR_GSBASE, (uint64_t)ci);
	}
}

/*
 * Before the switch of the stacks, if one of the two is of a process.
 * Interrupts off.  Ring 0 has a null SS after an interrupt of user mode; no
 * other thread shall inherit that.
 */
void
cpu_proc_switch(struct lwp *old, struct lwp *new)
{
	if (old->l_proc != NULL)
		user_save(&old->l_md);
	SEG_LOAD(ss, GSEL_KDATA);
	if (new->l_proc == NULL) {
		pmap_activate();
		return;
	}
	pmap_activate_user(new->l_proc->p_pmap);
	curcpu()->ci_md.cmd_tss.tss_rsp[0] = new->l_stack + KSTACK_SIZE;
	user_load(&new->l_md);
}

/* The first entry; all other registers are zero. */
void
cpu_user_start(uint64_t arg)
{
	struct trapframe tf = {
		.tf_rdi = arg,
		.tf_rip = VM_USER_TEXT,
		.tf_cs = GSEL_UCODE,
		.tf_rflags = PSL_MBO | PSL_I,
		.tf_rsp = VM_USER_STACK,
		.tf_ss = GSEL_UDATA,
	};

	x86_disable_intr();
	user_enter(&tf);
}

static bool
canonical(uint64_t va)
{
	return va + (1UL << 47) < 1UL << 48;
}

/* In the kernel the user's base lies in the other register. */
int
cpu_set_user_gsbase(uint64_t va)
{
	if (!canonical(va))
		return EINVAL;
	wrmsr(MSR_KERNELGSBASE, va);
	return 0;
}

/* With access for one chunk: no interrupt can take it elsewhere. */
static int
user_copy(const void *from, void *to, size_t len)
{
	int error, s = splhigh();

	if (x86_features.smap)
		x86_stac();
	error = kcopy(from, to, len);
	if (x86_features.smap)
		x86_clac();
	splx(s);
	return error;
}

int
copyin(const void *uaddr, void *kaddr, size_t len)
{
	const char *from = uaddr;
	char *to = kaddr;
	size_t n;
	int error = 0;

	if ((vaddr_t)uaddr >= VM_MAXUSER_ADDRESS ||
	    len > VM_MAXUSER_ADDRESS - (vaddr_t)uaddr)
		return EFAULT;
	for (; len > 0 && error == 0; from += n, to += n, len -= n) {
		n = MIN(len, COPY_CHUNK);
		error = user_copy(from, to, n);
	}
	return error;
}
