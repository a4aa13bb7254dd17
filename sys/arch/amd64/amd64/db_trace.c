/*
 * Stack traces by frame pointers.
 *
 * Any context, NMI included: reads memory only through kcopy() and only
 * where stacks are, so a corrupt chain ends the trace and never faults the
 * machine, and a chain that does not climb is cut (only a trap frame may lead
 * to another stack).
 */

#include <sys/param.h>
#include <sys/systm.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>
#include <machine/frame.h>
#include <machine/pmap.h>
#include <machine/trap.h>

#include <x86/cpufunc.h>

#define TRACE_LINES	64	/* frames shown: a loop through trap frames ends too */
#define TRACE_WALK	16384	/* frames walked, the folded ones among them */

#define CALL_SIZE	5	/* e8, displacement */
#define CALL_INST	0xe8
#define LEAF_SLOTS	8	/* what a function without a frame may have pushed */

extern const char trap_stubs_start[], trap_stubs_end[], nmi_stubs_start[],
    nmi_window_end[], syscall_entry[];

typedef void (*print_t)(const char *, ...) __printflike(1, 2);

struct position {
	vaddr_t p_pc, p_fp;
	vaddr_t p_sp;		/* interrupted there; 0: a call returns to pc */
};

static bool
in_stub(vaddr_t pc)
{
	/* The NMI stubs are the end of the text. */
	return (pc >= (vaddr_t)trap_stubs_start && pc < (vaddr_t)trap_stubs_end) ||
	    (pc >= (vaddr_t)nmi_stubs_start && pc < (vaddr_t)nmi_window_end);
}

/* Not in the map of devices, where a read can do something. */
static bool
read_stack(vaddr_t va, void *to, size_t size)
{
	return va >= PMAP_STACK_BASE && (va & 7) == 0 &&
	    kcopy((const void *)va, to, size) == 0;
}

/*
 * A return address belongs to the call before it, which may be the last
 * instruction of a function that calls panic().
 */
static void
print_frame(const struct position *p, print_t pr)
{
	const char *name;
	vaddr_t start;

	if ((name = ksyms_lookup(p->p_pc - (p->p_sp == 0), &start)) != NULL)
		pr("%s() at kernel:%s+0x%lx\n", name, name, p->p_pc - start);
	else
		pr("%#lx() at %#lx\n", p->p_pc, p->p_pc);
}

static void
print_trap(uint64_t trapno, print_t pr)
{
	if (trapno == T_SYSCALL)
		pr("--- system call ---\n");
	else if (trapno < 32)
		pr("--- trap (number %u) ---\n", (u_int)trapno);
	else
		pr("--- interrupt (vector %#x) ---\n", (u_int)trapno);
}

/*
 * A stub's frame lies in its trapframe: fp is the address of tf_arg8, which
 * the stub made look like a saved frame pointer and return address.
 */
static bool
unwind_stub(struct position *p, print_t pr)
{
	const vaddr_t tf = p->p_fp - offsetof(struct trapframe, tf_arg8);
	uint64_t end[7], rbp;	/* trapno, err, rip, cs, rflags, rsp, ss */

	CTASSERT(offsetof(struct trapframe, tf_ss) ==
	    offsetof(struct trapframe, tf_trapno) + 6 * sizeof(end[0]));
	if (!read_stack(tf + offsetof(struct trapframe, tf_trapno), end, sizeof(end)) ||
	    !read_stack(tf + offsetof(struct trapframe, tf_rbp), &rbp, sizeof(rbp))) {
		pr("--- trap frame unreadable ---\n");
		return false;
	}
	print_trap(end[0], pr);
	if (USERMODE(end[3])) {
		pr("user mode at %#lx\n", end[2]);
		return false;
	}
	*p = (struct position){ .p_pc = end[2], .p_fp = rbp, .p_sp = end[5] };
	return true;
}

/* Does a call of the function at start return to ret? */
static bool
returns_from(vaddr_t ret, vaddr_t start)
{
	const uint8_t *call = (const uint8_t *)(ret - CALL_SIZE);
	vaddr_t its_start;
	int32_t where;

	if (ksyms_lookup(ret - CALL_SIZE, &its_start) == NULL || *call != CALL_INST)
		return false;
	memcpy(&where, call + 1, sizeof(where));
	return ret + (vaddr_t)(int64_t)where == start;
}

/*
 * Interrupted where fp is still, or again, or always the caller's: at the
 * first instructions and in functions that the compiler gave no frame.  The
 * address to return to is then near the top of the stack.  0: not so.
 */
static vaddr_t
leaf_return(const struct position *p)
{
	static const uint8_t prologue[] = { 0x55, 0x48, 0x89, 0xe5 };
	vaddr_t start, sp, ret;

	if (in_stub(p->p_pc) || ksyms_lookup(p->p_pc, &start) == NULL)
		return 0;	/* to a stub nobody returns by what it pushed */
	if (p->p_pc == start)
		return read_stack(p->p_sp, &ret, sizeof(ret)) ? ret : 0;
	if (p->p_pc >= start + sizeof(prologue) &&
	    memcmp((const void *)start, prologue, sizeof(prologue)) == 0)
		return 0;
	for (sp = p->p_sp; sp < p->p_sp + LEAF_SLOTS * sizeof(ret); sp += sizeof(ret))
		if (sp == p->p_fp + sizeof(ret) || !read_stack(sp, &ret, sizeof(ret)))
			return 0;
		else if (returns_from(ret, start))
			return ret;
	return 0;
}

/*
 * Interrupted in a stub that is about to leave for user mode, or comes from
 * it: the frame pointer is, or may be, the user's.
 */
static bool
at_user_boundary(const struct position *p)
{
	if (p->p_sp == 0 || !in_stub(p->p_pc))
		return false;
	return p->p_fp - 1 < VM_MAXUSER_ADDRESS ||
	    (p->p_pc >= (vaddr_t)syscall_entry && p->p_pc < (vaddr_t)trap_stubs_end);
}

static bool
unwind_call(struct position *p, print_t pr)
{
	vaddr_t f[2];		/* caller's frame pointer, return address */

	if (at_user_boundary(p)) {
		pr("user mode, at its boundary\n");
		return false;
	}
	if (p->p_sp != 0 && (f[1] = leaf_return(p)) != 0) {
		*p = (struct position){ .p_pc = f[1], .p_fp = p->p_fp };
		return true;
	}
	if (!read_stack(p->p_fp, f, sizeof(f)) || f[1] == 0 ||
	    (f[0] != 0 && f[0] <= p->p_fp && !in_stub(f[1])))
		return false;
	*p = (struct position){ .p_pc = f[1], .p_fp = f[0] };
	return true;
}

static void
print_folded(u_int n, print_t pr)
{
	if (n != 0)
		pr("... the last frame %u times more\n", n);
}

static void
trace(struct position p, print_t pr)
{
	vaddr_t last = 0;
	u_int lines = 0, folded = 0;
	bool more = true, stub;

	for (u_int n = 0; more && lines < TRACE_LINES && n < TRACE_WALK; n++) {
		stub = p.p_sp == 0 && in_stub(p.p_pc);
		if (p.p_pc == last && !stub) {
			folded++;
			more = unwind_call(&p, pr);
			continue;
		}
		print_folded(folded, pr);
		folded = 0;
		lines++;
		last = p.p_pc;
		if (!stub)
			print_frame(&p, pr);
		more = stub ? unwind_stub(&p, pr) : unwind_call(&p, pr);
	}
	print_folded(folded, pr);
	if (more)
		pr("... more frames not shown\n");
}

void
stack_trace(vaddr_t pc, vaddr_t fp, print_t pr)
{
	trace((struct position){ .p_pc = pc, .p_fp = fp }, pr);
}

const char *
trapframe_where(char *buf, size_t len, const struct trapframe *tf)
{
	if (!USERMODE(tf->tf_cs))
		return ksyms_format(buf, len, tf->tf_rip);
	snprintf(buf, len, "user %#lx", tf->tf_rip);
	return buf;
}

void
trapframe_trace(const struct trapframe *tf, print_t pr)
{
	if (USERMODE(tf->tf_cs))
		pr("user mode at %#lx\n", tf->tf_rip);
	else
		trace((struct position){ .p_pc = tf->tf_rip, .p_fp = tf->tf_rbp,
		    .p_sp = tf->tf_rsp }, pr);
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
