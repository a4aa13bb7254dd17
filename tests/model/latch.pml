/*
 * The latch of the NMI stub, on one CPU: "in NMI", "pending", the window and
 * starting over, as in sys/arch/amd64/amd64/vector.S.  A step of this model is
 * an instruction there, or several between which nothing shared changes; NMIs
 * and machine checks come between any two steps.  C code (the handlers) is
 * outside of the stub: it may end the blocking of NMIs whenever it likes.
 *
 * Assumed: the CPU latches one NMI while it blocks them, and takes it at the
 * next boundary as soon as it does not.  A second machine check during the
 * first resets a PC, or panics from mca_leave on (vector_ist.S): left out.  So
 * is RSP, which nmi_machine_check() sets anew: a mutant shows that it must.
 *
 * CHECK: -DNMIS=3 -DMCS=1
 * CHECK: -DNMIS=4 -DMCS=0 -DDEBUG_ENTRY
 * EXHAUSTIVE: -DNMIS=6 -DMCS=3
 * EXHAUSTIVE: -DNMIS=6 -DMCS=3 -DDEBUG_ENTRY
 *
 * Each of these leaves one protection out, and is rejected for the reason behind
 * it: the assertion of that text.
 * WITH: -DNMIS=3 -DMCS=1
 * BROKEN: NO_BUSY_TEST: tf_rip==mc_of
 * BROKEN: NO_WINDOW_TEST: !(unanswered)
 * BROKEN: NO_PENDING_TEST: !(unanswered)
 * BROKEN: BUSY_CLEARED_FIRST: tf_rip==mc_of
 * BROKEN: PENDING_CLEARED_LATE: !(unanswered)
 * BROKEN: IRET_FROM_TOP: tf_rip==mc_of
 * BROKEN: NO_BUSY_ON_START_OVER: tf_rip==mc_of
 * BROKEN: NO_GS_ON_START_OVER: violated gs
 * BROKEN: NO_CR2_RESTORE: !(cr2)
 * BROKEN: NO_GS_RESTORE: gs==orig_gs
 * BROKEN: MC_RETURNS_TO_STUB: tf_rip==mc_of
 * BROKEN: MC_RESUMES_WINDOW: !(unanswered)
 * BROKEN: MC_RETURNS_TO_IRETQ: tf_rip==mc_of
 */

/* Where the CPU is; the window is the last of the stub. */
#define ORIG	0		/* the interrupted code */
#define HANDLER	1		/* C: the handlers */
#define UNBLOCKED 2		/* C: one has ended the blocking */
#define MCHECK	3		/* C: the machine check's */
#define ENTRY	10		/* vector_nmi_*: cmpq $nmi_window, (%rsp) */
#define BUSYTEST 11		/* cmpq $0, NMI_HW_BUSY(%rsp) */
#define COPY	12		/* pushq 40(%rsp), the first ones */
#define COPY2	13		/* ... and the last one */
#define SETBUSY	14		/* movq $1, NMI_T + IST_TOP_BUSY(%rsp) */
#define SAVECR2	15		/* movq %cr2, %rax; ... NMI_TF_CR2(%rsp) */
#define SAVEGS	16		/* rdgsbase; ... wrgsbase; or nmi_gs_save_load */
#define CALL	17		/* call nmi_trap, nmi_trap_again */
#define LEAVE	18		/* nmi_leave: CR2 */
#define LEAVEGS	19		/* nmi_gs_restore, wrgsbase */
#define LATCH	20		/* nmi_latch: movq $1, NMI_HW_PENDING(%rsp) */
#define LATCHED	21		/* iretq */
#define OVER	22		/* nmi_start_over: movq $1, ... IST_TOP_BUSY(%rsp) */
#define AGAIN	23		/* 1: movq $0, NMI_T + IST_TOP_PENDING(%rsp) */
#define AGAINGS	24		/* call nmi_gs_load */
#define WINDOW	30		/* nmi_window: cmpq $0, ... IST_TOP_PENDING(%rsp) */
#define RELOAD	31		/* movq TF_RDI(%rsp), %rdi ... addq $TF_RIP, %rsp */
#define CLEAR	32		/* movq $0, ... IST_TOP_BUSY(%rsp) */
#define IRETQ	33		/* the only iretq that leaves */

#define in_window(pc)	((pc) >= WINDOW)
#define in_stub(pc)	((pc) >= ENTRY)

byte pc = ORIG;
bool blocked, waiting;		/* the CPU's: NMIs blocked; one is latched */
bool busy, pending;		/* above the stack: IST_TOP_BUSY, _PENDING */
byte top_rip;			/* the frame the CPU pushes, at T-40 */
byte tf_rip;			/* the trapframe, copied from there ... */
bool tf_torn;			/* ... by halves */
bool gs, tf_gs;			/* GS base: true: ours */
bool cr2, tf_cr2;		/* true: a handler's page fault has changed it */
bool regs;			/* true: the handlers have changed them */
bool orig_gs;			/* what the interrupted code had */
bool in_mc;
byte mc_rip;			/* where the machine check came */
byte mc_of;			/* what an NMI interrupted: ORIG, or MCHECK */
byte nmis, mcs;			/* so many have come */
bool unanswered;		/* since the last NMI no handler began */
bool panicked;

#define answered	(!unanswered && !pending)
#define gs_ours		(gs)
#define gs_original	(gs == orig_gs || mc_of == MCHECK)
#define cr2_original	(!cr2)
#define tf_whole	(tf_rip == mc_of && !tf_torn)

/* The CPU takes what it has latched. */
inline take_nmi() {
	waiting = false;
	blocked = true;
	/* Not in any NMI: from here on this is what has to be gone back to. */
	if
	:: pc == ORIG -> mc_of = ORIG
	:: pc == MCHECK && !busy -> mc_of = MCHECK	/* from ORIG or IRETQ */
	:: else
	fi;
	top_rip = pc;
	pc = ENTRY
}

inline iret_to(where) {
	pc = where;
	blocked = false
}

/* The machine check's handler has its own stack, and its own GS base. */
inline mcheck_return() {
	if
#ifndef MC_RETURNS_TO_IRETQ
	:: mc_rip == IRETQ -> panicked = true
#endif
#ifndef MC_RETURNS_TO_STUB
	:: in_stub(mc_rip) && !in_window(mc_rip) -> panicked = true
#endif
#ifdef MC_RESUMES_WINDOW
	:: in_window(mc_rip) && mc_rip != IRETQ -> iret_to(mc_rip)
#elif defined(MC_RETURNS_TO_IRETQ)
	:: in_window(mc_rip) -> busy = true; iret_to(WINDOW)
#else
	:: in_window(mc_rip) && mc_rip != IRETQ -> busy = true; iret_to(WINDOW)
#endif
	:: else -> iret_to(mc_rip)
	fi;
	in_mc = false
}

inline instruction() {
	if
	:: pc == HANDLER ->	/* the handlers began */
		if
		:: pc = LEAVE
		:: blocked = false; pc = UNBLOCKED	/* int3 */
		:: blocked = false; cr2 = true; pc = UNBLOCKED	/* a page fault */
		fi
	:: pc == UNBLOCKED -> pc = LEAVE
	:: pc == MCHECK -> mcheck_return()

	:: pc == ENTRY ->
#ifndef NO_WINDOW_TEST
		pc = (in_window(top_rip) -> OVER : BUSYTEST)
#else
		pc = BUSYTEST
#endif
	:: pc == BUSYTEST ->
#ifndef NO_BUSY_TEST
		pc = (busy -> LATCH : COPY)
#else
		pc = COPY
#endif
	:: pc == COPY -> tf_rip = top_rip; tf_torn = true; pc = COPY2
	:: pc == COPY2 -> tf_torn = (tf_rip != top_rip); pc = SETBUSY
	:: pc == SETBUSY ->
		busy = true;
#ifdef DEBUG_ENTRY
		blocked = false;
#endif
		pc = SAVECR2
	:: pc == SAVECR2 -> tf_cr2 = cr2; pc = SAVEGS
	:: pc == SAVEGS -> tf_gs = gs; gs = true; pc = CALL
	:: pc == CALL ->
		assert(gs_ours);
		unanswered = false;
		regs = true;
		pc = HANDLER
	:: pc == LEAVE ->
#ifdef PENDING_CLEARED_LATE
		pending = false;
#endif
#ifndef NO_CR2_RESTORE
		cr2 = tf_cr2;
#endif
		pc = LEAVEGS
	:: pc == LEAVEGS ->
#ifndef NO_GS_RESTORE
		gs = tf_gs;
#endif
		pc = WINDOW

	:: pc == LATCH -> pending = true; pc = LATCHED
	:: pc == LATCHED -> iret_to(top_rip)
	:: pc == OVER ->
#ifndef NO_BUSY_ON_START_OVER
		busy = true;
#endif
		pc = AGAIN
	:: pc == AGAIN ->
#ifndef PENDING_CLEARED_LATE
		pending = false;
#endif
		pc = AGAINGS
	:: pc == AGAINGS ->
#ifndef NO_GS_ON_START_OVER
		gs = true;
#endif
		pc = CALL

	:: pc == WINDOW ->
#ifdef BUSY_CLEARED_FIRST
		busy = false;
#endif
#ifdef NO_PENDING_TEST
		pc = RELOAD
#else
		pc = (pending -> AGAIN : RELOAD)
#endif
	:: pc == RELOAD -> regs = false; pc = CLEAR
	:: pc == CLEAR -> busy = false; pc = IRETQ
	:: pc == IRETQ ->
#ifdef IRET_FROM_TOP
		tf_rip = top_rip;
#endif
		assert(tf_whole);
		assert(gs_original);
		assert(cr2_original);
		assert(!regs);
		iret_to(tf_rip);
		mc_of = ORIG
	fi
}

#define quiet	(pc == ORIG && !waiting)

active proctype cpu()
{
	atomic {
		if
		:: orig_gs = true
		:: orig_gs = false	/* a user's: between SYSCALL and SWAPGS */
		fi;
		gs = orig_gs
	}
	do
	:: atomic {
		!panicked && waiting && !blocked -> take_nmi()
	}
	:: atomic {
		!panicked && pc != ORIG && !(waiting && !blocked) -> instruction()
	}
	/* It goes before an NMI, and leaves the blocking as it is. */
	:: atomic {
		!panicked && mcs < MCS && !in_mc ->
		mcs++; in_mc = true; mc_rip = pc; pc = MCHECK
	}
	:: atomic {
		panicked || (quiet && nmis == NMIS) -> break
	}
	od;
	assert(panicked || answered);
	assert(panicked || !busy)
}

active proctype world()
{
end:
	do
	:: atomic {
		nmis < NMIS -> nmis++; waiting = true; unanswered = true
	}
	od
}
