/* What the tests of nmi(9) share: senders, texts, a look at the registers. */

#include <machine/pmap.h>
#include <x86/acpivar.h>
#include <x86/lapicreg.h>
#include "nmitest.h"

struct nt_regs nt_regs;

void nt_registers_asm(void);
extern const char nt_registers_sent[], nt_registers_end[];

int
nt_claim(const struct trapframe *tf __unused, void *arg __unused)
{
	return 1;
}

int
nt_decline(const struct trapframe *tf __unused, void *arg __unused)
{
	return 0;
}

bool
nt_send(struct cpu_info *ci)
{
	const volatile uint64_t *taken = &ci->ci_nmi.nc_taken.ev_count;
	uint64_t before = *taken;

	lapic_send_nmi(ci->ci_apicid);
	return KT_SPIN(*taken != before && !nmi_in_progress(ci));
}

bool
nt_self(void)
{
	int s = splhigh();
	bool came = nt_send(curcpu());

	splx(s);
	return came;
}

struct nt_search {
	const nmi_handler_t *ns_handle;
	const struct nmi_account *ns_found;
};

static void
nt_compare(const struct nmi_account *na, void *arg)
{
	struct nt_search *ns = arg;

	if (na->na_handle == ns->ns_handle)
		ns->ns_found = na;
}

const struct nmi_account *
nt_account(const nmi_handler_t *handle)
{
	struct nt_search ns = { handle, NULL };

	nmi_account_foreach(nt_compare, &ns);
	KASSERT(ns.ns_found != NULL);
	return ns.ns_found;
}

char nt_text[NT_TEXT];
u_int nt_lines;
static size_t nt_len;

static void
nt_putc(int c, void *arg __unused)
{
	if (nt_len < sizeof(nt_text) - 1)
		nt_text[nt_len++] = (char)c;
	nt_text[nt_len] = '\0';
	nt_lines += c == '\n';
}

void
nt_print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvprintf(nt_putc, NULL, fmt, ap);
	va_end(ap);
}

void
nt_print_reset(void)
{
	nt_len = nt_lines = 0;
	nt_text[0] = '\0';
}

static const char *
nt_find(const char *text, const char *what)
{
	for (; *text != '\0'; text++)
		if (strncmp(text, what, strlen(what)) == 0)
			return text;
	return NULL;
}

bool
nt_order(const char *const *want, size_t n)
{
	const char *at = nt_text;

	for (size_t i = 0; i < n; i++, at++)
		if ((at = nt_find(at, want[i])) == NULL) {
			printf("# no \"%s\" in:\n%s", want[i], nt_text);
			return false;
		}
	return true;
}

uint64_t
nt_unclaimed(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;
	uint64_t n = 0;

	for (CPU_INFO_FOREACH(cii, ci))
		n += ci->ci_nmi.nc_unclaimed.ev_count;
	return n;
}

/*
 * rax and rdi are what is written to the ICR, and where.  The jmp after it
 * is where an emulator that works in blocks takes the NMI at the latest.
 */
__asm(
"	.text\n"
"	.macro nr_all op\n"
"	\\op	rax, 0\n"
"	\\op	rbx, 1\n"
"	\\op	rcx, 2\n"
"	\\op	rdx, 3\n"
"	\\op	rsi, 4\n"
"	\\op	rdi, 5\n"
"	\\op	rbp, 6\n"
"	\\op	r8, 7\n"
"	\\op	r9, 8\n"
"	\\op	r10, 9\n"
"	\\op	r11, 10\n"
"	\\op	r12, 11\n"
"	\\op	r13, 12\n"
"	\\op	r14, 13\n"
"	\\op	r15, 14\n"
"	.endm\n"
"	.macro nr_load reg, n\n"
"	movq	nt_regs + \\n * 8, %\\reg\n"
"	.endm\n"
"	.macro nr_store reg, n\n"
"	movq	%\\reg, nt_regs + 120 + \\n * 8\n"
"	.endm\n"
"	.globl	nt_registers_asm\n"
"	.type	nt_registers_asm, @function\n"
"nt_registers_asm:\n"
"	pushq	%rbp\n"
"	pushq	%rbx\n"
"	pushq	%r12\n"
"	pushq	%r13\n"
"	pushq	%r14\n"
"	pushq	%r15\n"
"	movq	%rsp, nt_regs + 240\n"
"	pushq	nt_regs + 256\n"
"	popfq\n"
"	nr_all	nr_load\n"
"	movl	%eax, (%rdi)\n"
"	.globl	nt_registers_sent\n"
"nt_registers_sent:\n"
"	jmp	1f\n"
"1:	cmpl	$0, nt_regs + 280\n"
"	jne	2f\n"
"	decq	nt_regs + 272\n"
"	jne	1b\n"
"	.globl	nt_registers_end\n"
"nt_registers_end:\n"
"2:	nr_all	nr_store\n"
"	movq	%rsp, nt_regs + 248\n"
"	pushfq\n"
"	popq	nt_regs + 264\n"
"	pushq	$2\n"
"	popfq\n"
"	popq	%r15\n"
"	popq	%r14\n"
"	popq	%r13\n"
"	popq	%r12\n"
"	popq	%rbx\n"
"	popq	%rbp\n"
"	ret\n"
"	.size	nt_registers_asm, . - nt_registers_asm\n");
CTASSERT(offsetof(struct nt_regs, nr_out) == 120);
CTASSERT(offsetof(struct nt_regs, nr_rsp) == 240);
CTASSERT(offsetof(struct nt_regs, nr_flags) == 256);
CTASSERT(offsetof(struct nt_regs, nr_patience) == 272);
CTASSERT(offsetof(struct nt_regs, nr_seen) == 280);

void
nt_registers(u_long psl)
{
	volatile uint8_t *lapic = pmap_mapdev(madt.madt_lapic_pa, LAPIC_SIZE);
	volatile uint32_t *hi = (volatile uint32_t *)(lapic + LAPIC_ICRHI);
	struct nt_regs *nr = &nt_regs;
	u_int i;

	KASSERT(!kt_intr_on());
	for (i = 0; i < NR_N; i++)
		nr->nr_in[i] = 0x0123456789abcdef * (i + 3);
	nr->nr_in[NR_RAX] = LAPIC_ICR_ASSERT | LAPIC_ICR_NMI;
	nr->nr_in[NR_RDI] = (uint64_t)(lapic + LAPIC_ICRLO);
	memset(nr->nr_out, 0, sizeof(nr->nr_out));
	nr->nr_flags[0] = 2 | psl;
	nr->nr_patience = 1UL << 40;
	nr->nr_seen = 0;
	*hi = curcpu()->ci_apicid << LAPIC_ICRHI_SHIFT;
	nt_registers_asm();

	KT_CHECK(nr->nr_seen != 0);
	for (i = 0; i < NR_N; i++)
		KT_CHECK(nr->nr_out[i] == nr->nr_in[i]);
	KT_CHECK(nr->nr_rsp[1] == nr->nr_rsp[0]);
	KT_CHECK((nr->nr_flags[1] & NT_FLAGS) == psl);
}

void
nt_registers_check(const struct trapframe *tf)
{
	const uint64_t *in = nt_regs.nr_in;

	KT_CHECK(tf->tf_rip >= (vaddr_t)nt_registers_sent &&
	    tf->tf_rip <= (vaddr_t)nt_registers_end);
	KT_CHECK(tf->tf_rax == in[NR_RAX] && tf->tf_rbx == in[NR_RBX]);
	KT_CHECK(tf->tf_rcx == in[NR_RCX] && tf->tf_rdx == in[NR_RDX]);
	KT_CHECK(tf->tf_rsi == in[NR_RSI] && tf->tf_rdi == in[NR_RDI]);
	KT_CHECK(tf->tf_rbp == in[NR_RBP]);
	KT_CHECK(tf->tf_r8 == in[NR_R8] && tf->tf_r9 == in[NR_R9]);
	KT_CHECK(tf->tf_r10 == in[NR_R10] && tf->tf_r11 == in[NR_R11]);
	KT_CHECK(tf->tf_r12 == in[NR_R12] && tf->tf_r13 == in[NR_R13]);
	KT_CHECK(tf->tf_r14 == in[NR_R14] && tf->tf_r15 == in[NR_R15]);
	KT_CHECK(tf->tf_rsp == nt_regs.nr_rsp[0]);
	KT_CHECK((tf->tf_rflags & NT_FLAGS) ==
	    (nt_regs.nr_flags[0] & NT_FLAGS));
	KT_CHECK(tf->tf_cs == GSEL_KCODE && tf->tf_ss == GSEL_KDATA);
}
