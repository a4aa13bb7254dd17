/*
 * The causes of unclaimed NMIs and what masks them, with a model of port
 * 0x61.  The policy is "log" throughout.
 *
 * What counts as one event, or as a storm, is a matter of a second, which the
 * host may take away: such a round is done again.
 */

#include <sys/sysctl.h>
#include <x86/nmi_cause.h>
#include "nmitest.h"
#include "simport.h"

#define BOTH	(NMISC_SERR | NMISC_IOCHK)
#define OFF	(NMISC_SERR_OFF | NMISC_IOCHK_OFF)
#define ROUNDS	3
#define LIMIT	3
#define TRIES	1000

static const char *const policies[] = {
	"machdep.nmi.unknown", "machdep.nmi.serr", "machdep.nmi.iochk"
};

static void
nc_set(const char *name, const char *value)
{
	char err[SYSCTL_ERRLEN];

	KT_CHECK(sysctl_set_text(name, value, err, sizeof(err)) == 0);
}

static void
nc_begin(const char *storm)
{
	for (u_int i = 0; i < __arraycount(policies); i++)
		nc_set(policies[i], "log");
	nc_set("machdep.nmi.storm", storm);
	nmi_event_everybody();		/* in the event of an earlier test */
	simport_set(SIMPORT_ON);
}

/* As a boot leaves it. */
static void
nc_end(void)
{
	simport_set(SIMPORT_OFF);
	nmi_unmask();
	for (u_int i = 0; i < __arraycount(policies); i++)
		nc_set(policies[i], "ddb");
	nc_set("machdep.nmi.storm", "100");
}

static u_int
nc_why(const struct cpu_info *ci)
{
	return ci->ci_nmi.nc_entry->le_why;
}

static u_int
nc_bit(enum nmi_cause cause)
{
	return 1U << (NMI_LOG_CAUSE + cause);
}

/* A device asserts its line, and every CPU takes the NMI at once. */
static bool
nc_fire(uint8_t bits)
{
	uint64_t before = nt_unclaimed();
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	if (!simport_fire(bits) ||
	    !KT_SPIN(nt_unclaimed() == before + (uint64_t)ncpu))
		return false;
	for (CPU_INFO_FOREACH(cii, ci))
		if (!KT_SPIN(!nmi_in_progress(ci)))
			return false;
	return true;
}

/*
 * One CPU alone, for an event of its own: this thread may have been moved
 * since the last one.  => why, as it was logged.
 */
static u_int
nc_self(uint8_t bits)
{
	int s = splhigh();
	u_int why;

	nmi_event_everybody();
	KT_CHECK(bits == 0 || simport_raise(bits));
	KT_CHECK(nt_self());
	why = nc_why(curcpu());
	splx(s);
	return why;
}

KTEST(nmi_port_rearm, "SERR# and IOCHK# fire again and again: each is acknowledged and re-armed")
{
	static const uint8_t causes[] = { NMISC_SERR, NMISC_IOCHK, BOTH };

	nc_begin("0");
	nmi_port_write(3);		/* timer and speaker are not ours */
	for (u_int i = 0; i < __arraycount(causes) * ROUNDS; i++) {
		simport_writes = 0;
		KT_CHECK(nc_fire(causes[i / ROUNDS]));
		KT_CHECK(simport_writes == 2);
		KT_CHECK(nmi_port_read() == 3);
	}
	nc_end();
}

KTEST(nmi_port_unknown, "an NMI without a bit in the port is unknown, and nothing is written")
{
	nc_begin("0");
	KT_CHECK(nc_self(0) == nc_bit(NMI_UNKNOWN));
	simport_set(SIMPORT_NONE);
	KT_CHECK(nc_self(0) == nc_bit(NMI_UNKNOWN));
	KT_CHECK(simport_writes == 0 && simport_reads != 0);
	nc_end();
}

KTEST(nmi_port_both, "of two causes at once the one that stops the machine is taken")
{
	struct nmi_event ev;
	int s;

	nc_begin("0");
	s = splhigh();
	KT_CHECK(simport_raise(BOTH));
	nmi_event_new(&ev, nmi_clock());
	KT_CHECK(ev.ev_cause == NMI_IOCHK && ev.ev_port == BOTH);
	splx(s);
	nc_set("machdep.nmi.serr", "panic");
	s = splhigh();
	KT_CHECK(simport_raise(BOTH));
	nmi_event_new(&ev, nmi_clock());
	KT_CHECK(ev.ev_cause == NMI_SERR && ev.ev_port == BOTH);
	splx(s);
	nc_end();
}

/* True if all took it within the second of the event. */
static bool
nc_round(bool at_once)
{
	u_int start = nmi_clock();
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	simport_set(SIMPORT_ON);
	nmi_event_everybody();		/* a round that was too slow leaves one begun */
	if (at_once) {
		KT_CHECK(nc_fire(NMISC_SERR));
	} else {
		KT_CHECK(simport_raise(NMISC_SERR));
		for (CPU_INFO_FOREACH(cii, ci))
			KT_CHECK(nt_send(ci));
	}
	return nmi_clock() - start < NMI_CLOCK_SECOND;
}

/* Its event is over for every CPU but this one. */
static void
nc_one_reader(bool at_once)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	nc_begin("0");
	for (u_int i = 0; i < ROUNDS; i++) {
		KT_ASSERT(KT_SPIN(nc_round(at_once)));
		KT_CHECK(simport_reads == 1);
		for (CPU_INFO_FOREACH(cii, ci))
			KT_CHECK(nc_why(ci) == nc_bit(NMI_SERR));
	}
	nc_end();
}

KTEST(nmi_one_reader, "one CPU reads the port for all that an NMI hits at once, and the log names the cause on each")
{
	nc_one_reader(true);
}

KTEST(nmi_one_reader_late, "the same, and the others take it when the first has long gone on")
{
	nc_one_reader(false);
}

KTEST(nmi_event_again, "a second NMI of the CPU that answered is a new event")
{
	int s;

	nc_begin("0");
	s = splhigh();			/* on one CPU all the time */
	KT_CHECK(nc_self(NMISC_SERR) == nc_bit(NMI_SERR));
	KT_CHECK(simport_reads == 1);
	KT_CHECK(nt_self());
	KT_CHECK(simport_reads == 2 && nc_why(curcpu()) == nc_bit(NMI_UNKNOWN));
	splx(s);
	nc_end();
}

KTEST(nmi_cause_named, "a cause that a handler notes is named by its bit, the same for the same name")
{
	uint32_t bit = nmi_cause_add("test");
	u_int i = 0;

	KT_ASSERT(bit != 0);
	KT_CHECK(nmi_cause_add("test") == bit);
	while (1U << i != bit)
		i++;
	KT_CHECK(strcmp(nmi_cause_bit(i), "test") == 0);
	KT_CHECK(nmi_cause_bit(32) == NULL);
	KT_CHECK(strcmp(nmi_cause_name(NMI_IOCHK), "IOCHK") == 0);
}

/* More than the limit in a second; false: a second was over in between. */
static bool
nc_storm(uint8_t bits)
{
	for (u_int i = 0; i <= LIMIT; i++) {
		(void)nc_self(bits);
		if (nmi_quarantined(bits == NMISC_SERR ? NMI_SERR :
		    bits == NMISC_IOCHK ? NMI_IOCHK : NMI_UNKNOWN))
			return true;
	}
	return false;
}

static void
nc_storm_port(uint8_t bits, uint8_t off)
{
	uint8_t others = BOTH & (uint8_t)~bits;

	nc_begin("3");
	KT_ASSERT(KT_SPIN(nc_storm(bits)));
	KT_CHECK((nmi_port_read() & (BOTH | OFF)) == off);
	KT_CHECK(!simport_raise(bits));
	nc_set("machdep.nmi.storm", "0");
	for (u_int i = 0; i < ROUNDS; i++)
		KT_CHECK(nc_self(others) != 0);
	KT_CHECK((nmi_port_read() & (BOTH | OFF)) == off);
	nmi_unmask();
	KT_CHECK((nmi_port_read() & (BOTH | OFF)) == 0);
	KT_CHECK(nc_self(bits) != 0);
	nc_end();
}

KTEST(nmi_storm_serr, "a storm of SERR# is masked at the port, IOCHK# goes on, and unmask lets it in")
{
	nc_storm_port(NMISC_SERR, NMISC_SERR_OFF);
}

KTEST(nmi_storm_iochk, "the same with IOCHK# and SERR#")
{
	nc_storm_port(NMISC_IOCHK, NMISC_IOCHK_OFF);
}

static bool
nc_lint1(u_int masked)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	for (CPU_INFO_FOREACH(cii, ci))
		if (ci->ci_nmi.nc_lint1_masked != masked)
			return false;
	return true;
}

KTEST(nmi_storm_lint1, "a storm of unknown cause masks LINT1 on every CPU, and unmask opens it")
{
	nc_begin("3");
	KT_ASSERT(KT_SPIN(nc_storm(0)));
	KT_CHECK(KT_WAIT(nc_lint1(1)));
	nmi_unmask();
	KT_CHECK(KT_WAIT(nc_lint1(0)));
	KT_CHECK(!nmi_quarantined(NMI_UNKNOWN));
	nc_end();
}

/* It does not get into the debugger, where nobody would answer here. */
KTEST(nmi_storm_unmaskable, "what is masked and comes all the same is logged, whatever the policy")
{
	uint64_t before;

	nc_begin("3");
	KT_ASSERT(KT_SPIN(nc_storm(0)));
	nc_set("machdep.nmi.unknown", "ddb");
	before = nt_unclaimed();
	for (u_int i = 0; i < ROUNDS; i++)
		(void)nc_self(0);
	KT_CHECK(nt_unclaimed() == before + ROUNDS);
	nc_end();
}

/* A CPU that was asked to mask while it could not, masks at its next NMI. */
KTEST(nmi_storm_follows, "a CPU with interrupts off masks its LINT1 at its next unclaimed NMI")
{
	struct cpu_info *ci;
	int s;

	nc_begin("3");
	KT_ASSERT(KT_SPIN(nc_storm(0)));
	KT_CHECK(KT_WAIT(nc_lint1(1)));
	s = splhigh();
	ci = curcpu();
	ci->ci_nmi.nc_lint1_masked = 0;	/* as if it were open */
	(void)nc_self(0);
	KT_CHECK(ci->ci_nmi.nc_lint1_masked == 1);
	splx(s);
	nc_end();
}

KTEST(nmi_storm_off, "with machdep.nmi.storm=0 nothing is ever masked")
{
	nc_begin("0");
	for (u_int i = 0; i < TRIES; i++)
		(void)nc_self(0);
	KT_CHECK(!nmi_quarantined(NMI_UNKNOWN));
	nc_end();
}

/* The limit is of a second, not of a life. */
KTEST(nmi_storm_slow, "as many as the limit in a second are no storm, however many seconds")
{
	struct nmi_event ev = { .ev_cause = NMI_SERR, .ev_when = nmi_clock() };

	nc_begin("3");
	for (u_int i = 0; i < 33 * LIMIT; i++) {
		if (i % LIMIT == 0)
			ev.ev_when += NMI_CLOCK_SECOND;
		KT_CHECK(!nmi_storm(&ev));
	}
	KT_CHECK(nmi_storm(&ev));
	KT_CHECK(!nmi_storm(&ev));	/* said once */
	nc_end();
}
