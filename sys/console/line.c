/*
 * The line editor: bytes in, echo out, a line now and then.
 *
 * It assumes nothing about the bytes: whatever a terminal, a program or
 * noise on the wire sends, the buffer holds printable characters only.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include <console/line.h>

#define CTRL(c)	((c) & 0x1f)
#define BELL	0x07
#define ESC	0x1b
#define DEL	0x7f

enum { ESC_NONE, ESC_START, ESC_BODY };

struct line_key {
	int lk_key;
	enum line_event (*lk_func)(struct line *);
};

void
line_init(struct line *ln, void (*put)(int))
{
	memset(ln, 0, sizeof(*ln));
	ln->ln_bad = LINE_MORE;
	ln->ln_put = put;
}

void
line_lost(struct line *ln)
{
	ln->ln_bad = LINE_LOST;
}

void
line_redraw(const struct line *ln)
{
	size_t i;

	for (i = 0; i < ln->ln_len; i++)
		ln->ln_put(ln->ln_text[i]);
}

static void
line_rubout(struct line *ln)
{
	ln->ln_len--;
	ln->ln_put('\b');
	ln->ln_put(' ');
	ln->ln_put('\b');
}

static enum line_event
line_erase(struct line *ln)
{
	if (ln->ln_len > 0 && ln->ln_bad == LINE_MORE)
		line_rubout(ln);
	return LINE_MORE;
}

static enum line_event
line_erase_word(struct line *ln)
{
	if (ln->ln_bad != LINE_MORE)
		return LINE_MORE;
	while (ln->ln_len > 0 && ln->ln_text[ln->ln_len - 1] == ' ')
		line_rubout(ln);
	while (ln->ln_len > 0 && ln->ln_text[ln->ln_len - 1] != ' ')
		line_rubout(ln);
	return LINE_MORE;
}

static enum line_event
line_kill(struct line *ln)
{
	while (ln->ln_len > 0)
		line_rubout(ln);
	ln->ln_bad = LINE_MORE;
	return LINE_MORE;
}

/* Leave the text for the caller to read, and start anew. */
static enum line_event
line_finish(struct line *ln, enum line_event event)
{
	ln->ln_text[ln->ln_len] = '\0';
	ln->ln_len = 0;
	ln->ln_bad = LINE_MORE;
	ln->ln_put('\n');
	return event;
}

static enum line_event
line_end(struct line *ln)
{
	return line_finish(ln, ln->ln_bad != LINE_MORE ? ln->ln_bad : LINE_DONE);
}

static enum line_event
line_cancel(struct line *ln)
{
	ln->ln_put('^');
	ln->ln_put('C');
	return line_finish(ln, LINE_CANCEL);
}

static enum line_event
line_insert(struct line *ln, int c)
{
	if (ln->ln_bad != LINE_MORE)
		return LINE_MORE;
	if (ln->ln_len == sizeof(ln->ln_text) - 1) {
		ln->ln_bad = LINE_DROPPED;	/* one bell, not one for each byte */
		ln->ln_put(BELL);
		return LINE_MORE;
	}
	ln->ln_text[ln->ln_len++] = (char)c;
	ln->ln_put(c);
	return LINE_MORE;
}

static enum line_event
line_tab(struct line *ln)
{
	return line_insert(ln, ' ');
}

static const struct line_key line_keys[] = {
	{ '\r', line_end },
	{ '\n', line_end },
	{ '\b', line_erase },
	{ DEL, line_erase },
	{ '\t', line_tab },
	{ CTRL('C'), line_cancel },
	{ CTRL('U'), line_kill },
	{ CTRL('W'), line_erase_word },
};

/*
 * Cursor and function keys send ESC [ ... letter or ESC O letter: they do
 * nothing here, but must not leave their tail in the line.  A control
 * character ends the sequence: noise cannot swallow the end of a line.
 */
static bool
line_escape(struct line *ln, int c)
{
	u_int state = ln->ln_esc;

	ln->ln_esc = ESC_NONE;
	if (c == ESC) {
		ln->ln_esc = ESC_START;
		return true;
	}
	if (!isprint(c))
		return false;
	if (state == ESC_START && (c == '[' || c == 'O')) {
		ln->ln_esc = ESC_BODY;
		return true;
	}
	if (state == ESC_BODY && c < '@')
		ln->ln_esc = ESC_BODY;	/* a parameter: more to come */
	return state == ESC_BODY;
}

enum line_event
line_input(struct line *ln, int c)
{
	bool lf = c == '\n' && ln->ln_cr;
	u_int i;

	ln->ln_cr = c == '\r';
	if (lf || line_escape(ln, c))
		return LINE_MORE;
	if (isprint(c))
		return line_insert(ln, c);
	for (i = 0; i < __arraycount(line_keys); i++)
		if (line_keys[i].lk_key == c)
			return line_keys[i].lk_func(ln);
	return LINE_MORE;
}

/* One word, its quotes taken off, moved to dst: the byte after it, or NULL. */
static char *
line_word(char *dst, char *p)
{
	char quote = '\0';

	for (; *p != '\0' && (quote != '\0' || *p != ' '); p++) {
		if (*p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else
			*dst++ = *p;
	}
	if (quote != '\0')
		return NULL;
	if (*p != '\0')
		p++;		/* dst may stand right here */
	*dst = '\0';
	return p;
}

int
line_split(char *text, char **argv, int *argcp)
{
	int argc = 0;

	for (;;) {
		while (*text == ' ')
			text++;
		if (*text == '\0')
			break;
		if (argc == CONSOLE_ARGS)
			return E2BIG;
		argv[argc++] = text;
		text = line_word(text, text);
		if (text == NULL)
			return EINVAL;
	}
	argv[argc] = NULL;
	*argcp = argc;
	return 0;
}
