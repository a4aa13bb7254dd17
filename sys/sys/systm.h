/* What every kernel file may call: output, panic, assertions, strings. */

#ifndef _SYS_SYSTM_H_
#define _SYS_SYSTM_H_

#include <sys/types.h>
#include <sys/stdarg.h>
#include <lib/libkern/libkern.h>

/* panic(9).  panicstr is the first panic's format, NULL before it. */
extern const char *volatile panicstr;
void panic(const char *, ...) __dead __printflike(1, 2);
void vpanic(const char *, va_list) __dead;

/* kprintf(9): to the message buffer, then to the console. */
void printf(const char *, ...) __printflike(1, 2);
void vprintf(const char *, va_list) __printflike(1, 0);
/* Straight to the polled console: for panic and the debugger. */
void printf_nolog(const char *, ...) __printflike(1, 2);
void vprintf_nolog(const char *, va_list) __printflike(1, 0);
/*
 * Keep a line whole among those of other CPUs: interrupts off, NMI included.
 * Waits for a bounded time only; prf_exit() wants what prf_enter() returned.
 */
bool prf_enter(void);
void prf_exit(bool);
void prf_putc(int);	/* to the console: whoever waits sees that we live */
void prf_write(const char *, size_t);	/* many at once, for less */
void cnputc(int);		/* the console's; see <dev/cons.h> */

/* reboot(9) */
#define RB_AUTOBOOT	0
#define RB_HALT		0x008
#define RB_POWERDOWN	0x808
void cpu_reboot(int, char *) __dead;

/* Symbols: "kernel:func+0xoff" and back (subr_ksyms.c). */
const char *ksyms_lookup(vaddr_t, vaddr_t *);	/* name and start, or NULL */
bool ksyms_getval(const char *, vaddr_t *);
const char *ksyms_format(char *, size_t, vaddr_t);

/* db_trace.c (MD): walks frames from a frame pointer, never faults. */
void stack_trace(vaddr_t pc, vaddr_t fp, void (*)(const char *, ...) __printflike(1, 2));

/*
 * Copy that survives a fault: 0 or EFAULT.  Any address is allowed.
 */
int kcopy(const void *, void *, size_t);

/* kern_sleepq.c: panics where a thread must not sleep. */
void assert_sleepable(void);
#define ASSERT_SLEEPABLE() assert_sleepable()

extern bool cold;		/* still booting: one CPU, no scheduler */
extern int ncpu;		/* CPUs attached */

void kern_main(void) __dead;	/* init_main.c: MI start, on the boot CPU */

#endif
