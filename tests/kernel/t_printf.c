/* printf(9) from everywhere at once: lines stay whole in the message buffer. */

#include <sys/cons.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/msgbuf.h>
#include "ktest.h"

#define PF_THREADS	4
#define PF_LINES	10
#define PF_SIZE		8192

static volatile u_int pf_soft;

static void
pf_printer(void *arg)
{
	u_int me = (u_int)(uintptr_t)arg, i;

	for (i = 0; i < PF_LINES; i++)
		printf("# printf %u line %u of %u abcdefgh\n", me, i, PF_LINES);
}

static void
pf_softint(void *arg __unused)
{
	printf("# printf from a softint\n");
	pf_soft = 1;
}

/* How often the line is in the text, from its start to its end. */
static u_int
pf_occurs(const char *text, const char *line)
{
	size_t n = strlen(line);
	const char *p;
	u_int found = 0;

	for (p = text; (p = strchr(p, line[0])) != NULL; p++) {
		if (strncmp(p, line, n) == 0 && (p == text || p[-1] == '\n'))
			found++;
	}
	return found;
}

static size_t
pf_read_since(uint64_t pos, char *buf)
{
	size_t got, n = 0;

	while ((got = msgbuf_read(&pos, buf + n, PF_SIZE - 1 - n)) != 0)
		n += got;
	buf[n] = '\0';
	return n;
}

KTEST(printf_concurrent, "lines printed by many threads and a softint do not mix")
{
	char *text = kmem_alloc(PF_SIZE, KM_SLEEP), line[64];
	void *sih = softint_establish(SOFTINT_NET, pf_softint, NULL);
	uint64_t start = msgbuf_head();
	u_int i, j;

	pf_soft = 0;
	for (i = 0; i < PF_THREADS; i++)
		kt_thread(PRI_USER, NULL, pf_printer, (void *)(uintptr_t)i);
	softint_schedule(sih);
	kt_threads_join();
	KT_CHECK(KT_WAIT(pf_soft == 1));
	softint_disestablish(sih);
	pf_read_since(start, text);
	for (i = 0; i < PF_THREADS; i++) {
		for (j = 0; j < PF_LINES; j++) {
			snprintf(line, sizeof(line),
			    "# printf %u line %u of %u abcdefgh\n", i, j,
			    PF_LINES);
			KT_CHECK(pf_occurs(text, line) == 1);
		}
	}
	KT_CHECK(pf_occurs(text, "# printf from a softint\n") == 1);
	kmem_free(text, PF_SIZE);
}

/* A console that is interrupted, as by an NMI, right after an 'x'. */
static char pf_text[16];
static u_int pf_len;

static void
pf_putc(void *cookie __unused, int c)
{
	if (pf_len == sizeof(pf_text) - 1)
		return;
	pf_text[pf_len++] = (char)c;
	if (c == 'x') {
		cnfreshline();
		cnputc('!');
	}
}

KTEST(cons_fresh_line, "a report that cuts into a line starts one, whichever character it comes after")
{
	struct consdev *console = cn_tab, ours = { .cn_putc = pf_putc };
	int s = splhigh();

	cnputc('\n');
	pf_len = 0;
	memset(pf_text, 0, sizeof(pf_text));
	cn_tab = &ours;
	cnputc('x');
	cn_tab = console;
	cnputc('\n');
	splx(s);
	KT_CHECK(strcmp(pf_text, "x\r\n!") == 0);
}
