/*
 * The half of the harness that belongs to the host: main(), the lines
 * printed, memory.  The names it shares with unit.h are plain C.
 */

#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#define INTERRUPT_US	200
#define STATUS_FAILED	2	/* a sanitizer's is 1; run.sh knows */

void unit_main(void);
void unit_shim_reset(void);
void unit_longjmp(void *) __attribute__((__noreturn__));
void unit_run(const char *, void (*)(void));
void unit_fail(const char *, ...) __attribute__((__noreturn__));
void *unit_memory(size_t);
unsigned int unit_random(void);
void unit_thread(void (*)(void *), void *);
void unit_join(void);
void unit_interrupt(void (*)(void));

extern long unit_panic_env[40];
long unit_panic_env[40];
_Static_assert(sizeof(jmp_buf) <= sizeof(unit_panic_env), "see unit.h");

static const char *program, *only;
static jmp_buf test_env;
static char why[1024];		/* empty: the test has not failed */
static int nrun, nfailed;
static unsigned int seed;

static pthread_t thread;
static void (*thread_func)(void *);
static void (*interrupt_func)(void);

void
unit_longjmp(void *env)
{
	longjmp(env, 1);
}

void
unit_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	longjmp(test_env, 1);
}

void
unit_run(const char *name, void (*func)(void))
{
	if (only != NULL && strcmp(only, name) != 0)
		return;
	nrun++;
	why[0] = '\0';
	seed = 1;
	unit_shim_reset();
	if (setjmp(test_env) == 0)
		(*func)();
	if (why[0] == '\0') {
		printf("ok %s.%s\n", program, name);
		return;
	}
	nfailed++;
	printf("not ok %s.%s: %s\n", program, name, why);
}

void *
unit_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

unsigned int
unit_random(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 8;
}

static void *
thread_main(void *arg)
{
	(*thread_func)(arg);
	return NULL;
}

void
unit_thread(void (*func)(void *), void *arg)
{
	thread_func = func;
	if (pthread_create(&thread, NULL, thread_main, arg) != 0) {
		perror("pthread_create");
		exit(1);
	}
}

void
unit_join(void)
{
	pthread_join(thread, NULL);
}

static void
interrupted(int sig)
{
	(void)sig;
	(*interrupt_func)();
}

void
unit_interrupt(void (*func)(void))
{
	struct itimerval period = { .it_interval.tv_usec = INTERRUPT_US,
		.it_value.tv_usec = INTERRUPT_US };
	const struct itimerval never = { .it_interval.tv_usec = 0 };

	if (func != NULL) {
		interrupt_func = func;
		signal(SIGALRM, interrupted);
	}
	setitimer(ITIMER_REAL, func == NULL ? &never : &period, NULL);
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	program = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	only = argc > 1 ? argv[1] : NULL;
	unit_main();
	if (nrun == 0)
		printf("not ok %s: no such test\n", program);
	return nrun == 0 || nfailed != 0 ? STATUS_FAILED : 0;
}
