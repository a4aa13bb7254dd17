/*
 * What stands in for the rest of the kernel: one thread, CPUs that are
 * records, mutexes that know whether they are held, a console in memory.
 * Functions and variables are weak, for a test that brings the real ones.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/cons.h>
#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/mutex.h>
#include <machine/pmap.h>
#include "unit.h"

#define NHELD	16

struct cpu_info unit_cpus[UNIT_NCPU];
__thread struct cpu_info *unit_cpu = &unit_cpus[0];
struct cpu_info *cpu_infos[MAXCPUS];
int ncpu = UNIT_NCPU;

bool unit_panic_expected;
char unit_panic_text[512];
char unit_console[65536];
void (*unit_cnputc_hook)(int);
void (*unit_kpause_hook)(void);
volatile uint64_t unit_clock, unit_clock_step;
volatile u_long unit_pauses;
__thread int unit_spl;
char *unit_ram;
void *(*unit_phys)(paddr_t);

__weak bool cold;
__weak const char *volatile panicstr;
__weak volatile int hardclock_ticks;
__weak struct lwp lwp0 = { .l_name = "unit" };

static size_t console_len;
static kmutex_t *held[NHELD];
static u_int nheld;

void
unit_shim_reset(void)
{
	memset(unit_cpus, 0, sizeof(unit_cpus));
	for (u_int i = 0; i < UNIT_NCPU; i++) {
		unit_cpus[i].ci_cpuid = i;
		unit_cpus[i].ci_curlwp = &lwp0;
		unit_cpus[i].ci_running = true;
		cpu_infos[i] = &unit_cpus[i];
	}
	unit_cpu = &unit_cpus[0];
	ncpu = UNIT_NCPU;
	lwp0.l_cpu = unit_cpu;
	lwp0.l_nopreempt = 0;
	unit_panic_expected = false;
	unit_cnputc_hook = NULL;
	unit_kpause_hook = NULL;
	unit_pauses = 0;
	unit_clock_step = 1000;
	unit_spl = 0;
	console_len = 0;
	unit_console[0] = '\0';
	nheld = 0;
	cold = false;
}

bool
unit_contains(const char *text, const char *part)
{
	for (; *text != '\0'; text++)
		if (strncmp(text, part, strlen(part)) == 0)
			return true;
	return *part == '\0';
}

/* Panic: what was held is let go, so that the test can go on. */

static void
release_all(void)
{
	while (nheld > 0)
		held[--nheld]->mtx_owner = 0;
	for (u_int i = 0; i < UNIT_NCPU; i++)
		unit_cpus[i].ci_data.cpu_mtx_count = 0;
	unit_spl = 0;
}

__weak void
vpanic(const char *fmt, va_list ap)
{
	vsnprintf(unit_panic_text, sizeof(unit_panic_text), fmt, ap);
	release_all();
	if (!unit_panic_expected)
		unit_fail("panic: %s", unit_panic_text);
	unit_panic_expected = false;
	unit_longjmp(unit_panic_env);
}

__weak void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vpanic(fmt, ap);
	va_end(ap);
}

__weak void
kern_assert(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vpanic(fmt, ap);
	va_end(ap);
}

/* Time, interrupts and preemption. */

__weak uint64_t
uptime_us(void)
{
	return unit_clock += unit_clock_step;
}

__weak int
splhigh(void)
{
	int s = !unit_spl;

	unit_spl = 1;
	return s;
}

__weak void
splx(int s)
{
	if (s != 0)
		unit_spl = 0;
}

__weak void
kpreempt_disable(void)
{
	lwp0.l_nopreempt++;
}

__weak void
kpreempt_enable(void)
{
	lwp0.l_nopreempt--;
}

__weak void
assert_sleepable(void)
{
	bool spin = false;

	for (u_int i = 0; i < nheld; i++)
		spin = spin || held[i]->mtx_kind == MUTEX_KIND_SPIN;
	if (cpu_intr_p() || spin || lwp0.l_nopreempt != 0)
		panic("assert_sleepable: would sleep");
}

__weak int
kpause(const char *wmesg __unused, bool intr __unused, int timo __unused,
    kmutex_t *mtx __unused)
{
	if (unit_kpause_hook == NULL)
		unit_fail("kpause: would sleep forever");
	(*unit_kpause_hook)();
	return EWOULDBLOCK;
}

/* Mutexes: with one thread, to wait is to wait forever. */

__weak void
mutex_init(kmutex_t *mtx, kmutex_type_t type, int ipl)
{
	mtx->mtx_owner = 0;
	mtx->mtx_ipl = (uint8_t)ipl;
	mtx->mtx_kind = type == MUTEX_SPIN || ipl > IPL_SOFTSERIAL ?
	    MUTEX_KIND_SPIN : MUTEX_KIND_ADAPTIVE;
}

__weak void
mutex_destroy(kmutex_t *mtx)
{
	if (mtx->mtx_owner != 0)
		panic("mutex_destroy: held");
	mtx->mtx_kind = MUTEX_KIND_DEAD;
}

__weak void
mutex_enter(kmutex_t *mtx)
{
	if (mtx->mtx_kind != MUTEX_KIND_SPIN &&
	    mtx->mtx_kind != MUTEX_KIND_ADAPTIVE)
		panic("mutex_enter: not initialized");
	if (mtx->mtx_owner != 0)
		panic("mutex_enter: locking against myself");
	if (nheld == NHELD)
		panic("mutex_enter: %u held", nheld);
	mtx->mtx_owner = 1;
	held[nheld++] = mtx;
}

__weak void
mutex_exit(kmutex_t *mtx)
{
	u_int i;

	for (i = 0; i < nheld && held[i] != mtx; i++)
		continue;
	if (i == nheld)
		panic("mutex_exit: not held");
	held[i] = held[--nheld];
	mtx->mtx_owner = 0;
}

__weak int
mutex_tryenter(kmutex_t *mtx)
{
	if (mtx->mtx_owner != 0)
		return 0;
	mutex_enter(mtx);
	return 1;
}

__weak int
mutex_owned(const kmutex_t *mtx)
{
	return mtx->mtx_owner != 0;
}

__weak void
mutex_spin_enter(kmutex_t *mtx)
{
	if (mtx->mtx_kind != MUTEX_KIND_SPIN)
		panic("mutex_spin_enter: not a spin mutex");
	mutex_enter(mtx);
}

__weak void
mutex_spin_exit(kmutex_t *mtx)
{
	mutex_exit(mtx);
}

/* The console. */

__weak void
cnputc(int c)
{
	if (console_len < sizeof(unit_console) - 1) {
		unit_console[console_len++] = (char)c;
		unit_console[console_len] = '\0';
	}
	if (unit_cnputc_hook != NULL)
		(*unit_cnputc_hook)(c);
}

__weak void
cnwrite(const char *text, size_t len)
{
	while (len-- > 0)
		cnputc(*text++);
}

void
cnfreshline(void)
{
	if (console_len > 0 && unit_console[console_len - 1] != '\n')
		cnputc('\n');
}

static void
put_cnputc(int c, void *arg __unused)
{
	cnputc(c);
}

__weak void
vprintf(const char *fmt, va_list ap)
{
	(void)kvprintf(put_cnputc, NULL, fmt, ap);
}

__weak void
printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}
