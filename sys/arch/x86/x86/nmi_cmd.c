/*
 * The operator's commands "nmi", "nmi log", "nmi send" and "nmi unmask", and
 * the counters as event counters.  Thread context; counts of other CPUs are
 * read as they stand.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/console.h>
#include <sys/evcnt.h>

#include <machine/cpu.h>
#include <machine/db_machdep.h>
#include <machine/frame.h>

#include <x86/cpuvar.h>
#include <x86/nmivar.h>

static void
show_handler(const struct nmi_account *na, void *arg)
{
	uint64_t calls = 0, claims = 0, cycles = 0;
	char name[64], max[24] = "-";
	db_print_t *prp = arg, pr = *prp;

	for (int i = 0; i < ncpu; i++) {
		calls += na->na_slot[i].ns_calls.ev_count;
		claims += na->na_slot[i].ns_claims.ev_count;
		cycles = MAX(cycles, na->na_slot[i].ns_maxcycles);
	}
	if (nmi_timing)
		snprintf(max, sizeof(max), "%lu", cycles);
	pr("%-28s  %-18p  %8lu  %8lu  %9s\n",
	    nmi_handler_name(name, sizeof(name), na->na_func), na->na_arg,
	    calls, claims, max);
}

static void
show_cpu(const struct cpu_info *ci, db_print_t pr)
{
	const struct nmi_cpu *nc = &ci->ci_nmi;

	pr("%s: %lu taken, %lu latched, %lu absorbed, %lu unclaimed\n",
	    cpu_name(ci), nc->nc_taken.ev_count, nmi_latched(ci),
	    nc->nc_absorbed.ev_count, nc->nc_unclaimed.ev_count);
}

void
nmi_show(db_print_t pr)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	pr("%-28s  %-18s  %8s  %8s  %9s\n",
	    "HANDLER", "ARG", "CALLS", "CLAIMS", "MAXCYCLES");
	nmi_account_foreach(show_handler, &pr);
	for (CPU_INFO_FOREACH(cii, ci))
		show_cpu(ci, pr);
	nmi_storm_show(pr);
}

/* Who claimed it, if anybody did. */
static const char *
claimed_by(const struct nmi_log_entry *le, bool running, char *buf, size_t len)
{
	if (le->le_claimer != NULL)
		return nmi_handler_name(buf, len, le->le_claimer);
	return running ? "nobody yet" : "unclaimed";
}

/* ", ping, SERR": what is known of why it came. */
static const char *
causes(uint32_t why, char *buf, size_t len)
{
	const char *name;

	buf[0] = '\0';
	for (u_int i = 0; (name = nmi_cause_bit(i)) != NULL; i++)
		if (why & 1U << i) {
			strlcat(buf, ", ", len);
			strlcat(buf, name, len);
		}
	return buf;
}

static void
show_entry(const struct cpu_info *ci, const struct nmi_log_entry *le, bool running)
{
	char where[80], buf[64], why[80];
	uint64_t tsc = (uint64_t)le->le_tsc[1] << 32 | le->le_tsc[0];
	uint64_t ms = tsc / (tsc_freq / 1000);

	printf_nolog("%7lu.%03lu  %-5s  ring %u  %-36s  %s%s%s\n",
	    ms / 1000, ms % 1000, cpu_name(ci), le->le_cs & 3,
	    ksyms_format(where, sizeof(where), le->le_rip),
	    claimed_by(le, running, buf, sizeof(buf)),
	    causes(le->le_why, why, sizeof(why)),
	    running ? ", still running" : "");
}

/* Oldest first; an NMI meanwhile may replace what is being shown. */
static int
nmi_log(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	printf_nolog("%11s  %-5s  %-6s  %-36s  %s\n", "TIME", "CPU", "RING", "AT", "CLAIMED BY");
	for (CPU_INFO_FOREACH(cii, ci)) {
		const struct nmi_log_entry *le = ci->ci_nmi.nc_entry->le_next;

		for (int i = 0; i < NMI_LOG_SIZE; i++, le = le->le_next) {
			struct nmi_log_entry copy = *le;

			if (copy.le_tsc[0] == 0 && copy.le_tsc[1] == 0)
				continue;
			if (console_interrupted())
				return 0;
			show_entry(ci, &copy, le == ci->ci_nmi.nc_entry &&
			    nmi_in_progress(ci));
		}
	}
	return 0;
}

static void
nmi_late(struct cpu_info *ci)
{
	printf_nolog("nmi: %s: no NMI arrived in %d ms\n", cpu_name(ci),
	    NMI_PING_MS);
}

static int
nmi_send(const char *to)
{
	struct cpu_info *ci;

	if (strcmp(to, "all") == 0) {
		nmi_ping_all(true, nmi_late);
		return 0;
	}
	if (strcmp(to, "self") == 0)
		ci = curcpu();
	else if (console_cpu_arg("nmi", to, &ci) != 0)
		return 0;
	if (!nmi_ping(ci))
		nmi_late(ci);
	return 0;
}

static int
cmd_nmi(int argc, char **argv)
{
	if (argc == 1) {
		nmi_show(printf_nolog);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "log") == 0)
		return nmi_log();
	if (argc == 3 && strcmp(argv[1], "send") == 0)
		return nmi_send(argv[2]);
	if (argc == 2 && strcmp(argv[1], "unmask") == 0) {
		nmi_unmask();
		return 0;
	}
	return EINVAL;
}

CONSOLE_COMMAND(nmi, cmd_nmi, "[log | send CPU|all|self | unmask]",
    "handlers, log, send one, end quarantine");

/* Once the CPUs are there. */
void
nmi_cmd_init(void)
{
	struct cpu_info *ci;
	CPU_INFO_ITERATOR cii;

	nmi_account_init();
	for (CPU_INFO_FOREACH(cii, ci)) {
		struct nmi_cpu *nc = &ci->ci_nmi;
		const struct {
			struct evcnt *ev;
			const char *name;
		} counters[] = {
			{ &nc->nc_taken, "nmi taken" },
			{ &nc->nc_latched, "nmi latched" },
			{ &nc->nc_absorbed, "nmi absorbed" },
			{ &nc->nc_unclaimed, "nmi unclaimed" },
			{ &nc->nc_defer_lost, "nmi_defer overflow" },
			{ &nc->nc_print_lost, "nmi_printf overflow" },
		};

		for (size_t i = 0; i < __arraycount(counters); i++) {
			/* What was counted during boot stays. */
			evcnt_attach_dynamic_nozero(counters[i].ev,
			    EVCNT_TYPE_MISC, NULL, cpu_name(ci),
			    counters[i].name);
		}
	}
}
