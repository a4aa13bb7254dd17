/*
 * The debugger's line editor against two second opinions: what the keys
 * should have made of the line, and what a terminal shows of it.
 *
 * They are asked before every key; the terminal is as wide as it takes.
 */

#include <sys/systm.h>
#include <sys/cons.h>

#include "ddb_shim.h"

#define PROMPT		"db{0}> "
#define COLUMNS		300
#define CTRL(c)		((c) & 0x1f)

/* What should be: the text as two stacks, the right one upside down. */
static struct {
	char left[DB_LINE], right[DB_LINE];
	size_t nleft, nright;
	char kept[DDB_HISTORY][DB_LINE];	/* the last one first */
	u_int nkept, back;
	int state;			/* of an escape sequence */
	bool cr, ended;			/* the last key was CR; it ended the line */
} model;

static struct {
	char row[COLUMNS];
	size_t col, width;		/* to the right of that it is blank */
	char above[COLUMNS];		/* the row that ended last */
	size_t above_width;
} screen;

static bool editing;

/* Nothing of the rest of the debugger is here. */
void
db_error(const char *fmt __unused, ...)
{
	unit_fail("an error in the line editor");
}

/* The terminal. */

static void
show(int c)
{
	switch (c) {
	case '\n':
		memcpy(screen.above, screen.row, screen.width);
		screen.above_width = screen.width;
		screen.col = screen.width = 0;
		return;
	case '\b':
		CHECK(screen.col > 0);
		screen.col--;
		return;
	case '\a':
		return;
	}
	CHECK(isprint(c) && screen.col < COLUMNS);
	screen.row[screen.col++] = (char)c;
	screen.width = MAX(screen.width, screen.col);
}

static void
check_row(const char *row, size_t width)
{
	size_t n = strlen(PROMPT), len = n + model.nleft + model.nright;
	char want;

	CHECK(width >= len);
	for (size_t i = 0; i < width; i++) {
		want = i < n ? PROMPT[i] : i < n + model.nleft ? model.left[i - n] :
		    i < len ? model.right[len - 1 - i] : ' ';
		if (row[i] != want)
			unit_fail("column %lu of \"%.*s\": want '%c'", i, (int)width,
			    row, want);
	}
}

/* The keys. */

static void
move(size_t left)
{
	while (model.nleft > left)
		model.right[model.nright++] = model.left[--model.nleft];
	while (model.nleft < left && model.nright > 0)
		model.left[model.nleft++] = model.right[--model.nright];
}

static void
type(int c)
{
	if (model.nleft + model.nright < DB_LINE - 1)
		model.left[model.nleft++] = (char)c;
}

static void
recall(u_int back)
{
	model.back = back;
	model.nleft = model.nright = 0;
	for (const char *p = back == 0 ? "" : model.kept[back - 1]; *p != '\0'; p++)
		type(*p);
}

static void
rub_word(void)
{
	while (model.nleft > 0 && model.left[model.nleft - 1] == ' ')
		model.nleft--;
	while (model.nleft > 0 && model.left[model.nleft - 1] != ' ')
		model.nleft--;
}

static void
act(int c)
{
	switch (c) {
	case CTRL('A'):
		move(0);
		break;
	case CTRL('B'):
		move(model.nleft - (model.nleft > 0));
		break;
	case CTRL('C'):
		model.nleft = model.nright = 0;
		break;
	case CTRL('D'):
		model.nright -= model.nright > 0;
		break;
	case CTRL('E'):
		move(DB_LINE);
		break;
	case CTRL('F'):
		move(model.nleft + 1);
		break;
	case '\b':
	case 0x7f:
		model.nleft -= model.nleft > 0;
		break;
	case CTRL('K'):
		model.nright = 0;
		break;
	case CTRL('N'):
		if (model.back > 0)
			recall(model.back - 1);
		break;
	case CTRL('P'):
		if (model.back < model.nkept)
			recall(model.back + 1);
		break;
	case CTRL('U'):
		move(DB_LINE);
		model.nleft = 0;
		break;
	case CTRL('W'):
		rub_word();
		break;
	case '\t':
		type(' ');
		break;
	default:
		if (isprint(c))
			type(c);
	}
}

/* ESC [ parameters letter, ESC O letter: the cursor's keys. */
static bool
sequence(int c)
{
	static const char letters[] = "ABCDHF", means[] = "\020\016\006\002\001\005";
	int state = model.state;
	const char *p;

	model.state = c == 0x1b;
	if (c == 0x1b || state == 0 || !isprint(c))
		return c == 0x1b;
	if (state == 1) {
		model.state = c == '[' || c == 'O' ? 2 : 0;
		return model.state == 2;
	}
	if (c < '@')
		model.state = 2;
	else if ((p = strchr(letters, c)) != NULL)
		act(means[p - letters]);
	return true;
}

/* All of what was typed before is done. */
static void
key(int c)
{
	if (!editing)
		return;
	CHECK(!model.ended);
	check_row(screen.row, screen.width);
	CHECK(screen.col == strlen(PROMPT) + model.nleft);
	if (c == -1)
		return;
	model.ended = c == '\r' || (c == '\n' && !model.cr);
	model.cr = c == '\r';
	if (!sequence(c))
		act(c);
}

static void
keep(const char *line)
{
	if (*line == '\0' || (model.nkept > 0 && strcmp(model.kept[0], line) == 0))
		return;
	memmove(model.kept[1], model.kept[0], (DDB_HISTORY - 1) * DB_LINE);
	strlcpy(model.kept[0], line, DB_LINE);
	model.nkept += model.nkept < DDB_HISTORY;
}

/* Until the end of the line, which the editor finds by itself. */
static void
edit(void)
{
	static char line[DB_LINE];

	model.nleft = model.nright = 0;
	model.back = 0;
	model.state = 0;
	model.ended = false;
	editing = true;
	db_readline(PROMPT, line);
	editing = false;
	CHECK(model.ended);
	check_row(screen.above, screen.above_width);
	CHECK(screen.col == 0);
	move(DB_LINE);
	model.left[model.nleft] = '\0';
	CHECK_STR(line, model.left);
	keep(line);
}

void
fuzz_one(const u_char *bytes, size_t n)
{
	memset(&model, 0, sizeof(model));
	ddb_shim_reset();
	ddb_shim_console_reset(keep);
	CHECK(model.nkept == DDB_HISTORY);
	model.cr = true;
	screen.col = screen.width = 0;
	ddb_shim_type(bytes, n, "\003\r");
	ddb_shim_key = key;
	unit_cnputc_hook = show;
	while (!ddb_shim_typed())
		edit();
}
