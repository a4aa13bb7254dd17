/*
 * The first instructions, and the context switch.
 *
 * Both boot protocols enter in 32-bit protected mode, paging off, at
 * .boot's physical address.  We build the smallest long mode: the first
 * 4 GiB seen three times (where they are, at the direct map, and from
 * KERNBASE for the kernel), then call C.  pmap_bootstrap() replaces these
 * tables at once; the CPUs started later pass through them (mptramp.S).
 */

#include <machine/asm.h>
#include <machine/segments.h>
#include <machine/specialreg.h>
#include "assym.h"

#define MULTIBOOT2_MAGIC	0xe85250d6
#define MULTIBOOT2_EAX		0x36d76289
#define PVH_MAGIC		0x336ec578

/* "Xen" note, type 18: where QEMU's -kernel enters. */
	.section .note.Xen, "a", @note
	.balign 4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	pvh_entry

	.section .multiboot2, "a"
	.balign 8
mb2_header:
	.long	MULTIBOOT2_MAGIC
	.long	0			/* i386 protected mode */
	.long	mb2_header_end - mb2_header
	.long	-(MULTIBOOT2_MAGIC + (mb2_header_end - mb2_header))
	.balign 8
	.short	1, 1			/* wanted: memory map, optional */
	.long	16
	.long	6, 1
	.balign 8
	.short	6, 0			/* modules start on a page */
	.long	8
	.balign 8
	.short	0, 0
	.long	8
mb2_header_end:

	.section .boot.text, "ax"
	.code32
	.globl multiboot2_entry
multiboot2_entry:
	cld
	movl	%ebx, %esi
	movl	%eax, %edi
	jmp	boot_common

	.globl pvh_entry
pvh_entry:
	cld
	movl	%ebx, %esi
	movl	$PVH_MAGIC, %edi

/* %edi = who loaded us, %esi = physical address of what it says. */
boot_common:
	movl	$boot_stack_top32, %esp

	/* CPUs without long mode or NX cannot be served: stop here. */
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	boot_hang
	movl	$0x80000001, %eax
	cpuid
	andl	$(1 << 29 | 1 << 20), %edx
	cmpl	$(1 << 29 | 1 << 20), %edx
	jne	boot_hang

	/* Four page directories of 2 MiB pages: the first 4 GiB. */
	movl	$boot_pd, %ebx
	xorl	%ecx, %ecx
1:	movl	%ecx, %eax
	shll	$21, %eax
	orl	$(PTE_P | PTE_W | PTE_PS), %eax
	movl	%eax, (%ebx,%ecx,8)
	movl	$0, 4(%ebx,%ecx,8)
	incl	%ecx
	cmpl	$2048, %ecx
	jne	1b

	movl	$(boot_pdpt + PTE_P + PTE_W), boot_pml4
	movl	$(boot_pdpt + PTE_P + PTE_W), boot_pml4 + 256 * 8
	movl	$(boot_pdpt_kern + PTE_P + PTE_W), boot_pml4 + 511 * 8
	movl	$(boot_pd + PTE_P + PTE_W), boot_pdpt
	movl	$(boot_pd + 4096 + PTE_P + PTE_W), boot_pdpt + 8
	movl	$(boot_pd + 8192 + PTE_P + PTE_W), boot_pdpt + 16
	movl	$(boot_pd + 12288 + PTE_P + PTE_W), boot_pdpt + 24
	movl	$(boot_pd + PTE_P + PTE_W), boot_pdpt_kern + 510 * 8

	call	enable_long_mode
	ljmp	$GSEL_KCODE, $boot64

boot_hang:
	hlt
	jmp	boot_hang

/*
 * Paging on, with the boot tables.  Used by the trampoline too, which runs
 * in a copy: absolute addresses only.  Clobbers %eax, %ecx, %edx.
 */
	.globl enable_long_mode
enable_long_mode:
	lgdt	boot_gdt_desc
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$boot_pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$(EFER_LME | EFER_NXE | EFER_SCE), %eax
	wrmsr
	/* EM: nobody saves x87 registers, so user mode has none. */
	movl	$(CR0_PE | CR0_MP | CR0_EM | CR0_NE | CR0_WP | CR0_AM | CR0_PG), %eax
	movl	%eax, %cr0
	ret

	.code64
boot64:
	movw	$GSEL_KDATA, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	xorl	%eax, %eax
	movw	%ax, %fs
	movw	%ax, %gs
	movabsq	$start64, %rax
	jmp	*%rax

	.section .boot.data, "aw"
	.balign 8
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* kernel code, long */
	.quad	0x00cf93000000ffff	/* kernel data */
boot_gdt_end:
	.globl boot_gdt_desc
boot_gdt_desc:
	.short	boot_gdt_end - boot_gdt - 1
	.quad	boot_gdt
	.balign 16
	.space	64
boot_stack_top32:

	.section .boot.tables, "aw", @nobits
	.balign 4096
	.globl boot_pml4
boot_pml4:	.space 4096
boot_pdpt:	.space 4096
boot_pdpt_kern:	.space 4096
boot_pd:	.space 4 * 4096

/*
 * On the boot stack, in the higher half: GS base first, C relies on it.
 */
	.text
ENTRY(start64)
	movl	$MSR_GSBASE, %ecx
	movq	$cpu_info_primary, %rdx
	movl	%edx, %eax
	shrq	$32, %rdx
	wrmsr
	leaq	boot_stack + BOOT_STACK_SIZE(%rip), %rsp
	xorl	%ebp, %ebp		/* a backtrace ends here */
	movl	%edi, %edi
	movl	%esi, %esi
	call	init_x86_64
	ud2
END(start64)

	.bss
	.balign 4096
	.globl boot_guard, boot_stack
boot_guard:	.space 4096	/* left unmapped by pmap.c */
boot_stack:	.space BOOT_STACK_SIZE
	.text

/*
 * struct lwp *cpu_switchto(struct lwp *old, struct lwp *new)
 *
 * Interrupts off, sched_lock held.  Everything C expects kept goes onto
 * the old stack (struct switchframe); the last store that makes the old
 * thread runnable elsewhere is l_sp, and sched_lock still covers it.
 */
ENTRY(cpu_switchto)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, L_SP(%rdi)
	movq	L_SP(%rsi), %rsp
	movq	%rsi, %gs:CI_CURLWP
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	movq	%rdi, %rax
	ret
END(cpu_switchto)

/*
 * The return address of a thread's first switchframe: %rax is the thread
 * switched from, %rbx what to call with it.
 */
ENTRY(lwp_trampoline)
	xorl	%ebp, %ebp
	movq	%rax, %rdi
	pushq	$0			/* keeps the stack aligned, ends a trace */
	call	*%rbx
	ud2
END(lwp_trampoline)

/*
 * void cpu_load_gdt(const struct region_descriptor *)
 */
ENTRY(cpu_load_gdt)
	lgdt	(%rdi)
	movl	$GSEL_KDATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	popq	%rax
	pushq	$GSEL_KCODE
	pushq	%rax
	lretq
END(cpu_load_gdt)

/*
 * int kcopy(const void *from, void *to, size_t len)
 * A fault on the marked instruction continues at the recovery address
 * (trap.c looks it up in .fault_table).
 */
ENTRY(kcopy)
	pushq	%rbp
	movq	%rsp, %rbp
	movq	%rdx, %rcx
	xchgq	%rdi, %rsi
	xorl	%eax, %eax
1:	rep movsb
2:	popq	%rbp
	ret
3:	movl	$14, %eax		/* EFAULT */
	jmp	2b
	.pushsection .fault_table, "a"
	.quad	1b, 3b
	.popsection
END(kcopy)

	.section .note.GNU-stack, "", @progbits
