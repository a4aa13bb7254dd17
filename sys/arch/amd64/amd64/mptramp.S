/*
 * Where an application processor starts: real mode, at a page below 1 MiB
 * that mp.c copies this code to.  It goes through protected mode onto the
 * boot page tables (identity-mapped, so paging can come on under our feet),
 * and on to start_ap in the kernel.
 *
 * One CPU at a time: mp_boot_ci says which, and whoever else comes, late,
 * stops here.
 */

#include <machine/asm.h>
#include <machine/segments.h>
#include <machine/specialreg.h>
#include "assym.h"

	.section .rodata
	.globl mptramp_start, mptramp_end
	.code16
mptramp_start:
	cli
	cld
	/* CS is the page; address our data through it. */
	movw	%cs, %ax
	movw	%ax, %ds
	/* Before the stack, which there is one of: is it us who may pass? */
	movl	$1, %eax
	cpuid
	shrl	$24, %ebx
	cmpl	%ebx, mptramp_apicid - mptramp_start
	jne	tramp_stop
	lgdtl	mptramp_gdt_desc - mptramp_start
	movl	$CR0_PE, %eax
	movl	%eax, %cr0
	/* The GDT's code segment has the page as its base. */
	ljmpl	$0x08, $(tramp32 - mptramp_start)

tramp_stop:
	hlt
	jmp	tramp_stop

	.code32
tramp32:
	movw	$0x10, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movl	$boot_ap_stack_top, %esp
	ljmp	$0x18, $enable_long_mode_ap

	.balign 8
	.globl mptramp_gdt, mptramp_gdt_desc, mptramp_apicid
mptramp_apicid:
	.long	-1, 0			/* patched: whom mp.c waits for */
mptramp_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* code, base patched to the page */
	.quad	0x00cf93000000ffff	/* flat data */
	.quad	0x00cf9b000000ffff	/* flat code */
tramp_gdt_end:
mptramp_gdt_desc:
	.short	tramp_gdt_end - mptramp_gdt - 1
	.long	0			/* patched: where the copy's GDT is */
mptramp_end:

	.section .boot.text, "ax"
	.code32
enable_long_mode_ap:
	call	enable_long_mode
	ljmp	$GSEL_KCODE, $ap64

	.code64
ap64:
	movw	$GSEL_KDATA, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	xorl	%eax, %eax
	movw	%ax, %fs
	movw	%ax, %gs
	movabsq	$start_ap, %rax
	jmp	*%rax

	.section .boot.data, "aw"
	.balign 16
	.space	64
boot_ap_stack_top:

	.text
LOCAL_ENTRY(start_ap)
	movq	mp_boot_ci(%rip), %rdi
	movq	%rdi, %rdx
	movl	%edi, %eax
	shrq	$32, %rdx
	movl	$MSR_GSBASE, %ecx
	wrmsr
	movq	kernel_pml4(%rip), %rax
	movq	%rax, %cr3
	movq	mp_boot_stack(%rip), %rsp
	xorl	%ebp, %ebp
	call	mp_ap_main
	ud2
END(start_ap)

	.section .note.GNU-stack, "", @progbits
