/*
 * What panic and the debugger know of the machine: stacks, registers,
 * breakpoints, single-stepping.
 */

#ifndef _AMD64_DB_MACHDEP_H_
#define _AMD64_DB_MACHDEP_H_

#include <sys/types.h>
#include <machine/frame.h>

struct cpu_info;
struct lwp;

typedef void (*db_print_t)(const char *, ...) __printflike(1, 2);

/* Registers, in the order of a fatal trap's report. */
void trapframe_print(const struct trapframe *,
    void (*)(const char *, ...) __printflike(1, 2));

/* Where that was: "kernel:func+0x12", or "user 0x401000". */
const char *trapframe_where(char *, size_t, const struct trapframe *);

/* A trace that starts at what the frame interrupted. */
void trapframe_trace(const struct trapframe *,
    void (*)(const char *, ...) __printflike(1, 2));

/* db_stack.S: come back to where db_setjmp() returned 0; it then returns 1. */
struct db_jmpbuf {
	uint64_t jb_reg[8];
};
int db_setjmp(struct db_jmpbuf *) __attribute__((__returns_twice__));
void db_longjmp(struct db_jmpbuf *) __dead;
/* Call a function on another stack, whose top is given. */
void db_call_on(vaddr_t, void (*)(void *), void *);
/* Debugger()'s int3 returns here; a dot keeps it out of the symbol table. */
extern const char db_debugger_trap[] __asm("Debugger.trap");

/* db_interface.c */
#define BKPT_INST	0xcc
#define BKPT_SIZE	1

bool db_cpu_traps(void);		/* has this CPU its trap stacks yet? */
const char *db_trap_name(const struct trapframe *);	/* trap.c */
bool db_is_breakpoint(const struct trapframe *);
bool db_is_step(const struct trapframe *);
/* Why no breakpoint may be there, or NULL. */
const char *db_point_refused(vaddr_t);
int db_write_kernel(vaddr_t, const void *, size_t);	/* read-only parts too */
void nmi_show(db_print_t);		/* nmi_cmd.c: handlers and counts */
vaddr_t db_frame_pc(const struct trapframe *);
bool db_cpu_idle(const struct cpu_info *);
void db_lwp_trace(const struct lwp *, db_print_t);	/* not on a CPU */

/* NMIs that came while this CPU debugs. */
void db_nmi_unblock(void);		/* make them latch */
bool db_nmi_again(void);		/* was there one?  Forgets it */
bool db_nmi_retake(void);		/* one came since: the machine is ours again */

/* What a fault or panic in the debugger would leave behind. */
struct db_context {
	int dc_mtx_count, dc_mtx_oldspl, dc_intr_depth, dc_nopreempt;
	bool dc_in_nmi;
};
void db_context_save(struct db_context *);
void db_context_restore(const struct db_context *);
void db_context_leave_nmi(const struct db_context *);	/* after the jump */

struct db_register {
	const char *dr_name;
	u_short dr_offset;		/* in struct trapframe */
};
extern const struct db_register db_registers[];
extern const size_t db_nregisters;
/* Why that value may not be returned to, or NULL. */
const char *db_register_refused(const struct db_register *, uint64_t);

/* Let one instruction run; the rest of the machine stays stopped. */
bool db_step_prepare(struct trapframe *);	/* true: done already */
void db_step_finish(struct trapframe *);

#endif
