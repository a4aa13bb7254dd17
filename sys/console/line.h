/* The line editor and the word splitter, without any device. */

#ifndef _CONSOLE_LINE_H_
#define _CONSOLE_LINE_H_

#include <sys/types.h>

#define CONSOLE_LINE	256	/* a line, with its NUL */
#define CONSOLE_ARGS	16	/* words of a line */

enum line_event {
	LINE_MORE,		/* not finished */
	LINE_DONE,		/* ln_text is a line */
	LINE_DROPPED,		/* a line that was too long has ended... */
	LINE_LOST,		/* or one of which bytes were lost */
	LINE_CANCEL		/* ^C */
};

struct line {
	char ln_text[CONSOLE_LINE];
	size_t ln_len;
	enum line_event ln_bad;	/* else LINE_MORE: ignore it up to its end */
	bool ln_cr;		/* CR was last: an LF now is its other half */
	u_int ln_esc;		/* how far into an escape sequence */
	void (*ln_put)(int);	/* echo */
};

void line_init(struct line *, void (*)(int));

/*
 * line_input(ln, c):
 *
 *	One byte typed; anything outside 0..255 is ignored.
 *	=> after any other answer than LINE_MORE the next byte starts a new
 *	   line, and ln_text stands until then.
 */
enum line_event line_input(struct line *, int);

/* Echo what is typed so far, after something else was printed. */
void line_redraw(const struct line *);

/* Here bytes were lost: the line is not what somebody typed. */
void line_lost(struct line *);

/*
 * line_split(text, argv, argc):
 *
 *	Cut text in place into at most CONSOLE_ARGS words and a NULL.
 *	=> 0; E2BIG too many words; EINVAL a quote has no partner.
 */
int line_split(char *, char **, int *);

#endif
