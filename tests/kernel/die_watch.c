/*
 * Deaths by a watchpoint, and by a handle that is older than the handler in
 * its memory.  The scenarios in tests/qemu judge them.
 */

#include <x86/dbregs.h>
#include "nmitest.h"

#define DW_HANDLERS	64

/* The report of the trap writes there, too. */
KDEATH(trap_watch, "trap-watch", "a watchpoint on what a panic writes")
{
	(void)splhigh();
	KASSERT(x86_watch_set(0, (vaddr_t)&panicstr, 8, X86_WATCH_WRITE) == 0);
	panicstr = NULL;
}

/* One of the newer ones has the memory of the first. */
KDEATH(nmi_reused, "nmi-disestablish-reused", "an old handle, its memory another handler's by now")
{
	nmi_handler_t *old = nmi_establish(nt_decline, NULL);
	const struct nmi_account *memory = nt_account(old);
	bool reused = false;

	nmi_disestablish(old);
	for (u_int i = 0; i < DW_HANDLERS; i++)
		if (nt_account(nmi_establish(nt_decline, NULL)) == memory)
			reused = true;
	KASSERT(reused);
	nmi_disestablish(old);
}
