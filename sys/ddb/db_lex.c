/*
 * From a line to tokens: numbers, words, and characters that stand for
 * themselves.  The line is read where it lies.
 */

#include <sys/systm.h>

#include <ddb/ddb.h>

uint64_t db_tok_number;
char db_tok_string[DB_TOK];
int db_radix = 16;

static const char *lex_p = "";
static int lex_unread = -1;

static const struct {
	char p_letter;
	int p_radix;
} lex_prefixes[] = {
	{ 'x', 16 },
	{ 'X', 16 },
	{ 't', 10 },
	{ 'T', 10 },
	{ 'o', 8 },
	{ 'O', 8 },
};

void
db_lex_start(const char *line)
{
	lex_p = line;
	lex_unread = -1;
}

void
db_unread_token(int t)
{
	lex_unread = t;
}

static int
lex_digit(char c)
{
	if (isdigit(c))
		return c - '0';
	if (!isxdigit(c))
		return 99;
	return (c | 0x20) - 'a' + 10;
}

static bool
lex_is_word(char c)
{
	return isalnum(c) || c == '_' || c == '.' || c == ':';
}

/* A number as far as it goes; a letter glued to it is an error. */
static int
lex_number(void)
{
	int radix = db_radix;

	if (lex_p[0] == '0')
		for (size_t i = 0; i < __arraycount(lex_prefixes); i++)
			if (lex_p[1] == lex_prefixes[i].p_letter) {
				radix = lex_prefixes[i].p_radix;
				lex_p += 2;
				break;
			}
	if (lex_digit(*lex_p) >= radix)
		db_error("Bad number\n");
	db_tok_number = 0;
	for (; lex_digit(*lex_p) < radix; lex_p++)
		db_tok_number = db_tok_number * (u_int)radix + (u_int)lex_digit(*lex_p);
	if (lex_is_word(*lex_p))
		db_error("Bad character in number\n");
	return TOK_NUMBER;
}

static int
lex_word(void)
{
	size_t n = 0;

	while (lex_is_word(*lex_p)) {
		if (n == sizeof(db_tok_string) - 1)
			db_error("Word too long\n");
		db_tok_string[n++] = *lex_p++;
	}
	db_tok_string[n] = '\0';
	return TOK_IDENT;
}

int
db_read_token(void)
{
	int t = lex_unread;

	if (t != -1) {
		lex_unread = -1;
		return t;
	}
	while (*lex_p == ' ' || *lex_p == '\t')
		lex_p++;
	if (*lex_p == '\0' || *lex_p == ';')
		return TOK_END;
	if (isdigit(*lex_p))
		return lex_number();
	if (*lex_p == '.' && !lex_is_word(lex_p[1])) {
		lex_p++;
		return TOK_DOT;
	}
	if (lex_is_word(*lex_p))
		return lex_word();
	if ((*lex_p == '<' || *lex_p == '>') && lex_p[1] == *lex_p) {
		lex_p += 2;
		return lex_p[-1] == '<' ? TOK_SHIFT_L : TOK_SHIFT_R;
	}
	return (u_char)*lex_p++;
}

/* Whatever of this command is left unread goes. */
bool
db_lex_semicolon(void)
{
	lex_unread = -1;
	while (*lex_p != '\0')
		if (*lex_p++ == ';')
			return true;
	return false;
}

void
db_read_modifiers(char *buf, size_t size)
{
	size_t n = 0;

	for (; isalnum(*lex_p); lex_p++) {
		if (n == size - 1)
			db_error("Too many modifiers\n");
		buf[n++] = *lex_p;
	}
	buf[n] = '\0';
}
