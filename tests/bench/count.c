/*
 * A plugin of QEMU: how many instructions a CPU of the guest executes from
 * one address to another.  On the host, built by bench.py.
 *
 *	-plugin count.so,out=F,start=A[,start=A],NAME=B:N ...
 *
 * When a CPU executes B for the Nth time since it executed the last A, a
 * line "NAME CPU COUNT" goes to F.  Addresses are those of functions: whole
 * blocks of code are counted as they are entered, so a block that a trap
 * leaves early counts too much.
 *
 * QEMU's own header is seldom installed; these are its prototypes, version 1.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT	__attribute__((visibility("default")))

typedef uint64_t plugin_id_t;
struct qemu_plugin_tb;
enum { CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id_t,
    void (*)(plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *,
    void (*)(unsigned int, void *), int, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
EXPORT int qemu_plugin_install(plugin_id_t, const void *, int, char **);

EXPORT int qemu_plugin_version = 1;

#define MARKS	8
#define CPUS	64

static struct mark {
	char m_name[32];
	uint64_t m_address;
	unsigned long m_times;
} starts[MARKS], marks[MARKS];

/* Each is touched by the thread of its CPU alone. */
static struct {
	uint64_t c_count, c_start;
	unsigned long c_seen[MARKS];
	bool c_started;
} cpus[CPUS];

static FILE *out;

static void
count(unsigned int cpu, void *insns)
{
	cpus[cpu].c_count += (uintptr_t)insns;
}

static void
start(unsigned int cpu, void *arg)
{
	(void)arg;
	cpus[cpu].c_start = cpus[cpu].c_count;
	cpus[cpu].c_started = true;
	memset(cpus[cpu].c_seen, 0, sizeof(cpus[cpu].c_seen));
}

static void
reached(unsigned int cpu, void *arg)
{
	const struct mark *m = arg;

	if (cpus[cpu].c_started && ++cpus[cpu].c_seen[m - marks] == m->m_times) {
		fprintf(out, "%s %u %llu\n", m->m_name, cpu,
		    (unsigned long long)(cpus[cpu].c_count - cpus[cpu].c_start));
		fflush(out);
	}
}

/* The marks first: their own block is not counted yet. */
static void
translated(plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);

	(void)id;
	for (int i = 0; i < MARKS; i++) {
		if (marks[i].m_address == address)
			qemu_plugin_register_vcpu_tb_exec_cb(tb, reached,
			    CB_NO_REGS, &marks[i]);
		if (starts[i].m_address == address)
			qemu_plugin_register_vcpu_tb_exec_cb(tb, start,
			    CB_NO_REGS, NULL);
	}
	qemu_plugin_register_vcpu_tb_exec_cb(tb, count, CB_NO_REGS,
	    (void *)(uintptr_t)qemu_plugin_tb_n_insns(tb));
}

static bool
parse(const char *arg)
{
	static int nstarts, nmarks;
	const char *value = strchr(arg, '=');
	struct mark *m;
	char *end;

	if (value == NULL || (size_t)(value - arg) >= sizeof(m->m_name))
		return false;
	if (strncmp(arg, "out=", 4) == 0)
		return (out = fopen(value + 1, "w")) != NULL;
	if (nstarts == MARKS || nmarks == MARKS)
		return false;
	m = strncmp(arg, "start=", 6) == 0 ? &starts[nstarts++] : &marks[nmarks++];
	memcpy(m->m_name, arg, (size_t)(value - arg));
	m->m_address = strtoull(value + 1, &end, 0);
	m->m_times = *end == ':' ? strtoul(end + 1, &end, 0) : 1;
	return m->m_address != 0 && *end == '\0';
}

int
qemu_plugin_install(plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!parse(argv[i])) {
			fprintf(stderr, "count: bad argument %s\n", argv[i]);
			return -1;
		}
	if (out == NULL)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
