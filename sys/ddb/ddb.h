/*
 * Between the files of the debugger.
 *
 * One CPU runs it, on a stack of its own, all others are stopped: nothing
 * here takes a lock.  An error jumps back to the prompt.
 */

#ifndef _DDB_DDB_H_
#define _DDB_DDB_H_

#include <sys/param.h>
#include <sys/stdarg.h>

#include <machine/db_machdep.h>

typedef int64_t db_expr_t;

#define DB_LINE		256	/* a command line, with its NUL */
#define DB_TOK		120	/* a word, with its NUL */

/* db_trap.c: why we are here, and what the commands look at. */
extern struct trapframe *db_frame;	/* this CPU's */
extern const struct trapframe *db_look;	/* that of "machine cpu" */
extern const struct cpu_info *db_look_cpu;
extern db_expr_t db_dot, db_prev, db_next;

enum db_leave { DB_STAY, DB_CONTINUE, DB_STEP };
extern enum db_leave db_leave;		/* set by a command */
extern db_expr_t db_steps;		/* that many still to take */

/* db_output.c */
extern int db_max_line;			/* $lines; 0: no paging */
void db_printf(const char *, ...) __printflike(1, 2);
void db_vprintf(const char *, va_list) __printflike(1, 0);
void db_putchar(int);
void db_page_reset(bool);		/* at the prompt; may it page? */
void db_printsym(vaddr_t);		/* "kernel:func+0x12" */

/* db_input.c */
int db_getc(void);
bool db_interrupted(void);		/* ^C typed? */
void db_input_return(void);		/* what was typed behind "continue" */
/* db_readline(prompt, line): the line typed, without its end. */
void db_readline(const char *, char[DB_LINE]);

/* db_command.c */
void db_error(const char *, ...) __dead __printflike(1, 2);
void db_fault(void) __dead;		/* an address that is not there */
void db_command_loop(void);
void db_recover(void);			/* to the prompt, or return if none is up */
/* After an expression, where nothing may follow. */
void db_end_of_command(void);

#define DB_ARGS		db_expr_t addr, bool have_addr, db_expr_t count, const char *modif
#define DB_ARGS_UNUSED	db_expr_t addr __unused, bool have_addr __unused, \
	    db_expr_t count __unused, const char *modif __unused

/* db_lex.c */
enum db_token {
	TOK_END = 0,			/* the others stand for themselves */
	TOK_NUMBER = 256, TOK_IDENT, TOK_SHIFT_L, TOK_SHIFT_R, TOK_DOT
};
extern uint64_t db_tok_number;
extern char db_tok_string[DB_TOK];
extern int db_radix;			/* $radix */
void db_lex_start(const char *);	/* the line to read tokens from */
int db_read_token(void);
void db_unread_token(int);
bool db_lex_semicolon(void);		/* skip to after the next ';' */
void db_read_modifiers(char *, size_t);	/* what is glued to a '/' */

/* db_expr.c */
bool db_expression(db_expr_t *);	/* false: there is none */
db_expr_t db_expression_need(const char *);

/* db_variables.c */
db_expr_t db_variable_get(const char *);
void db_set_cmd(DB_ARGS);
void db_show_registers(DB_ARGS);

/* db_access.c */
void db_read_bytes(vaddr_t, size_t, void *);
void db_write_bytes(vaddr_t, size_t, const void *);
uint64_t db_get_value(vaddr_t, size_t);
void db_put_value(vaddr_t, size_t, uint64_t);
size_t db_size_modifier(char, size_t);	/* of 'b' 'h' 'l' 'L' 'q'; else the default */

/* db_break.c */
bool db_break_at(vaddr_t);		/* one of ours? */
bool db_break_count(vaddr_t);		/* a hit: is it time to stop? */
void db_break_insert(void);
void db_break_cmd(DB_ARGS);
void db_delete_cmd(DB_ARGS);
void db_show_breaks(DB_ARGS);

/* db_show.c */
struct lwp;
const struct lwp *db_lwp_next(const struct lwp *);	/* of all; NULL: the first */

/* Commands, in the files of their names. */
void db_examine_cmd(DB_ARGS);
void db_print_cmd(DB_ARGS);
void db_write_cmd(DB_ARGS);
void db_search_cmd(DB_ARGS);
void db_continue_cmd(DB_ARGS);
void db_step_cmd(DB_ARGS);
void db_trace_cmd(DB_ARGS);
void db_machine_cpu(DB_ARGS);
void db_show_all_cpus(DB_ARGS);
void db_show_nmi(DB_ARGS);
void db_ps_cmd(DB_ARGS);
void db_dmesg_cmd(DB_ARGS);
void db_whatis_cmd(DB_ARGS);
void db_call_cmd(DB_ARGS);
void db_sync_cmd(DB_ARGS);
void db_reboot_cmd(DB_ARGS);

/* db_sysctl.c */
extern char db_commandonenter[DB_LINE];

#endif
