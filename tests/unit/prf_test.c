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

/* The robbed holder must not release what is now somebody else's. */
static void
steal_and_keep(int c)
{
	if (c != '!' || cpu_number() != 0)
		return;
	unit_cpu = &unit_cpus[1];
	printf("?");		/* in its middle, back to CPU 0 for good */
}

static void
return_to_holder(int c)
{
	if (c == '?') {
		unit_cnputc_hook = NULL;
		unit_cpu = &unit_cpus[0];
		printf_nolog("0");	/* waits, and robs in its turn */
		unit_cpu = &unit_cpus[1];
	} else
		steal_and_keep(c);
}

static void
test_robbed_twice(void)
{
	unit_cnputc_hook = return_to_holder;
	printf("!");
	CHECK_STR(unit_console, "!?0");
	unit_pauses = 0;
	printf("x");
	CHECK(unit_pauses == 0);
}

void
unit_main(void)
{
	RUN(test_both);
	RUN(test_nolog);
	RUN(test_interrupts_off);
	RUN(test_same_cpu);
	RUN(test_dead_holder);
	RUN(test_robbed_twice);
}
