/*
 * The runner: takes over from the operator's console in the test image.
 *
 * Command line: ktest=TEXT runs the tests whose name contains TEXT,
 * ktest_die=NAME runs one death instead, ktest_bench=NAME a benchmark,
 * ktest_inject=1 what tests/inject asks for.
 * ktest_console=1 leaves the machine to the operator's console, where the
 * test image has more commands (storm.c).
 * Without QEMU's isa-debug-exit device the machine just halts at the end.
 */

#include <sys/boot_hook.h>
#include <sys/bootinfo.h>
#include <sys/cons.h>
#include <sys/console.h>
#include <machine/intr.h>	/* outb */
#include "inj.h"
#include "ktest.h"

#define KT_EXIT_PORT	0xf4

static const char *kt_file, *kt_why, *kt_skipped;
static int kt_line;
static volatile u_int kt_failed;

static struct lwp *kt_lwps[KT_THREADS];
static u_int kt_nlwps;

void
kt_fail(const char *file, int line, const char *what)
{
	if (atomic_swap_uint(&kt_failed, 1) != 0)
		return;
	kt_file = file;
	kt_line = line;
	kt_why = what;
}

void
kt_skip(const char *why)
{
	kt_skipped = why;
}

bool
kt_timeout(int start)
{
	return getticks() - start > KT_PATIENCE;
}

void
kt_thread(pri_t pri, struct cpu_info *ci, void (*func)(void *), void *arg)
{
	int error;

	KASSERT(kt_nlwps < KT_THREADS);
	error = kthread_create(pri, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, ci, func,
	    arg, &kt_lwps[kt_nlwps], "kt%u", kt_nlwps);
	if (error != 0)
		panic("ktest: no thread, error %d", error);
	kt_nlwps++;
}

struct lwp *
kt_lwp(u_int n)
{
	return kt_lwps[n];
}

void
kt_threads_join(void)
{
	while (kt_nlwps != 0)
		kthread_join(kt_lwps[--kt_nlwps]);
}

/* The value of a word "key=value" of the command line. */
static bool
kt_bootarg(const char *key, char *value, size_t size)
{
	const char *p = bootinfo.bi_cmdline;
	size_t n = strlen(key), len;

	while (*p != '\0') {
		for (len = 0; p[len] != '\0' && p[len] != ' '; len++)
			continue;
		if (len > n && p[n] == '=' && strncmp(p, key, n) == 0) {
			strlcpy(value, p + n + 1, MIN(size, len - n));
			return true;
		}
		p += len + (p[len] == ' ');
	}
	return false;
}

/* kt_bootarg() looks our words up itself; this makes them known. */
static int
kt_word(const char *rest __unused)
{
	return 0;
}

BOOTARG(ktest, "ktest", kt_word, false);

static bool
kt_matches(const char *name, const char *part)
{
	size_t n = strlen(part);

	for (; *name != '\0'; name++) {
		if (strncmp(name, part, n) == 0)
			return true;
	}
	return n == 0;
}

static void __dead
kt_exit(uint8_t status)
{
	cnflush();
	outb(KT_EXIT_PORT, status);
	cpu_reboot(RB_HALT, NULL);
}

enum kt_result { KT_PASSED, KT_FAILED, KT_SKIPPED, KT_NRESULTS };

void
kt_begin(void)
{
	kt_failed = 0;
	kt_why = kt_skipped = NULL;
}

/* True: nothing has failed. */
bool
kt_verdict(const char *name)
{
	if (kt_failed != 0)
		printf("not ok %s: %s:%d: %s\n", name, kt_file, kt_line,
		    kt_why);
	else if (kt_skipped != NULL)
		printf("ok %s # skip %s\n", name, kt_skipped);
	else
		printf("ok %s\n", name);
	return kt_failed == 0;
}

static enum kt_result
kt_run(const struct ktest *kt)
{
	kt_begin();
	(*kt->kt_func)();
	if (kt_failed != 0)
		kt_nlwps = 0;	/* whoever is left uses static data */
	else if (kt_nlwps != 0)
		kt_threads_join();
	if (!kt_verdict(kt->kt_name))
		return KT_FAILED;
	return kt_skipped != NULL ? KT_SKIPPED : KT_PASSED;
}

static void __dead
kt_die(const char *name)
{
	const struct kdeath *const *kd;

	for (kd = __link_set_start(kern_deaths);
	     kd < __link_set_end(kern_deaths); kd++) {
		if (strcmp((*kd)->kd_name, name) != 0)
			continue;
		printf("# dying of %s: %s\n", name, (*kd)->kd_what);
		(*(*kd)->kd_func)();
		printf("not ok %s: still alive\n", name);
		kt_exit(1);
	}
	for (kd = __link_set_start(kern_deaths);
	     kd < __link_set_end(kern_deaths); kd++)
		printf("# ktest_die=%s: %s\n", (*kd)->kd_name, (*kd)->kd_what);
	kt_exit(1);
}

static void
kt_main(void)
{
	const struct ktest *const *kt;
	char pattern[64] = "", name[64];
	u_int n[KT_NRESULTS] = { 0 };

	if (kt_bootarg("ktest_console", name, sizeof(name))) {
		console_start();
		return;
	}
	if (kt_bootarg("ktest_die", name, sizeof(name)))
		kt_die(name);
	if (kt_bootarg("ktest_inject", name, sizeof(name)))
		inj_main();
	if (kt_bootarg("ktest_bench", name, sizeof(name)))
		kt_exit(!kt_bench(name));
	kt_bootarg("ktest", pattern, sizeof(pattern));
	for (kt = __link_set_start(kern_tests); kt < __link_set_end(kern_tests);
	     kt++) {
		if (!kt_matches((*kt)->kt_name, pattern))
			continue;
		printf("# %s: %s\n", (*kt)->kt_name, (*kt)->kt_what);
		n[kt_run(*kt)]++;
	}
	printf("%u passed, %u failed, %u skipped\n", n[KT_PASSED],
	    n[KT_FAILED], n[KT_SKIPPED]);
	kt_exit(n[KT_FAILED] != 0 || n[KT_PASSED] == 0);
}
BOOT_HOOK(kt_main);
