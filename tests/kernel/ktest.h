/*
 * In-kernel tests.  A test is an entry of a link set:
 *
 *	KTEST(mutex_tryenter, "fails while another thread has the mutex")
 *	{
 *		KT_ASSERT(...);
 *	}
 *
 * It runs in a thread of priority PRI_KERNEL, after boot.  Threads it makes
 * use static data: a test that fails returns without waiting for them.
 * Time is counted in ticks and only ever bounded from above by KT_PATIENCE,
 * since the host may take any CPU away for long.
 *
 * A test that lacks what it needs says KT_SKIP("what"): counted as skipped.
 *
 * A death is an action that must end in a panic, one a boot:
 * ktest_die=NAME on the command line.
 */

#ifndef _TESTS_KERNEL_KTEST_H_
#define _TESTS_KERNEL_KTEST_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lwp.h>
#include <machine/intr.h>
#include <machine/lock.h>

#define KT_PATIENCE	(60 * hz)

struct ktest {
	const char *kt_name;
	const char *kt_what;
	void (*kt_func)(void);
};
__link_set_decl(kern_tests, const struct ktest);

struct kdeath {
	const char *kd_name;
	const char *kd_what;
	void (*kd_func)(void);
};
__link_set_decl(kern_deaths, const struct kdeath);

#define KTEST(name, what) \
	static void kt_##name(void); \
	static const struct ktest ktest_##name = { #name, what, kt_##name }; \
	__link_set_add_data(kern_tests, ktest_##name); \
	static void kt_##name(void)

#define KDEATH(sym, name, what) \
	static void kd_##sym(void); \
	static const struct kdeath kdeath_##sym = { name, what, kd_##sym }; \
	__link_set_add_data(kern_deaths, kdeath_##sym); \
	static void kd_##sym(void)

/* Any thread; the first failure of a test is the one reported. */
void kt_fail(const char *file, int line, const char *what);

/* In the test's own function: it ends here, counted as skipped. */
void kt_skip(const char *why);
#define KT_SKIP(why) do { \
	kt_skip(why); \
	return; \
} while (0)

#define KT_CHECK(e) \
	((e) ? (void)0 : kt_fail(__FILE__, __LINE__, #e))
#define KT_ASSERT(e) do { \
	if (!(e)) { \
		kt_fail(__FILE__, __LINE__, #e); \
		return; \
	} \
} while (0)

/* Sleep until it is so; true if it ever is. */
#define KT_WAIT(e) ({ \
	int kt_start_ = getticks(); \
	bool kt_ok_; \
	while (!(kt_ok_ = (e)) && !kt_timeout(kt_start_)) \
		kpause("ktest", false, 1, NULL); \
	kt_ok_; \
})
/* The same, spinning. */
#define KT_SPIN(e) ({ \
	uint64_t kt_start_ = uptime_us(); \
	bool kt_ok_; \
	while (!(kt_ok_ = (e)) && \
	    uptime_us() - kt_start_ < (uint64_t)KT_PATIENCE * (1000000 / hz)) \
		SPINLOCK_BACKOFF_HOOK; \
	kt_ok_; \
})
bool kt_timeout(int start);

/* Threads that are joined: at most KT_THREADS at a time. */
#define KT_THREADS	64
void kt_thread(pri_t, struct cpu_info *, void (*)(void *), void *);
void kt_threads_join(void);
struct lwp *kt_lwp(u_int);	/* the n-th since the last join */

/* For a command of the console, which is no KTEST: forget, and tell, what failed. */
void kt_begin(void);
bool kt_verdict(const char *);

/* bench_nmi.c; false: no such benchmark, or it failed. */
bool kt_bench(const char *);
bool bench_watchdog(void);	/* bench_watchdog.c */

static inline bool
kt_intr_on(void)
{
	int s = splhigh();

	splx(s);
	return s != 0;
}

#endif
