/*
 * What is done about an NMI, once its cause and the policy are known: take
 * the machine, say it in one line, and go into the debugger, panic, or on.
 *
 * NMI context, with the frame of the NMI.  Output goes straight to the
 * polled console.  The caller finds the cause between the two calls, when
 * it has the machine: so one CPU does it for an NMI that hit them all.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/cons.h>
#include <sys/debugger.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>

#include <x86/cpufunc.h>
#include <x86/nmi_defer.h>
#include <x86/nmivar.h>

/*
 * nmi_act_begin(tf):
 *
 *	=> true: this CPU has the machine, until nmi_act() or nmi_act_end().
 *	=> false: another one had it, and this NMI was part of that; or we are
 *	   in its panic or debugger ourselves, which answers it.
 */
bool
nmi_act_begin(const struct trapframe *tf)
{
	if (cpu_stop_mine()) {
		curcpu()->ci_nmi.nc_again = 1;
		return false;
	}
	while (!nmi_stop_try()) {
		/* Somebody is at it already: this one is part of that. */
		if (nmi_park(tf))
			return false;
		x86_pause();
	}
	return true;
}

/* Nothing is to be done: the machine goes on. */
void
nmi_act_end(void)
{
	cpu_stop_exit();
}

/*
 * nmi_act(tf, what):
 *
 *	By the CPU that has the machine.  => Returns when it goes on.
 */
void
nmi_act(struct trapframe *tf, const struct nmi_action *what)
{
	if (what->ax_policy == NMI_LOG) {
		what->ax_say(what, nmi_printf);
		nmi_act_end();
		return;
	}
	x86_nmi_unblock();		/* a second one is latched */
	cpu_stop_begin();		/* our line is not put into another one */
	cnfreshline();
	what->ax_say(what, printf_nolog);
	if (what->ax_policy == NMI_PANIC || !db_possible()) {
		trapframe_print(tf, printf_nolog);
		panic("%s on %s", what->ax_panic, cpu_name(curcpu()));
	}
	db_nmi(tf);
}
