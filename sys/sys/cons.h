/*
 * The console device, as kernel code sees it.  cnputc() is always polled
 * and bounded: a port that is absent or a reader that stopped reading
 * cannot hold the machine.
 */

#ifndef _SYS_CONS_H_
#define _SYS_CONS_H_

#include <sys/types.h>

struct consdev {
	const char *cn_name;		/* "com0" */
	int (*cn_getc)(void *);		/* polled: a character or -1 */
	void (*cn_putc)(void *, int);	/* polled, bounded */
	void (*cn_write)(void *, const char *, size_t);	/* the same, with CR */
	void (*cn_intr)(void *);	/* as its interrupt; NULL: not yet */
	void (*cn_flush)(void *);	/* wait until all is sent, bounded */
	void *cn_cookie;
};

extern struct consdev *cn_tab;		/* NULL before the console is there */

void cninit(void);
void cnputc(int);			/* "\n" becomes CR LF */
void cnwrite(const char *, size_t);	/* many at once, for less */
void cnflush(void);			/* last words, before a reset */
void cnfreshline(void);			/* "\n" unless at the start of a line */
bool cnbroken(void);			/* did that end a line, since last asked? */
int cngetc(void);			/* polled, waits */
int cnpollc(void);			/* polled: a character or -1 */

/* Interrupt driven, for the operator's console: sleeps for a character. */
int cnread(void);
int cntryread(void);			/* the same without sleeping: -1 if none */
void cnintr(void);			/* in the place of a lost interrupt */
/* From a driver's interrupt handler: one received character, or one of... */
#define CN_BREAK	0x100
#define CN_LOST		0x101		/* characters were lost here */
void cninput(int);
void cnunread(int);			/* machine stopped: for who reads when it goes on */
void cnadopt(void);			/* by the clock: that has gone on */

#endif
