/*
 * Output of the debugger: to the polled console, a screenful at a time.
 *
 * ^C, or 'q' at the end of a page, goes back to the prompt.
 */

#include <sys/cons.h>
#include <sys/systm.h>

#include <ddb/ddb.h>

int db_max_line = 24;

static int page_lines;			/* since somebody looked */
static bool page_on;

void
db_page_reset(bool on)
{
	page_lines = 0;
	page_on = on;
}

static void
page_puts(const char *s)
{
	while (*s != '\0')
		cnputc(*s++);
}

static void
page_more(void)
{
	int c;

	page_puts("--db_more--");
	do {
		c = db_getc();
	} while (c != ' ' && c != '\r' && c != '\n' && c != 'q' && c != 0x03);
	if (c == 'q' || c == 0x03) {
		cnputc('\n');
		db_recover();
	}
	page_puts("\r           \r");
	page_lines = c == ' ' ? 0 : db_max_line - 2;
}

void
db_putchar(int c)
{
	if (page_on && db_max_line > 1 && page_lines >= db_max_line - 1)
		page_more();
	cnputc(c);
	if (c != '\n')
		return;
	page_lines++;
	if (page_on && db_interrupted()) {
		page_puts("^C\n");
		db_recover();
	}
}

static void
db_put(int c, void *arg __unused)
{
	db_putchar(c);
}

void
db_vprintf(const char *fmt, va_list ap)
{
	kvprintf(db_put, NULL, fmt, ap);
}

void
db_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	db_vprintf(fmt, ap);
	va_end(ap);
}

void
db_printsym(vaddr_t va)
{
	char buf[80];

	db_printf("%s", ksyms_format(buf, sizeof(buf), va));
}
