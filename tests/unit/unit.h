/*
 * The unit-test harness, as a test sees it.
 *
 * A test is a function; RUN() calls it and prints "ok PROGRAM.NAME" or
 * "not ok PROGRAM.NAME: why".  A failed CHECK() ends it, as does a panic that
 * nobody expects.
 */

#ifndef _TESTS_UNIT_UNIT_H_
#define _TESTS_UNIT_UNIT_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <machine/cpu.h>

void unit_main(void);		/* the test program's: RUN() each test */

#define RUN(func)	unit_run(#func, (func))
#define CHECK(e) \
	((e) ? (void)0 : unit_fail("%s:%d: %s", __FILE__, __LINE__, #e))
#define CHECK_STR(got, want) \
	(strcmp((got), (want)) == 0 ? (void)0 : \
	    unit_fail("%s:%d: got \"%s\", want \"%s\"", __FILE__, __LINE__, \
		(got), (want)))

/*
 * The statement must panic with this in its text.  It must not change local
 * variables that are used later.  Mutexes it held are released.
 */
#define CHECK_PANIC(text, statement) do { \
	if (__builtin_expect(_setjmp(unit_panic_env), 0) == 0) { \
		unit_panic_expected = true; \
		statement; \
		unit_panic_expected = false; \
		unit_fail("%s:%d: no panic", __FILE__, __LINE__); \
	} \
	if (!unit_contains(unit_panic_text, (text))) \
		unit_fail("%s:%d: panic \"%s\", want \"%s\"", __FILE__, \
		    __LINE__, unit_panic_text, (text)); \
} while (0)

/* unit.c */
typedef long unit_jmp_buf[40];	/* room for the host's jmp_buf */
int _setjmp(void *) __attribute__((__returns_twice__));
void unit_longjmp(void *) __dead;
extern unit_jmp_buf unit_panic_env;
void unit_run(const char *, void (*)(void));
void unit_fail(const char *, ...) __dead __printflike(1, 2);
void *unit_memory(size_t);	/* zeroed, of the host, taken when touched */
u_int unit_random(void);	/* the same sequence every run */
/* From now on, every so often, in the middle of anything; NULL: no more. */
void unit_interrupt(void (*)(void));	/* no CHECK() in it */
/* One more thread; it is on unit_cpus[0] too, until it says otherwise. */
void unit_thread(void (*)(void *), void *);	/* no CHECK() in it */
void unit_join(void);

/* shim.c */
extern bool unit_panic_expected;
extern char unit_panic_text[512];
bool unit_contains(const char *, const char *);
void unit_shim_reset(void);	/* before each test */

#define UNIT_NCPU	4
extern struct cpu_info unit_cpus[UNIT_NCPU];
extern __thread struct cpu_info *unit_cpu;	/* curcpu() */
extern char unit_console[65536];	/* what cnputc() printed, a string */
extern void (*unit_cnputc_hook)(int);	/* after it */
extern void (*unit_kpause_hook)(void);	/* while a thread would sleep */
/* uptime_us() returns unit_clock, which each call moves by unit_clock_step. */
extern volatile uint64_t unit_clock, unit_clock_step;
extern volatile u_long unit_pauses;	/* turns of spinning CPUs */
extern __thread int unit_spl;		/* 1: interrupts are off */

#endif
