/* Processes: system calls, exceptions, memory. */

#include "usertest.h"

USER_IMAGE(exit);
USER_IMAGE(registers);
USER_IMAGE(errors);
USER_IMAGE(write);
USER_IMAGE(read);
USER_IMAGE(store);
USER_IMAGE(jump);
USER_IMAGE(opcode);
USER_IMAGE(divide);
USER_IMAGE(breakpoint);
USER_IMAGE(privileged);
USER_IMAGE(gate);
USER_IMAGE(x87);
USER_IMAGE(spin);
extern const char nmi_iretq[];

KTEST(user_exit, "a program exits, by SYSCALL and by the gate")
{
	KT_CHECK(ut_exit(UT(exit, 0)) == 42);
	KT_CHECK(ut_exit(UT(exit, 1)) == 43);
}

KTEST(user_registers, "a system call changes the registers that it may")
{
	KT_CHECK(ut_exit(UT(registers, 0)) == 42);
	KT_CHECK(ut_exit(UT(registers, 1)) == 42);
}

KTEST(user_errors, "an error sets the carry flag, a result clears it")
{
	KT_CHECK(ut_exit(UT(errors, 0)) == 42);
	KT_CHECK(ut_exit(UT(errors, 1)) == 42);
}

KTEST(user_write, "what a program writes is on the console, as text")
{
	KT_CHECK(ut_exit(UT(write, 0)) == 42);
}

static bool
ut_trapped(const struct ut_process *up, u_int trapno)
{
	struct proc_status ps = ut_run(up);

	return ps.ps_end == PROC_TRAPPED && ps.ps_trapno == trapno;
}

/* P: there, W: a write, U: user mode, I: a fetch. */
#define PF_P	0x01
#define PF_W	0x02
#define PF_U	0x04
#define PF_I	0x10

static bool
ut_pagefault(const struct ut_process *up, uint64_t err)
{
	struct proc_status ps = ut_run(up);

	return ps.ps_end == PROC_TRAPPED && ps.ps_trapno == T_PAGEFLT &&
	    ps.ps_addr == up->up_arg && ps.ps_err == err;
}

KTEST(user_pagefault, "a page fault ends the process, and says where")
{
	KT_CHECK(ut_pagefault(UT(read, 0), PF_U));
	KT_CHECK(ut_pagefault(UT(read, (vaddr_t)printf), PF_U | PF_P));
	KT_CHECK(ut_pagefault(UT(store, VM_USER_TEXT), PF_U | PF_W | PF_P));
	KT_CHECK(ut_pagefault(UT(jump, VM_USER_DATA), PF_U | PF_I | PF_P));
	KT_CHECK(ut_pagefault(UT(jump, VM_USER_STACK - 8), PF_U | PF_I | PF_P));
	KT_CHECK(ut_pagefault(UT(jump, (vaddr_t)nmi_iretq), PF_U | PF_I | PF_P));
	KT_CHECK(ut_pagefault(UT(read, VM_MAXUSER_ADDRESS), PF_U));
}

KTEST(user_exceptions, "any other exception ends the process, too")
{
	KT_CHECK(ut_trapped(UT(opcode, 0), T_PRIVINFLT));
	KT_CHECK(ut_trapped(UT(divide, 0), T_DIVIDE));
	KT_CHECK(ut_trapped(UT(breakpoint, 0), T_BPTFLT));
	KT_CHECK(ut_trapped(UT(privileged, 0), T_PROTFLT));
	KT_CHECK(ut_trapped(UT(gate, 0), T_PROTFLT));
	KT_CHECK(ut_trapped(UT(read, 1UL << 63), T_PROTFLT));
	KT_CHECK(ut_trapped(UT(x87, 0), T_DNA));
}

KTEST(user_kill, "a program that spins for ever ends when it is killed")
{
	struct proc *p = ut_start(UT(spin, 0));
	volatile uint64_t *turns = ut_memory(p, VM_USER_DATA);

	KT_CHECK(KT_WAIT(*turns != 0));
	proc_kill(p);
	KT_CHECK(ut_wait(p).ps_end == PROC_KILLED);
}
