/*
 * The nodes that belong to no subsystem in particular: what the kernel is,
 * what it runs on, how much it has.  Others live beside their variables.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bootinfo.h>
#include <sys/evcnt.h>
#include <sys/kernel.h>
#include <sys/kmem.h>
#include <sys/msgbuf.h>
#include <sys/page.h>
#include <sys/panic.h>
#include <sys/sysctl.h>
#include <sys/vers.h>

#include <machine/cpu.h>

#define EVCNT_TEXT 65536	/* bytes: a line is about 40, a CPU has some ten */

#define SYSRQ_DEFAULT	438	/* Linux's bits: most, but no signals and no debugging */
#define SYSRQ_ALL	0x1ff

#define RO	CTLFLAG_READONLY
#define RW	CTLFLAG_READWRITE

/* A string that is there from the start and never changes. */
#define STRING_NODE(sym, name, data, size, descr) \
	SYSCTL_NODE(sym, name, CTLTYPE_STRING, RO, descr, \
	    .sn_data = __UNCONST(data), .sn_size = (size))
/* A number that somebody else counts. */
#define VIEW_NODE(sym, name, get, descr) \
	SYSCTL_NODE(sym, name, CTLTYPE_QUAD, RO, descr, .sn_get = (get))

static const char machine[] = "amd64";
static const char machine_arch[] = "x86_64";
static const int64_t base_hz = hz;
static const int64_t base_pagesize = PAGE_SIZE;

static void
get_ncpuonline(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	CPU_INFO_ITERATOR cii;
	struct cpu_info *ci;

	for (CPU_INFO_FOREACH(cii, ci))
		v->sv_num += ci->ci_running;
}

static void
get_physmem(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = (int64_t)(page_total_count() * PAGE_SIZE);
}

static void
get_freepages(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = (int64_t)page_free_count();
}

static void
get_kmem(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = (int64_t)kmem_inuse();
}

static void
get_uptime(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = (int64_t)(uptime_us() / 1000000);
}

static void
get_msgbuf(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	(void)msgbuf_copy(v->sv_str, v->sv_size);
}

/* One line a counter; those that do not fit are left out. */
static void
put_evcnt(const struct evcnt *ev, void *arg)
{
	struct sysctl_value *v = arg;
	int n;

	n = snprintf(v->sv_str, v->sv_size, "%s %s %lu\n", ev->ev_group,
	    ev->ev_name, ev->ev_count);
	if ((size_t)n >= v->sv_size) {
		*v->sv_str = '\0';
		v->sv_size = 0;
		return;
	}
	v->sv_str += n;
	v->sv_size -= (size_t)n;
}

static void
get_evcnt(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	evcnt_foreach(EVCNT_TYPE_ANY, put_evcnt, v);
}

/* Kept for whoever reads sysctl.conf as Linux does; no key is served yet. */
static int sysrq_mask = SYSRQ_DEFAULT;
SYSCTL_NODE(sysrq, "kernel.sysrq", CTLTYPE_INT, RW,
    "Linux's mask of SysRq functions; this kernel has none of them",
    .sn_data = &sysrq_mask, .sn_max = SYSRQ_ALL);

SYSCTL_NODE(panic, "kernel.panic", CTLTYPE_INT, RW,
    "seconds from panic to reboot; 0 stay halted, -1 at once",
    .sn_data = &panic_timeout, .sn_min = -1, .sn_max = INT_MAX);

STRING_NODE(ostype, "kern.ostype", ostype, 32, "name of the system");
STRING_NODE(osrelease, "kern.osrelease", osrelease, 32, "release");
STRING_NODE(version, "kern.version", version, 128, "the banner");
STRING_NODE(buildid, "kern.buildid", buildid, 64,
    "of the image, from the linker");
STRING_NODE(cmdline, "kern.cmdline", bootinfo.bi_cmdline, BOOT_CMDLINE,
    "from the boot loader");
SYSCTL_NODE(hz, "kern.hz", CTLTYPE_QUAD, RO, "clock ticks a second",
    .sn_data = __UNCONST(&base_hz));
VIEW_NODE(uptime, "kern.uptime", get_uptime, "seconds since boot");
SYSCTL_NODE(msgbuf, "kern.msgbuf", CTLTYPE_STRING, RO | CTLFLAG_LONG,
    "the message buffer", .sn_size = MSGBUF_SIZE + 1, .sn_get = get_msgbuf);
SYSCTL_NODE(evcnt, "kern.evcnt", CTLTYPE_STRING, RO | CTLFLAG_LONG,
    "event counters", .sn_size = EVCNT_TEXT, .sn_get = get_evcnt);

STRING_NODE(machine, "hw.machine", machine, sizeof(machine),
    "machine class");
STRING_NODE(machine_arch, "hw.machine_arch", machine_arch,
    sizeof(machine_arch), "CPU class");
STRING_NODE(model, "hw.model", cpu_info_primary.ci_model,
    sizeof(cpu_info_primary.ci_model), "boot CPU");
SYSCTL_NODE(ncpu, "hw.ncpu", CTLTYPE_INT, RO, "CPUs found", .sn_data = &ncpu);
VIEW_NODE(ncpuonline, "hw.ncpuonline", get_ncpuonline, "CPUs running");
VIEW_NODE(physmem, "hw.physmem", get_physmem, "bytes of memory");
SYSCTL_NODE(pagesize, "hw.pagesize", CTLTYPE_QUAD, RO, "bytes of a page",
    .sn_data = __UNCONST(&base_pagesize));

VIEW_NODE(freepages, "vm.freepages", get_freepages, "free pages");
VIEW_NODE(kmem_inuse, "vm.kmem_inuse", get_kmem, "bytes handed out by kmem");
