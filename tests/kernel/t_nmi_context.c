/* nmi_establish(9) where it must fail: it says why, and leaks nothing. */

#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/msgbuf.h>
#include <sys/page.h>
#include <x86/nmi_defer.h>
#include "nmitest.h"

#define CX_HANDLES	512

struct cx_page {
	struct cx_page *cp_next;
};

static struct cx_page *cx_hoard;
static nmi_handler_t *cx_handle[CX_HANDLES];
static volatile u_int cx_ran;
static nmi_handler_t *volatile cx_got;

KTEST(nmi_null_function, "nmi_establish of no function is NULL, and leaks nothing")
{
	size_t inuse = kmem_inuse();
	int n = nmi_account_count();

	KT_CHECK(nmi_establish(NULL, cx_handle) == NULL);
	KT_CHECK(kmem_inuse() == inuse);
	KT_CHECK(nmi_account_count() == n);
}

static void
cx_take_all(void)
{
	struct cx_page *p;

	while ((p = page_alloc(0)) != NULL) {
		p->cp_next = cx_hoard;
		cx_hoard = p;
	}
}

static void
cx_give_back(void)
{
	struct cx_page *p;

	while ((p = cx_hoard) != NULL) {
		cx_hoard = p->cp_next;
		page_free(p, 0);
	}
}

/* The last one, NULL, and everything as before. */
KTEST(nmi_no_memory, "nmi_establish without memory is NULL, leaks nothing, and works again after")
{
	size_t inuse = kmem_inuse(), full;
	u_int n, m;

	cx_take_all();
	for (n = 0; n < CX_HANDLES; n++)
		if ((cx_handle[n] = nmi_establish(nt_claim, NULL)) == NULL)
			break;
	KT_CHECK(n < CX_HANDLES);
	full = kmem_inuse();
	m = (u_int)nmi_account_count();
	for (u_int i = 0; i < 10; i++)
		KT_CHECK(nmi_establish(nt_claim, NULL) == NULL);
	KT_CHECK(kmem_inuse() == full);
	KT_CHECK((u_int)nmi_account_count() == m);
	cx_give_back();
	KT_CHECK((cx_handle[n] = nmi_establish(nt_claim, NULL)) != NULL);
	KT_CHECK(nt_self());
	for (u_int i = 0; i <= n; i++)
		nmi_disestablish(cx_handle[i]);
	KT_CHECK(kmem_inuse() == inuse);
}

/* How often the text is in what was printed since pos. */
static u_int
cx_said(uint64_t pos, const char *text)
{
	static char buf[4096];
	size_t n = msgbuf_read(&pos, buf, sizeof(buf) - 1), len = strlen(text);
	u_int times = 0;

	buf[n] = '\0';
	for (const char *p = buf; *p != '\0'; p++)
		if (strncmp(p, text, len) == 0)
			times++;
	return times;
}

static void
cx_establish(void *arg __unused)
{
	cx_got = nmi_establish(nt_claim, NULL);
	cx_ran = 1;
}

static void
cx_check(uint64_t pos, size_t inuse, const char *text)
{
	KT_CHECK(KT_WAIT(cx_ran != 0));
	KT_CHECK(cx_got == NULL);
	KT_CHECK(kmem_inuse() == inuse);
	KT_CHECK(KT_WAIT(cx_said(pos, text) != 0));
	KT_CHECK(cx_said(pos, text) == 1);
}

KTEST(nmi_establish_intr, "nmi_establish in an interrupt handler is NULL, with one line")
{
	size_t inuse = kmem_inuse();
	uint64_t pos = msgbuf_head();
	int s;

	cx_ran = 0;
	s = splhigh();
	KT_CHECK(nmi_defer(NMI_DEFER_INTR, cx_establish, NULL));
	splx(s);
	cx_check(pos, inuse,
	    "nmi_establish: nt_claim+0x0: not from an interrupt handler\n");
}

KTEST(nmi_establish_softint, "nmi_establish in a software interrupt is NULL, with one line")
{
	void *si = softint_establish(SOFTINT_NET, cx_establish, NULL);
	size_t inuse = kmem_inuse();
	uint64_t pos = msgbuf_head();

	cx_ran = 0;
	softint_schedule(si);
	cx_check(pos, inuse,
	    "nmi_establish: nt_claim+0x0: not from an interrupt handler\n");
	softint_disestablish(si);
}

static int
cx_handler(const struct trapframe *tf __unused, void *arg)
{
	if (cx_ran == 0)
		cx_establish(arg);
	return 1;
}

KTEST(nmi_establish_nmi, "nmi_establish in an NMI handler is NULL, with one line")
{
	nmi_handler_t *handle = nmi_establish(cx_handler, NULL);
	size_t inuse = kmem_inuse();
	uint64_t pos = msgbuf_head();

	cx_ran = 0;
	KT_CHECK(nt_self());
	cx_check(pos, inuse,
	    "nmi_establish: nt_claim+0x0: not from an NMI handler\n");
	nmi_disestablish(handle);
}
