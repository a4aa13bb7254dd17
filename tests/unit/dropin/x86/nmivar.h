/*
 * A <x86/nmivar.h> that does nothing, as NetBSD would have: with it nmi.c
 * uses NetBSD's KPIs and nothing else.
 */

#ifndef _DROPIN_X86_NMIVAR_H_
#define _DROPIN_X86_NMIVAR_H_

#include <sys/types.h>

struct nmi_account {
};
#define NMI_ACCOUNT_END			{ }

#define nmi_timing			false
#define nmi_thread_context(what, func)	true
#define note_attach(na, handle, func, arg) ((void)(na))
#define note_detach(na)			((void)(na))
#define note_begin()			0
#define note_call(slot, na, handler)	((void)(slot), (void)(na), (handler))
#define note_claim(slot, na)		((void)(slot), (void)(na))
#define note_time()			0
#define note_elapsed(slot, na, start)	((void)(slot), (void)(na), (void)(start))
#define note_end()			((void)0)

#endif
