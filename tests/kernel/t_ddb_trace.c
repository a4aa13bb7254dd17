/*
 * Stack traces: across trap, interrupt and NMI frames, through functions
 * without a frame, and over chains that are garbage.
 */

#include <sys/xcall.h>
#include <machine/db_machdep.h>
#include <machine/pmap.h>
#include "nmitest.h"

#define TR_LINES	64	/* of frames; a remark may follow */
#define TR_WORDS	64
#define TR_ROUNDS	2000
#define TR_DEPTH	40

static void
tr_trace(vaddr_t pc, vaddr_t fp)
{
	nt_print_reset();
	stack_trace(pc, fp, nt_print);
	KT_CHECK(nt_lines >= 1 && nt_lines <= TR_LINES + 2);
}

KTEST(ddb_trace_nowhere, "a frame pointer to where no stack can be ends the trace")
{
	extern const char __kernel_end[];
	const vaddr_t nowhere[] = {
		0, 1, 8, 0x7ffffffff000, 0x800000000000, 0xffff7ffffffffff8,
		PMAP_DEV_BASE, (vaddr_t)NT_NOWHERE, curlwp->l_stack - 8,
		curlwp->l_stack - PAGE_SIZE, (vaddr_t)__kernel_end + (64UL << 20),
		~(vaddr_t)0 - 7, ~(vaddr_t)0,
		(vaddr_t)__builtin_frame_address(0) + 1,
	};

	for (size_t i = 0; i < __arraycount(nowhere); i++) {
		tr_trace((vaddr_t)tr_trace, nowhere[i]);
		KT_CHECK(nt_lines == 1);
	}
}

KTEST(ddb_trace_circle, "frames that lead in a circle are cut")
{
	vaddr_t frames[2][2], pc = (vaddr_t)tr_trace;

	frames[0][0] = (vaddr_t)frames[1];
	frames[1][0] = (vaddr_t)frames[0];
	frames[0][1] = frames[1][1] = pc + 8;
	tr_trace(pc, (vaddr_t)frames[0]);
	KT_CHECK(nt_lines <= 3);
	frames[0][0] = (vaddr_t)frames[0];
	tr_trace(pc, (vaddr_t)frames[0]);
	KT_CHECK(nt_lines <= 2);
}

/* A trap that interrupted a function called by the stub of that trap. */
KTEST(ddb_trace_trap_circle, "trap frames that lead in a circle are cut")
{
	extern const char trap_stubs_start[];
	static struct trapframe tf;
	vaddr_t frame[2];

	frame[0] = (vaddr_t)&tf.tf_arg8;
	frame[1] = (vaddr_t)trap_stubs_start + 8;
	tf.tf_trapno = 14;
	tf.tf_rip = (vaddr_t)tr_trace + 64;
	tf.tf_rbp = (vaddr_t)frame;
	tr_trace((vaddr_t)nt_print + 64, (vaddr_t)frame);
	KT_CHECK(nt_lines == TR_LINES + 1);
	KT_CHECK(NT_SAID("--- trap (number 14) ---", "tr_trace() at kernel:tr_trace+0x",
	    "... more frames not shown\n"));
	tf.tf_rbp = 0x123456789abcdef8;
	tr_trace((vaddr_t)nt_print + 64, (vaddr_t)frame);
	KT_CHECK(nt_lines == 3);
}

/* Numbers as they are found where a stack was overwritten. */
static uint64_t
tr_garbage(uint64_t random, const uint64_t *words)
{
	extern const char trap_stubs_start[], __text_start[];

	switch (random >> 32 & 7) {
	case 0:
		return random * 0x9e3779b97f4a7c15;
	case 1:
		return (vaddr_t)__text_start + (random & 0xffff);
	case 2:
		return (vaddr_t)trap_stubs_start + (random & 0xfff);
	case 3:
		return PMAP_DEV_BASE + (random & 0xfff8);
	case 4:
		return curlwp->l_stack - 0x100 + (random & 0x1f8);
	default:
		return (vaddr_t)&words[random % TR_WORDS];
	}
}

KTEST(ddb_trace_garbage, "no garbage on a stack faults a trace or makes it endless")
{
	static uint64_t words[TR_WORDS];
	uint64_t random = 1;

	for (u_int i = 0; i < TR_ROUNDS; i++) {
		for (u_int n = 0; n < TR_WORDS; n++) {
			random = random * 6364136223846793005 + 1442695040888963407;
			words[n] = tr_garbage(random, words);
		}
		tr_trace(words[0], (vaddr_t)&words[random % TR_WORDS]);
	}
}

static __noinline u_int
tr_recurse(u_int depth)
{
	volatile u_int keep = depth;

	if (depth == 0) {
		nt_print_reset();
		stack_trace((vaddr_t)tr_recurse + 1,
		    (vaddr_t)__builtin_frame_address(0), nt_print);
		return 0;
	}
	keep += tr_recurse(depth - 1);
	return keep;
}

KTEST(ddb_trace_fold, "a function that called itself often is shown once, with a count")
{
	KT_CHECK(tr_recurse(TR_DEPTH) != 0);
	KT_CHECK(nt_lines < TR_DEPTH / 2);
	KT_CHECK(NT_SAID("tr_recurse() at", "... the last frame 39 times more\n",
	    "kt_ddb_trace_fold() at"));
}

/*
 * A thread, interrupted by an IPI, in whose handler an NMI comes, which
 * takes a breakpoint: four kinds of frames on two stacks.
 */
static volatile bool tr_on, tr_done;

static int
tr_nmi(const struct trapframe *tf __unused, void *arg __unused)
{
	nt_print_reset();
	stack_trace((vaddr_t)tr_nmi + 1, (vaddr_t)__builtin_frame_address(0), nt_print);
	return 1;
}

static void
tr_intr(void *arg1 __unused, void *arg2 __unused)
{
	KT_CHECK(nt_self());
}

static __noinline void
tr_spin(void)
{
	tr_on = true;
	while (!tr_done)
		x86_pause();
}

static void
tr_thread(void *arg __unused)
{
	tr_spin();
}

KTEST(ddb_trace_across, "a trace goes from an NMI through an interrupt into the thread")
{
	nmi_handler_t *handle;

	KT_NEEDS_CPUS(2);
	tr_on = tr_done = false;
	handle = nmi_establish(tr_nmi, NULL);
	kt_thread(PRI_USER, cpu_infos[1], tr_thread, NULL);
	KT_CHECK(KT_WAIT(tr_on));
	xc_wait(xc_unicast(XC_HIGHPRI, tr_intr, NULL, NULL, cpu_infos[1]));
	tr_done = true;
	kt_threads_join();
	nmi_disestablish(handle);
	KT_CHECK(NT_SAID("tr_nmi() at", "--- trap (number 2) ---", "tr_intr() at",
	    "--- interrupt (vector 0x", "tr_spin() at", "tr_thread() at"));
}

/* What compilers make of small functions: no frame at all.  Never called. */
extern const char tr_leaf[], tr_leaf_pushes[];
/* The dots keep these out of the symbol table. */
extern const char tr_leaf_back[] __asm("tr_leaf.back");
extern const char tr_leaf_pushed[] __asm("tr_leaf.pushed");
extern const char tr_leaf_pushes_back[] __asm("tr_leaf_pushes.back");
__asm(
"	.text\n"
"	.type	tr_leaf, @function\n"
"tr_leaf:\n"
"	nop\n"
"	ret\n"
"	.size	tr_leaf, . - tr_leaf\n"
"	.type	tr_leaf_pushes, @function\n"
"tr_leaf_pushes:\n"
"	pushq	%rbx\n"
"	pushq	$0\n"
"tr_leaf.pushed:\n"
"	addq	$16, %rsp\n"
"	ret\n"
"	.size	tr_leaf_pushes, . - tr_leaf_pushes\n"
"	.type	tr_leaf_caller, @function\n"
"tr_leaf_caller:\n"
"	pushq	%rbp\n"
"	movq	%rsp, %rbp\n"
"	call	tr_leaf\n"
"tr_leaf.back:\n"
"	call	tr_leaf_pushes\n"
"tr_leaf_pushes.back:\n"
"	popq	%rbp\n"
"	ret\n"
"	.size	tr_leaf_caller, . - tr_leaf_caller\n");

/* Interrupted at pc: what is on the stack, up to the caller's frame. */
static void
tr_interrupted(const char *pc, vaddr_t s0, vaddr_t s1, vaddr_t s2)
{
	static vaddr_t stack[5];
	static struct trapframe tf;

	stack[0] = s0;
	stack[1] = s1;
	stack[2] = s2;
	stack[3] = 0;
	stack[4] = (vaddr_t)tr_thread + 1;
	tf.tf_rip = (vaddr_t)pc;
	tf.tf_rsp = (vaddr_t)stack;
	tf.tf_rbp = (vaddr_t)&stack[3];
	nt_print_reset();
	trapframe_trace(&tf, nt_print);
	KT_CHECK(nt_lines == 3);
	KT_CHECK(NT_SAID("tr_leaf", "tr_leaf_caller() at", "tr_thread() at"));
}

KTEST(ddb_trace_leaf, "a function without a frame does not hide its caller")
{
	const vaddr_t back = (vaddr_t)tr_leaf_back;
	const vaddr_t pushes_back = (vaddr_t)tr_leaf_pushes_back;

	tr_interrupted(tr_leaf, back, 0, 0);
	tr_interrupted(tr_leaf + 1, back, 0, 0);
	tr_interrupted(tr_leaf_pushes, pushes_back, 0, 0);
	tr_interrupted(tr_leaf_pushes + 1, 5, pushes_back, 0);
	tr_interrupted(tr_leaf_pushed, 5, back, pushes_back);
}
