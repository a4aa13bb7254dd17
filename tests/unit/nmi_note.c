/* nmi.c tells nmivar.h of every call and claim, and asks who may call it. */

#include <x86/nmivar.h>
#include "unit.h"
#include "nmi_note.h"
#include "nmi_shim.h"

bool nmi_timing;
volatile u_int note_attached, note_open;
struct nmi_account *note_accounts;
static bool not_a_thread;

bool
nmi_thread_context(const char *what __unused, nmi_handler_func_t func __unused)
{
	return !not_a_thread;
}

static struct nmi_account *
account(nmi_handler_t *h)
{
	struct nmi_account *na = note_accounts;

	while (na != NULL && na->na_handle != h)
		na = na->na_next;
	CHECK(na != NULL);
	return na;
}

static int
claim(const struct trapframe *tf __unused, void *arg __unused)
{
	return note_open == 1;
}

static int
decline(const struct trapframe *tf __unused, void *arg __unused)
{
	return 0;
}

static void
test_notes(void)
{
	u_int attached = note_attached;
	nmi_handler_t *c, *d;

	nmi_init();
	c = nmi_establish(claim, NULL);
	d = nmi_establish(decline, NULL);
	CHECK(note_attached == attached + 2);
	CHECK(account(c)->na_func == claim && account(d)->na_func == decline);
	for (u_int i = 0; i < 5; i++)
		CHECK(shim_nmi() != 0 && note_open == 0);
	CHECK(account(c)->na_calls == 5 && account(c)->na_claims == 5);
	CHECK(account(d)->na_calls == 5 && account(d)->na_claims == 0);
	CHECK(account(c)->na_timed == 0);
	nmi_timing = true;
	CHECK(shim_nmi() != 0);
	nmi_timing = false;
	CHECK(account(c)->na_timed == 1 && account(d)->na_timed == 1);
	CHECK(account(c)->na_calls == 6 && account(c)->na_claims == 6);
	nmi_disestablish(c);
	nmi_disestablish(d);
	CHECK(note_attached == attached);
}

static void
test_wrong_context(void)
{
	u_int memory = shim_memory;
	nmi_handler_t *h;

	nmi_init();
	h = nmi_establish(claim, NULL);
	not_a_thread = true;
	CHECK(nmi_establish(claim, NULL) == NULL);
	CHECK_PANIC("not in thread context", nmi_disestablish(h));
	not_a_thread = false;
	CHECK(shim_nmi() != 0);
	nmi_disestablish(h);
	CHECK(shim_memory == memory);
}

void
nmi_note_main(void)
{
	RUN(test_notes);
	RUN(test_wrong_context);
}
