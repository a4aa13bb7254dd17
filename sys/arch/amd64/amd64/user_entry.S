/*
 * The boundary of user mode: SYSCALL, the system-call gate, the ways back.
 *
 * "The gap" is where CS is the kernel's and GS, RSP or both are still, or
 * again, the user's, and may be anything.  Interrupts are off there, no
 * instruction there can fault but user_iretq, and the traps that nothing holds
 * off (NMI, #MC, #DB) come on stacks of their own and ask the CPU, not CS, what
 * GS is.  RSP is loaded from memory in one instruction either way, and memory is
 * reached by our GS only.
 *
 * The gap in: syscall_entry to the load of RSP.  FMASK has cleared TF, IF, DF,
 * IOPL, NT and AC.  The gap out: from the load of the user's RSP to SYSRET, and
 * from SWAPGS to user_iretq.
 */

#include <machine/asm.h>
#include <machine/frameasm.h>
#include <machine/segments.h>
#include <x86/intrvec.h>

	.text

/*
 * From user mode: rcx is the rip, r11 the flags to return to; everything else
 * as the user had it.  The TSS has the top of the thread's kernel stack, and a
 * word that nobody uses: the stack of ring 2.
 */
ENTRY(syscall_entry)
	swapgs
	movq	%rsp, %gs:CI_TSS_RSP2
	movq	%gs:CI_TSS_RSP0, %rsp
	pushq	$GSEL_UDATA
	pushq	%gs:CI_TSS_RSP2
	pushq	%r11
	pushq	$GSEL_UCODE
	pushq	%rcx
	pushq	$0			/* no error code */
	pushq	$INTRVEC_SYSCALL
	SAVE_REGS
	LINK_FRAME
	movq	%rsp, %rdi
	call	syscall
	testb	%al, %al
	jz	user_return

	/* SYSRET: rip and flags are where it wants them, and ABI says so. */
	RESTORE_REGS
	movq	TF_RIP(%rsp), %rcx
	movq	TF_RFLAGS(%rsp), %r11
	movq	TF_RSP(%rsp), %rsp
	swapgs
	sysretq
END(syscall_entry)

/* int $INTRVEC_SYSCALL, the only vector but int3's that user mode may name. */
ENTRY(vector_syscall)
	pushq	$0
	pushq	$INTRVEC_SYSCALL
	SAVE_REGS
	testb	$3, TF_CS(%rsp)
	jz	1f			/* a bug of the kernel's: trap() says so */
	FROM_USER
1:	cld
	LINK_FRAME
	movq	%rsp, %rdi
	call	syscall
	jmp	trap_return
END(vector_syscall)

/*
 * void user_enter(struct trapframe *)
 *
 * To user mode for the first time, interrupts off: the frame is on the stack
 * that we are on, and what is below it is needed no more.
 */
ENTRY(user_enter)
	movq	%rdi, %rsp
	jmp	user_return
END(user_enter)

/* To user mode with all registers: rsp is the trapframe, interrupts are off. */
ENTRY(user_return)
	swapgs
	RESTORE_REGS
	addq	$TF_RIP, %rsp
	.globl	user_iretq
user_iretq:
	iretq				/* faults if CS, SS or rip is bad */
END(user_return)

/*
 * A #DB from user mode, on its IST stack with the whole trapframe, watchpoints
 * off: it goes on where any exception from user mode would be.
 */
ENTRY(debug_from_user)
	FROM_USER
	movq	%gs:CI_TSS_RSP0, %rbx
	subq	$TF_SIZE, %rbx
	movq	%rsp, %rsi
	movq	%rbx, %rdi
	movl	$(TF_SIZE / 8), %ecx
	rep movsq
	movq	%rbx, %rsp
	movq	TF_ARG6(%rsp), %rax
	movq	%rax, %dr7
	LINK_FRAME
	movq	%rsp, %rdi
	call	trap
	jmp	trap_return
END(debug_from_user)

	.globl trap_stubs_end
trap_stubs_end:

	.section .note.GNU-stack, "", @progbits
