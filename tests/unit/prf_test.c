/* printf(9): what goes where, and that no lock ever silences it. */

#include <sys/msgbuf.h>
#include <machine/intr.h>
#include "unit.h"

static char buf[256];
static int intruder;		/* the CPU that prints in the middle */
static int spl_seen;

/* What the message buffer got since pos. */
static const char *
logged(uint64_t pos)
{
	buf[msgbuf_read(&pos, buf, sizeof(buf) - 1)] = '\0';
	return buf;
}

static void
test_both(void)
{
	uint64_t pos = msgbuf_head();

	printf("hello %d\n", 5);
	CHECK_STR(unit_console, "hello 5\n");
	CHECK_STR(logged(pos), "hello 5\n");
}

static void
test_nolog(void)
{
	uint64_t pos = msgbuf_head();

	printf_nolog("only %s", "console");
	CHECK_STR(unit_console, "only console");
	CHECK_STR(logged(pos), "");
}

/* A message does not go on behind a prompt, but its second half does. */
static void
test_fresh_line(void)
{
	printf_nolog("kernel# ");
	printf("one, ");
	printf("two\n");
	CHECK_STR(unit_console, "kernel# \none, two\n");
}

static void
test_nmi(void)
{
	unit_cpu->ci_in_nmi = true;
	CHECK_PANIC("nmi: called", printf("x"));
	printf_nolog("allowed");
	CHECK_STR(unit_console, "allowed");
}

static void
watch_spl(int c __unused)
{
	spl_seen = unit_spl;
}

static void
test_interrupts_off(void)
{
	unit_cnputc_hook = watch_spl;
	printf("x");
	CHECK(spl_seen == 1);
	CHECK(unit_spl == 0);
	(void)splhigh();
	printf("x");
	CHECK(unit_spl == 1);	/* as it was */
}

static void
intrude(int c)
{
	struct cpu_info *me = unit_cpu;

	if (c != '!')
		return;
	unit_cpu = &unit_cpus[intruder];
	printf("[in]");
	unit_cpu = me;
}

/* A trap or NMI inside printf prints at once, on the same CPU. */
static void
test_same_cpu(void)
{
	intruder = 0;
	unit_cnputc_hook = intrude;
	printf("ab!cd\n");
	CHECK_STR(unit_console, "ab![in]cd\n");
	CHECK(unit_pauses == 0);
}

/* The lock's holder is stopped: another CPU waits a while, then goes on. */
static void
test_dead_holder(void)
{
	intruder = 1;
	unit_cnputc_hook = intrude;
	printf("ab!cd\n");
	CHECK_STR(unit_console, "ab![in]cd\n");
	CHECK(unit_pauses > 1000);
	unit_pauses = 0;
	unit_cnputc_hook = NULL;
	unit_cpu = &unit_cpus[2];
	printf("x");
	CHECK(unit_pauses == 0);	/* the lock is free again */
}

/* The print in the middle leaves the lock to the one it interrupted. */
static void
intrude_twice(int c)
{
	if (c != '!')
		return;
	intruder = 0;
	intrude(c);
	CHECK(unit_pauses == 0);
	intruder = 1;
	intrude(c);
}

static void
test_nested_keeps_lock(void)
{
	unit_cnputc_hook = intrude_twice;
	printf("ab!cd\n");
	CHECK(unit_pauses > 1000);
}

/*
 * With a second CPU that really runs.  CPU 1 is the thread; the hook says
 * what each does after a character.
 */
static volatile int stage;

static void
cpu1_print(void *arg)
{
	unit_cpu = &unit_cpus[1];
	printf("%s", (const char *)arg);
	stage = 9;
}

static void
wait_stage(int n)
{
	while (stage < n)
		continue;
}

/* CPU 1 stops in '1' until it is robbed; CPU 0 stops in '0' until 1 is done. */
static void
robbery(int c)
{
	if (c == '1') {
		stage = 1;
		wait_stage(2);
	} else if (c == '0') {
		stage = 2;
		wait_stage(9);
		unit_pauses = 0;
		intruder = 2;
		intrude('!');
	}
}

/* The robbed one must not release a lock that is somebody else's by now. */
static void
test_robbed_releases_nothing(void)
{
	static char text[] = "1";

	stage = 0;
	unit_cnputc_hook = robbery;
	unit_thread(cpu1_print, text);
	wait_stage(1);
	printf("0");
	unit_join();
	CHECK(unit_pauses > 1000);
	CHECK_STR(unit_console, "10[in]");
}

/* Slow: more turns than a waiter's least, and half of its time, for each. */
static void
crawl(int c)
{
	u_long until = unit_pauses + (1UL << 19);

	if (c != '.')
		return;
	stage = 1;
	while (unit_pauses < until)
		continue;
	unit_clock += 60000;
}

/* A holder that is slow but alive is waited for. */
static void
test_slow_holder(void)
{
	static char text[] = "....\n";

	stage = 0;
	unit_clock_step = 0;
	unit_cnputc_hook = crawl;
	unit_thread(cpu1_print, text);
	wait_stage(1);
	printf("after\n");
	unit_join();
	CHECK_STR(unit_console, "....\nafter\n");
}

/* The same, one character at a time, as nmi_printf(9) does it. */
static void
cpu1_putc(void *arg)
{
	const char *p;
	bool locked;

	unit_cpu = &unit_cpus[1];
	locked = prf_enter();
	for (p = arg; *p != '\0'; p++)
		prf_putc(*p);
	prf_exit(locked);
}

static void
test_slow_nmi(void)
{
	static char text[] = "....\n";

	stage = 0;
	unit_clock_step = 0;
	unit_cnputc_hook = crawl;
	unit_thread(cpu1_putc, text);
	wait_stage(1);
	printf("after\n");
	unit_join();
	CHECK_STR(unit_console, "....\nafter\n");
}

/* A clock that stands does not make the wait endless. */
static void
test_no_clock(void)
{
	unit_clock_step = 0;
	intruder = 1;
	unit_cnputc_hook = intrude;
	printf("ab!cd\n");
	CHECK_STR(unit_console, "ab![in]cd\n");
}

void
unit_main(void)
{
	RUN(test_both);
	RUN(test_nolog);
	RUN(test_fresh_line);
	RUN(test_nmi);
	RUN(test_interrupts_off);
	RUN(test_same_cpu);
	RUN(test_dead_holder);
	RUN(test_nested_keeps_lock);
	RUN(test_robbed_releases_nothing);
	RUN(test_slow_holder);
	RUN(test_slow_nmi);
	RUN(test_no_clock);
}
