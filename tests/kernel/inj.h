/*
 * The kernel's side of tests/inject: drivers that the host steps through, and
 * the handler of the NMIs it injects there.
 *
 * Only the host writes inj_driver, inj_variant and zeroes into inj_state, with
 * the machine stopped.
 */

#ifndef _TESTS_KERNEL_INJ_H_
#define _TESTS_KERNEL_INJ_H_

#include <machine/frame.h>
#include "ktest.h"

/* What else happens in the handler: bits of inj_variant. */
#define INJ_SECOND	0x1U	/* another NMI comes meanwhile */
#define INJ_BREAKPOINT	0x2U
#define INJ_FAULT	0x4U
#define INJ_CHECK	0x8U	/* the host has a machine check ready */
#define INJ_DECLINE	0x10U	/* nobody claims it */
#define INJ_WAKE	0x20U	/* the sleeping driver goes on */

/* Of one injection on one CPU; the host knows the order. */
struct inj_state {
	volatile uint64_t is_runs;	/* of the handler */
	volatile uint64_t is_rip;	/* the first run's frame */
	volatile uint64_t is_cs;
	volatile uint64_t is_rflags;
	volatile uint64_t is_rsp;
	volatile uint64_t is_ss;
	volatile uint64_t is_wrong;	/* a line of inj_main.c or of a driver */
};
extern struct inj_state inj_state[MAXCPUS];
extern volatile u_int inj_variant;

extern volatile uint64_t inj_touched;	/* written by the handler each time */

/* The first thing found wrong is kept. */
void inj_wrong(int line);
#define INJ_EXPECT(e)	((e) ? (void)0 : inj_wrong(__LINE__))

/* A driver: the host finds it by its name. */
#define INJ_DRIVER(name) \
	void inj_do_##name(void); \
	__used void \
	inj_do_##name(void)

/* An NMI's wish: the driver that sleeps goes on (inj_kern.c). */
void inj_wake(void);

/* ktest_inject on the command line: never returns. */
void inj_main(void);

#endif
