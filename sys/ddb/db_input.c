/*
 * Input of the debugger: a polled line editor with history.
 *
 * What is typed while a command runs is kept, so that ^C among it is seen.
 * An NMI meanwhile is answered here: the machine is in the debugger already.
 */

#include <sys/cons.h>
#include <sys/systm.h>

#include <machine/cpu.h>
#include <machine/lock.h>

#include <ddb/ddb.h>

#define CTRL(c)		((c) & 0x1f)
#define BELL		0x07
#define ESC		0x1b
#define DEL		0x7f
#define HISTORY		16
#define AHEAD		64

static short ahead[AHEAD];
static u_int ahead_head, ahead_count;

static char history[HISTORY][DB_LINE];
static u_int history_next;		/* lines ever kept */

/* The line being typed. */
static struct {
	char *ln_text;
	size_t ln_len, ln_pos;
	const char *ln_prompt;
	u_int ln_back;			/* lines back in the history */
	u_int ln_esc;
	bool ln_cr;			/* CR was last: an LF is its other half */
	bool ln_done;
} ln;

/* What does not fit is dropped: a ^C after it must be seen. */
bool
db_interrupted(void)
{
	int c;

	while ((c = cnpollc()) != -1) {
		if (c == CTRL('C')) {
			ahead_count = 0;
			return true;
		}
		if (ahead_count < AHEAD)
			ahead[(ahead_head + ahead_count++) % AHEAD] = (short)c;
	}
	return false;
}

/* The machine goes on, and these were not typed for us. */
void
db_input_return(void)
{
	for (; ahead_count > 0; ahead_count--)
		cnunread(ahead[ahead_head++ % AHEAD]);
}

static void
puts_raw(const char *s)
{
	while (*s != '\0')
		cnputc(*s++);
}

static void
repaint(void)
{
	if (ln.ln_prompt == NULL)
		return;
	puts_raw(ln.ln_prompt);
	for (size_t i = 0; i < ln.ln_len; i++)
		cnputc(ln.ln_text[i]);
	for (size_t i = ln.ln_len; i > ln.ln_pos; i--)
		cnputc('\b');
}

int
db_getc(void)
{
	int c;

	if (ahead_count > 0) {
		c = ahead[ahead_head++ % AHEAD];
		ahead_count--;
		return c;
	}
	while ((c = cnpollc()) == -1) {
		if (db_nmi_again()) {
			puts_raw("\nnmi: ");
			puts_raw(cpu_name(curcpu()));
			puts_raw(": in the debugger already\n");
			repaint();
		}
		SPINLOCK_BACKOFF_HOOK;
	}
	return c;
}

static void
cursor(size_t to)
{
	for (; ln.ln_pos > to; ln.ln_pos--)
		cnputc('\b');
	for (; ln.ln_pos < to; ln.ln_pos++)
		cnputc(ln.ln_text[ln.ln_pos]);
}

/* What is right of the cursor has moved by one or more. */
static void
tail(size_t gone)
{
	size_t n = ln.ln_len - ln.ln_pos + gone;

	for (size_t i = ln.ln_pos; i < ln.ln_len; i++)
		cnputc(ln.ln_text[i]);
	for (size_t i = 0; i < gone; i++)
		cnputc(' ');
	while (n-- > 0)
		cnputc('\b');
}

static void
cut(size_t from, size_t to)
{
	memmove(ln.ln_text + from, ln.ln_text + to, ln.ln_len - to);
	ln.ln_len -= to - from;
	cursor(from);
	tail(to - from);
}

static void
insert(int c)
{
	if (ln.ln_len == DB_LINE - 1) {
		cnputc(BELL);
		return;
	}
	memmove(ln.ln_text + ln.ln_pos + 1, ln.ln_text + ln.ln_pos,
	    ln.ln_len - ln.ln_pos);
	ln.ln_text[ln.ln_pos] = (char)c;
	ln.ln_len++;
	cursor(ln.ln_pos + 1);
	tail(0);
}

static void
key_rubout(void)
{
	if (ln.ln_pos > 0)
		cut(ln.ln_pos - 1, ln.ln_pos);
}

static void
key_delete(void)
{
	if (ln.ln_pos < ln.ln_len)
		cut(ln.ln_pos, ln.ln_pos + 1);
}

static void
key_word(void)
{
	size_t from = ln.ln_pos;

	while (from > 0 && ln.ln_text[from - 1] == ' ')
		from--;
	while (from > 0 && ln.ln_text[from - 1] != ' ')
		from--;
	cut(from, ln.ln_pos);
}

static void
key_kill(void)
{
	cut(0, ln.ln_len);
}

static void
key_kill_tail(void)
{
	cut(ln.ln_pos, ln.ln_len);
}

static void
key_left(void)
{
	cursor(ln.ln_pos - (ln.ln_pos > 0));
}

static void
key_right(void)
{
	cursor(ln.ln_pos + (ln.ln_pos < ln.ln_len));
}

static void
key_home(void)
{
	cursor(0);
}

static void
key_end(void)
{
	cursor(ln.ln_len);
}

static void
history_show(u_int back)
{
	key_kill();
	ln.ln_back = back;
	if (back == 0)
		return;
	for (const char *p = history[(history_next - back) % HISTORY]; *p != '\0'; p++)
		insert(*p);
}

static void
key_up(void)
{
	if (ln.ln_back < MIN(history_next, HISTORY))
		history_show(ln.ln_back + 1);
}

static void
key_down(void)
{
	if (ln.ln_back > 0)
		history_show(ln.ln_back - 1);
}

static void
key_redraw(void)
{
	cnputc('\n');
	repaint();
}

static void
key_cancel(void)
{
	puts_raw("^C\n");
	ln.ln_len = ln.ln_pos = 0;
	repaint();
}

static void
key_enter(void)
{
	cnputc('\n');
	ln.ln_done = true;
}

static const struct {
	int k_key;			/* a byte, or the end of ESC [ ... */
	void (*k_func)(void);
} keys[] = {
	{ '\r', key_enter },
	{ '\n', key_enter },
	{ '\b', key_rubout },
	{ DEL, key_rubout },
	{ CTRL('D'), key_delete },
	{ CTRL('W'), key_word },
	{ CTRL('U'), key_kill },
	{ CTRL('K'), key_kill_tail },
	{ CTRL('B'), key_left },
	{ CTRL('F'), key_right },
	{ CTRL('A'), key_home },
	{ CTRL('E'), key_end },
	{ CTRL('P'), key_up },
	{ CTRL('N'), key_down },
	{ CTRL('R'), key_redraw },
	{ CTRL('L'), key_redraw },
	{ CTRL('C'), key_cancel },
	{ ESC << 8 | 'A', key_up },
	{ ESC << 8 | 'B', key_down },
	{ ESC << 8 | 'C', key_right },
	{ ESC << 8 | 'D', key_left },
	{ ESC << 8 | 'H', key_home },
	{ ESC << 8 | 'F', key_end },
};

static void
key(int k)
{
	for (size_t i = 0; i < __arraycount(keys); i++)
		if (keys[i].k_key == k)
			keys[i].k_func();
}

/* ESC [ ... letter, or ESC O letter.  True: the byte belongs to it. */
static bool
escape(int c)
{
	u_int state = ln.ln_esc;

	ln.ln_esc = 0;
	if (c == ESC) {
		ln.ln_esc = 1;
		return true;
	}
	if (state == 0 || !isprint(c))
		return false;
	if (state == 1) {
		ln.ln_esc = c == '[' || c == 'O' ? 2 : 0;
		return ln.ln_esc != 0;
	}
	if (c < '@')
		ln.ln_esc = 2;		/* a parameter: more to come */
	else
		key(ESC << 8 | c);
	return true;
}

static void
remember(const char *text)
{
	if (*text == '\0' || (history_next > 0 &&
	    strcmp(history[(history_next - 1) % HISTORY], text) == 0))
		return;
	strlcpy(history[history_next++ % HISTORY], text, DB_LINE);
}

void
db_readline(const char *prompt, char text[DB_LINE])
{
	bool lf;
	int c;

	ln.ln_text = text;
	ln.ln_len = ln.ln_pos = 0;
	ln.ln_back = ln.ln_esc = 0;
	ln.ln_done = false;
	ln.ln_prompt = prompt;
	repaint();
	while (!ln.ln_done) {
		c = db_getc();
		lf = c == '\n' && ln.ln_cr;
		ln.ln_cr = c == '\r';
		if (lf || escape(c))
			continue;
		if (isprint(c) || c == '\t')
			insert(c == '\t' ? ' ' : c);
		else
			key(c);
	}
	ln.ln_prompt = NULL;
	text[ln.ln_len] = '\0';
	remember(text);
}
