/*
 * The formatting engine under printf(9) and snprintf(3), and vsnprintf(3).
 *
 * Any context, NMI included: no lock, no memory but the stack.  It knows the
 * flags "-0+ #", width and precision (also "*"), the sizes hh h l ll j z t,
 * and d i u o x X c s p %.  A conversion it does not know is printed as it
 * stands, and takes no argument.
 */

#include <sys/param.h>
#include <lib/libkern/libkern.h>

#define F_LEFT	0x01
#define F_ZERO	0x02
#define F_PLUS	0x04
#define F_SPACE	0x08
#define F_ALT	0x10
#define F_UPPER	0x20
#define F_NEG	0x40
#define F_PTR	0x80	/* 0x also before zero */

/* One conversion, and where its characters go: memory first, for less. */
struct conv {
	char *c_next, *c_end;
	void (*c_put)(int, void *);	/* NULL: the rest is only counted */
	void *c_arg;
	int c_count;		/* characters put, all conversions */
	u_int c_flags;
	int c_width;
	int c_prec;		/* -1: none given */
	int c_size;		/* 'H' for hh, 'h', 0, 'l' */
};

static inline void
put(struct conv *c, int ch)
{
	c->c_count++;
	if (c->c_next != c->c_end)
		*c->c_next++ = (char)ch;
	else if (c->c_put != NULL)
		(*c->c_put)(ch, c->c_arg);
}

static void
put_run(struct conv *c, int ch, int n)
{
	while (n-- > 0)
		put(c, ch);
}

/* As put() for each, but in few steps as far as there is memory for them. */
static void
put_block(struct conv *c, const char *s, int len)
{
	const int room = (int)MIN(len, c->c_end - c->c_next);
	char *const to = c->c_next;
	int n;

	for (n = 0; n < room; n++) {
		to[n] = s[n];
		__insn_barrier();	/* mostly too few for a call of memcpy() */
	}
	c->c_count += n;
	c->c_next += n;
	for (; n < len; n++)
		put(c, s[n]);
}

static void
put_text(struct conv *c, const char *s, int len)
{
	const int pad = c->c_width - len;

	if ((c->c_flags & F_LEFT) == 0)
		put_run(c, ' ', pad);
	put_block(c, s, len);
	if ((c->c_flags & F_LEFT) != 0)
		put_run(c, ' ', pad);
}

/* Text up to a NUL or stop, as far as there is memory for it: in few steps. */
static const char *
put_until(struct conv *c, const char *s, u_char stop)
{
	char *const to = c->c_next;
	const ptrdiff_t room = c->c_end - to;
	ptrdiff_t n;
	u_char ch;

	for (n = 0; n < room; n++) {
		ch = (u_char)s[n];
		if (ch <= stop && (ch == stop || ch == '\0'))	/* mostly one test */
			break;
		to[n] = (char)ch;
	}
	c->c_count += (int)n;
	c->c_next += n;
	return s + n;
}

static void
put_string(struct conv *c, const char *s)
{
	size_t max = c->c_prec < 0 ? INT_MAX : (size_t)c->c_prec;

	if (s == NULL)
		s = "(null)";
	if (c->c_width == 0 && c->c_prec < 0) {
		for (s = put_until(c, s, '\0'); *s != '\0'; s++)
			put(c, *s);
		return;
	}
	put_text(c, s, (int)strnlen(s, max));
}

static const char *
sign_or_prefix(const struct conv *c, uint64_t v, u_int base)
{
	if ((c->c_flags & F_NEG) != 0)
		return "-";
	if ((c->c_flags & F_PLUS) != 0)
		return "+";
	if ((c->c_flags & F_SPACE) != 0)
		return " ";
	if ((c->c_flags & F_ALT) != 0 && base == 16 &&
	    (v != 0 || (c->c_flags & F_PTR) != 0))
		return (c->c_flags & F_UPPER) != 0 ? "0X" : "0x";
	return "";
}

static void
put_number(struct conv *c, uint64_t v, u_int base)
{
	const char *digits = (c->c_flags & F_UPPER) != 0 ?
	    "0123456789ABCDEF" : "0123456789abcdef";
	const char *prefix = sign_or_prefix(c, v, base);
	char buf[24], *const end = buf + sizeof(buf), *p = end; /* 22 octal digits */
	int n, zeros, pad;

	for (; v != 0; v /= base)
		*--p = digits[v % base];
	if (p == end && c->c_prec != 0)
		*--p = '0';
	n = (int)(end - p);
	zeros = MAX(c->c_prec - n, 0);
	if ((c->c_flags & F_ALT) != 0 && base == 8 && zeros == 0 &&
	    (n == 0 || *p != '0'))
		zeros = 1;
	pad = c->c_width - n - zeros - (int)strlen(prefix);
	if ((c->c_flags & (F_ZERO | F_LEFT)) == F_ZERO && c->c_prec < 0) {
		zeros += MAX(pad, 0);
		pad = 0;
	}
	if ((c->c_flags & F_LEFT) == 0)
		put_run(c, ' ', pad);
	for (; *prefix != '\0'; prefix++)
		put(c, *prefix);
	put_run(c, '0', zeros);
	put_block(c, p, n);
	if ((c->c_flags & F_LEFT) != 0)
		put_run(c, ' ', pad);
}

static void
put_signed(struct conv *c, int64_t v)
{
	if (v < 0)
		c->c_flags |= F_NEG;
	put_number(c, v < 0 ? -(uint64_t)v : (uint64_t)v, 10);
}

static void
put_unsigned(struct conv *c, uint64_t v, u_int base)
{
	c->c_flags &= ~(u_int)(F_PLUS | F_SPACE);
	put_number(c, v, base);
}

static const char *
parse_flags(struct conv *c, const char *f)
{
	static const u_char flags['0' + 1] = {
		['-'] = F_LEFT,
		['0'] = F_ZERO,
		['+'] = F_PLUS,
		[' '] = F_SPACE,
		['#'] = F_ALT,
	};
	u_char ch;

	for (; (ch = (u_char)*f) <= '0' && flags[ch] != 0; f++)
		c->c_flags |= flags[ch];
	return f;
}

static const char *
parse_int(const char *f, int *n)
{
	int v = 0;

	for (; isdigit(*f); f++)
		v = v >= INT_MAX / 10 ? v : v * 10 + (*f - '0');
	*n = v;
	return f;
}

static const char *
parse_size(struct conv *c, const char *f)
{
	if (f[0] == 'h') {
		c->c_size = f[1] == 'h' ? 'H' : 'h';
		return f + (f[1] == 'h' ? 2 : 1);
	}
	for (; *f == 'l' || *f == 'j' || *f == 'z' || *f == 't'; f++)
		c->c_size = 'l';	/* all of them have 64 bits */
	return f;
}

static int64_t
narrow_signed(const struct conv *c, int v)
{
	return c->c_size == 'H' ? (signed char)v : c->c_size == 'h' ? (short)v : v;
}

static uint64_t
narrow_unsigned(const struct conv *c, u_int v)
{
	return c->c_size == 'H' ? (u_char)v : c->c_size == 'h' ? (u_short)v : v;
}

/* A va_list is passed on by address: each of these takes from the same one. */
struct args {
	va_list ap;
};

static int64_t
arg_signed(const struct conv *c, struct args *a)
{
	if (c->c_size == 'l')
		return va_arg(a->ap, int64_t);
	return narrow_signed(c, va_arg(a->ap, int));
}

static uint64_t
arg_unsigned(const struct conv *c, struct args *a)
{
	if (c->c_size == 'l')
		return va_arg(a->ap, uint64_t);
	return narrow_unsigned(c, va_arg(a->ap, u_int));
}

/* Flags, width, precision and size; returns where the letter is. */
static const char *
parse(struct conv *c, const char *f, struct args *a)
{
	c->c_flags = 0;
	c->c_width = 0;
	c->c_prec = -1;
	c->c_size = 0;
	if (*f == 's' || *f == 'd' || *f == 'u')
		return f;	/* nothing in between, mostly */
	f = parse_flags(c, f);
	if (*f == '*') {
		c->c_width = va_arg(a->ap, int);
		if (c->c_width < 0) {
			c->c_flags |= F_LEFT;
			c->c_width = c->c_width == INT_MIN ? 0 : -c->c_width;
		}
		f++;
	} else
		f = parse_int(f, &c->c_width);
	if (*f == '.' && f[1] == '*') {
		c->c_prec = va_arg(a->ap, int);	/* negative: as if absent */
		c->c_prec = MAX(c->c_prec, -1);
		f += 2;
	} else if (*f == '.')
		f = parse_int(f + 1, &c->c_prec);
	return parse_size(c, f);
}

/* False: no such conversion. */
static bool
convert(struct conv *c, char letter, struct args *a)
{
	char ch;

	switch (letter) {
	case 'd':
	case 'i':
		put_signed(c, arg_signed(c, a));
		return true;
	case 'u':
		put_unsigned(c, arg_unsigned(c, a), 10);
		return true;
	case 'o':
		put_unsigned(c, arg_unsigned(c, a), 8);
		return true;
	case 'X':
		c->c_flags |= F_UPPER;
		/* FALLTHROUGH */
	case 'x':
		put_unsigned(c, arg_unsigned(c, a), 16);
		return true;
	case 'p':
		c->c_flags |= F_ALT | F_PTR;
		put_unsigned(c, (uintptr_t)va_arg(a->ap, void *), 16);
		return true;
	case 'c':
		ch = (char)va_arg(a->ap, int);
		put_text(c, &ch, 1);
		return true;
	case 's':
		put_string(c, va_arg(a->ap, const char *));
		return true;
	case '%':
		put(c, '%');
		return true;
	}
	return false;
}

static void
format(struct conv *c, const char *fmt, struct args *a)
{
	const char *f, *start;

	for (f = put_until(c, fmt, '%'); *f != '\0'; f = put_until(c, f + 1, '%')) {
		if (*f != '%') {
			put(c, *f);
			continue;
		}
		start = f;
		f = parse(c, f + 1, a);
		if (convert(c, *f, a))
			continue;
		while (start < f)
			put(c, *start++);
		if (*f == '\0')
			break;
		put(c, *f);
	}
}

/*
 * => Returns how many characters were put.
 */
int
kvprintf(void (*putfn)(int, void *), void *arg, const char *fmt, va_list ap)
{
	char none[1];
	struct conv c = { .c_next = none, .c_end = none, .c_put = putfn, .c_arg = arg };
	struct args a;

	va_copy(a.ap, ap);
	format(&c, fmt, &a);
	va_end(a.ap);
	return c.c_count;
}

/*
 * => Returns the length of the whole text: size or more means it was cut.
 */
int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct conv c = { .c_next = buf, .c_end = size == 0 ? buf : buf + size - 1 };
	struct args a;

	va_copy(a.ap, ap);
	format(&c, fmt, &a);
	va_end(a.ap);
	if (size != 0)
		*c.c_next = '\0';
	return c.c_count;
}
