/*
 * What the debugger's files see of a machine when they are fuzzed: a little
 * memory, a few symbols and registers, a person at the console.
 */

#ifndef _TESTS_FUZZ_DDB_SHIM_H_
#define _TESTS_FUZZ_DDB_SHIM_H_

#include <ddb/ddb.h>

#include "fuzz.h"

void ddb_shim_reset(void);		/* the machine as at first */
/* Nothing typed ahead, the history full of short lines; each is shown. */
void ddb_shim_console_reset(void (*)(const char *));
#define DDB_HISTORY	16

/* A byte of the machine's memory, or NULL. */
u_char *ddb_shim_memory(uint64_t);

struct ddb_symbol {
	const char *sy_name;
	vaddr_t sy_value;
};
#define DDB_SYMBOLS	4
extern const struct ddb_symbol ddb_symbols[DDB_SYMBOLS];

/*
 * Who types: the bytes, one after another, and then the tail again and again.
 * After the end of a line nothing comes until the debugger waits for it.
 */
#define TYPE_AHEAD	0xfd		/* the next line comes at once */
#define TYPE_BREAK	0xfe		/* CN_BREAK */
#define TYPE_NMI	0xff		/* an NMI while the debugger waits */
void ddb_shim_type(const u_char *, size_t, const char *);
bool ddb_shim_typed(void);		/* all bytes are */
extern u_int ddb_shim_deaf;		/* newlines since the debugger listened */

/* Before the next byte is typed; it gets what cnpollc() will return. */
extern void (*ddb_shim_key)(int);

#endif
