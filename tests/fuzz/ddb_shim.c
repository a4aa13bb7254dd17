/*
 * The machine of ddb_shim.h.
 *
 * Its memory is in two pieces, one of them the last of the address space,
 * so that what runs over an end is seen.
 */

#include <sys/systm.h>
#include <sys/cons.h>
#include <sys/debugger.h>

#include <machine/frame.h>

#include "ddb_shim.h"

#define LOW		0x10000UL
#define LOW_SIZE	0x4000
#define HIGH		0xfffffffffffff800UL
#define HIGH_SIZE	0x800
#define PATIENCE	1000		/* polls, until a person types on */
#define SENTINEL	0x1ff
#define DEAF_READS	5000		/* more than a page of bytes */

static u_char low[LOW_SIZE], high[HIGH_SIZE];
static struct trapframe frame;

struct trapframe *db_frame = &frame;
const struct trapframe *db_look = &frame;
const struct cpu_info *db_look_cpu;
db_expr_t db_dot, db_prev, db_next;
int db_onpanic, db_fromconsole;
char db_commandonenter[DB_LINE];

const struct ddb_symbol ddb_symbols[DDB_SYMBOLS] = {
	{ "version", LOW },
	{ "hardclock", LOW + 0x100 },
	{ "nmi_dispatch", LOW + 0x200 },
	{ "x", LOW + 0x800 },
};

#define REG(name) { #name, offsetof(struct trapframe, tf_##name) }
const struct db_register db_registers[] = {
	REG(rax), REG(r15), REG(rip), REG(cs), REG(rsp),
};
const size_t db_nregisters = __arraycount(db_registers);

/* Who types. */
static struct {
	const u_char *ty_next;
	size_t ty_left;
	const char *ty_tail;
	size_t ty_tail_pos;
	u_int ty_polls;			/* answered by nothing */
	bool ty_rests;			/* until the debugger waits */
	bool ty_ahead;
	bool ty_nmi;
} ty;
void (*ddb_shim_key)(int);
u_int ddb_shim_deaf;
static u_int reads;			/* of memory, since it listened */

void
ddb_shim_reset(void)
{
	for (size_t i = 0; i < LOW_SIZE; i++)
		low[i] = (u_char)(i * 7 + i / 256);
	memset(high, 'h', sizeof(high));
	memset(&frame, 0, sizeof(frame));
	frame.tf_rip = LOW + 0x234;
	frame.tf_rax = 0x8000000000000000UL;
	frame.tf_rsp = LOW + LOW_SIZE - 8;
	db_look_cpu = curcpu();
	db_dot = db_next = (db_expr_t)frame.tf_rip;
	db_prev = 0;
	db_onpanic = db_fromconsole = 1;
	db_commandonenter[0] = '\0';
	reads = ddb_shim_deaf = 0;
}

u_char *
ddb_shim_memory(uint64_t va)
{
	if (va >= LOW && va - LOW < LOW_SIZE)
		return &low[va - LOW];
	if (va >= HIGH && va - HIGH < HIGH_SIZE)
		return &high[va - HIGH];
	return NULL;
}

/* As the kernel's kcopy(): all of it or an error. */
int
kcopy(const void *from, void *to, size_t len)
{
	u_char *p = to;

	CHECK(reads++ < DEAF_READS);
	for (size_t i = 0; i < len; i++)
		if (ddb_shim_memory((vaddr_t)from + i) == NULL)
			return EFAULT;
	for (size_t i = 0; i < len; i++)
		p[i] = *ddb_shim_memory((vaddr_t)from + i);
	return 0;
}

int
db_write_kernel(vaddr_t va, const void *from, size_t len)
{
	const u_char *p = from;

	for (size_t i = 0; i < len; i++)
		if (ddb_shim_memory(va + i) == NULL)
			return EFAULT;
	for (size_t i = 0; i < len; i++)
		*ddb_shim_memory(va + i) = p[i];
	return 0;
}

bool
ksyms_getval(const char *name, vaddr_t *va)
{
	for (u_int i = 0; i < DDB_SYMBOLS; i++)
		if (strcmp(ddb_symbols[i].sy_name, name) == 0) {
			*va = ddb_symbols[i].sy_value;
			return true;
		}
	return false;
}

const char *
ksyms_lookup(vaddr_t va, vaddr_t *start)
{
	const char *name = NULL;

	if (va - LOW >= LOW_SIZE)
		return NULL;
	for (u_int i = 0; i < DDB_SYMBOLS && ddb_symbols[i].sy_value <= va; i++) {
		name = ddb_symbols[i].sy_name;
		*start = ddb_symbols[i].sy_value;
	}
	return name;
}

const char *
ksyms_format(char *buf, size_t len, vaddr_t va)
{
	const char *name;
	vaddr_t start;

	if ((name = ksyms_lookup(va, &start)) != NULL)
		snprintf(buf, len, "kernel:%s+0x%lx", name, va - start);
	else
		snprintf(buf, len, "%#lx", va);
	return buf;
}

const char *
db_point_refused(vaddr_t va)
{
	return ddb_shim_memory(va) == NULL ? "not in the kernel's text" : NULL;
}

const char *
db_register_refused(const struct db_register *dr, uint64_t value __unused)
{
	return strcmp(dr->dr_name, "cs") == 0 ? "segment registers are not changed" : NULL;
}

void
db_context_save(struct db_context *dc __unused)
{
}

void
db_context_restore(const struct db_context *dc __unused)
{
}

void
db_context_leave_nmi(const struct db_context *dc __unused)
{
}

void
printf_nolog(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

/* The console. */

void
ddb_shim_type(const u_char *bytes, size_t n, const char *tail)
{
	memset(&ty, 0, sizeof(ty));
	ty.ty_next = bytes;
	ty.ty_left = n;
	ty.ty_tail = tail;
}

bool
ddb_shim_typed(void)
{
	return ty.ty_left == 0;
}

/* The debugger waits. */
bool
db_nmi_again(void)
{
	bool again = ty.ty_nmi;

	ddb_shim_deaf = 0;
	ty.ty_nmi = ty.ty_rests = false;
	return again;
}

static int
type_byte(void)
{
	if (ty.ty_left > 0) {
		ty.ty_left--;
		return *ty.ty_next++;
	}
	if (ty.ty_tail == NULL)
		return SENTINEL;
	if (ty.ty_tail[ty.ty_tail_pos] == '\0')
		ty.ty_tail_pos = 0;
	return (u_char)ty.ty_tail[ty.ty_tail_pos++];
}

static int
type_key(void)
{
	int c = type_byte();

	if (c == '\r' || c == '\n') {
		ty.ty_rests = !ty.ty_ahead;
		ty.ty_ahead = false;
	}
	if (c == TYPE_AHEAD)
		ty.ty_ahead = true;
	if (c == TYPE_NMI)
		ty.ty_nmi = true;
	return c == TYPE_AHEAD || c == TYPE_NMI ? -1 : c == TYPE_BREAK ? CN_BREAK : c;
}

int
cnpollc(void)
{
	int c;

	reads = ddb_shim_deaf = 0;
	if (ty.ty_rests && ++ty.ty_polls < PATIENCE)
		return -1;
	ty.ty_polls = 0;
	ty.ty_rests = false;
	c = type_key();
	if (ddb_shim_key != NULL)
		(*ddb_shim_key)(c);
	return c;
}

/* db_input_return() is not called here. */
void
cnunread(int c __unused)
{
	CHECK(false);
}

void
ddb_shim_console_reset(void (*line_kept)(const char *))
{
	static char line[DB_LINE];

	ddb_shim_key = NULL;
	ddb_shim_type(NULL, 0, NULL);
	while (db_getc() != SENTINEL)
		continue;
	ddb_shim_type((const u_char *)"0\r1\r2\r3\r4\r5\r6\r7\r8\r9\ra\rb\rc\rd\re\rf g\r",
	    2 * DDB_HISTORY + 2, NULL);
	while (!ddb_shim_typed()) {
		db_readline("", line);
		if (line_kept != NULL)
			(*line_kept)(line);
	}
}
