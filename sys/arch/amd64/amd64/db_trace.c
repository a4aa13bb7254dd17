/*
 * Stack traces by frame pointers.
 *
 * Any context, NMI included: reads memory only through kcopy(), so a
 * corrupt chain ends the trace and never faults the machine, and a chain
 * that does not climb is cut (only a trap frame may lead to another stack).
 */

#include <sys/param.h>
#include <sys/systm.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>
#include <machine/frame.h>

#include <x86/cpufunc.h>

#define PUSH_RBP	0x55
#define TRACE_MAX	64	/* frames: a loop through trap frames ends too */

extern const char trap_stubs_start[], trap_stubs_end[], nmi_stubs_start[],
    nmi_window_end[];

struct frame {
	vaddr_t f_fp;
	vaddr_t f_pc;
};

typedef void (*print_t)(const char *, ...) __printflike(1, 2);

static bool
in_stub(vaddr_t pc)
{
	/* The NMI stubs are the end of the text. */
	return (pc >= (vaddr_t)trap_stubs_start && pc < (vaddr_t)trap_stubs_end) ||
	    (pc >= (vaddr_t)nmi_stubs_start && pc < (vaddr_t)nmi_window_end);
}

/*
 * A return address belongs to the call before it, which may be the last
 * instruction of a function that calls panic().
 */
static void
print_frame(vaddr_t pc, bool is_return, print_t pr)
{
	const char *name;
	vaddr_t start;

	if ((name = ksyms_lookup(pc - is_return, &start)) != NULL)
		pr("%s() at kernel:%s+0x%lx\n", name, name, pc - start);
	else
		pr("%#lx() at %#lx\n", pc, pc);
}

/*
 * A stub's frame lies in its trapframe: fp is the address of tf_arg8, which
 * the stub made look like a saved frame pointer and return address.
 */
static void
print_stub(vaddr_t fp, print_t pr)
{
	const struct trapframe *tf =
	    (const void *)(fp - offsetof(struct trapframe, tf_arg8));
	uint64_t trapno;

	if (kcopy(&tf->tf_trapno, &trapno, sizeof(trapno)) != 0)
		pr("--- trap frame unreadable ---\n");
	else if (trapno < 32)
		pr("--- trap (number %u) ---\n", (u_int)trapno);
	else
		pr("--- interrupt (vector %#x) ---\n", (u_int)trapno);
}

void
stack_trace(vaddr_t pc, vaddr_t fp, print_t pr)
{
	struct frame f;
	bool stub, is_return = false;

	for (int n = 0; n < TRACE_MAX; n++) {
		stub = in_stub(pc);
		if (stub)
			print_stub(fp, pr);
		else
			print_frame(pc, is_return, pr);
		if (fp == 0 || (fp & 7) != 0 || kcopy((const void *)fp, &f, sizeof(f)) != 0)
			return;
		if (f.f_pc == 0 || (!stub && f.f_fp != 0 && f.f_fp <= fp && !in_stub(f.f_pc)))
			return;
		is_return = !stub;	/* a stub interrupted at, not after */
		pc = f.f_pc;
		fp = f.f_fp;
	}
	pr("... more frames not shown\n");
}

/*
 * A breakpoint's usual place: the function has no frame yet, or only pushed
 * its caller's.  Where the return address is then, or 0.
 */
static vaddr_t
return_slot(const struct trapframe *tf)
{
	const uint8_t *insn;
	vaddr_t start;

	if (ksyms_lookup(tf->tf_rip, &start) == NULL)
		return 0;
	if (tf->tf_rip == start)
		return tf->tf_rsp;
	insn = (const uint8_t *)start;
	return tf->tf_rip == start + 1 && *insn == PUSH_RBP ? tf->tf_rsp + 8 : 0;
}

void
trapframe_trace(const struct trapframe *tf, print_t pr)
{
	vaddr_t slot, ret;

	if (USERMODE(tf->tf_cs)) {
		pr("user mode at %#lx\n", tf->tf_rip);
		return;
	}
	slot = return_slot(tf);
	if (slot != 0 && kcopy((const void *)slot, &ret, sizeof(ret)) == 0) {
		print_frame(tf->tf_rip, false, pr);
		stack_trace(ret, tf->tf_rbp, pr);
	} else
		stack_trace(tf->tf_rip, tf->tf_rbp, pr);
}

void
trapframe_print(const struct trapframe *tf, print_t pr)
{
	pr("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n",
	    tf->tf_rax, tf->tf_rbx, tf->tf_rcx, tf->tf_rdx);
	pr("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n",
	    tf->tf_rsi, tf->tf_rdi, tf->tf_rbp, tf->tf_rsp);
	pr("r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n",
	    tf->tf_r8, tf->tf_r9, tf->tf_r10, tf->tf_r11);
	pr("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n",
	    tf->tf_r12, tf->tf_r13, tf->tf_r14, tf->tf_r15);
}

/* What a panic can still tell: not what its caller had in scratch registers. */
void
cpu_show_registers(print_t pr)
{
	u_long rbx, rbp, rsp, r12, r13, r14, r15;

	__asm volatile("mov %%rbx,%0; mov %%rbp,%1; mov %%rsp,%2"
	    : "=m"(rbx), "=m"(rbp), "=m"(rsp));
	__asm volatile("mov %%r12,%0; mov %%r13,%1; mov %%r14,%2; mov %%r15,%3"
	    : "=m"(r12), "=m"(r13), "=m"(r14), "=m"(r15));
	pr("rbx %016lx rbp %016lx rsp %016lx rflags %08lx\n",
	    rbx, rbp, rsp, x86_read_psl());
	pr("r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", r12, r13, r14, r15);
	pr("cr0 %08lx cr2 %016lx cr3 %016lx cr4 %08lx\n",
	    rcr0(), rcr2(), rcr3(), rcr4());
}
