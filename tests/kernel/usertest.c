/* Processes for the tests of user mode. */

#include <x86/acpivar.h>
#include "usertest.h"

struct proc *
ut_create(const struct ut_process *up)
{
	const struct proc_params pp = {
		.pp_name = up->up_name,
		.pp_text = up->up_text,
		.pp_size = (size_t)(up->up_end - up->up_text),
		.pp_data = up->up_data != 0 ? up->up_data : PAGE_SIZE,
		.pp_arg = up->up_arg,
		.pp_cpu = up->up_cpu,
		.pp_trace = up->up_trace,
	};
	struct proc *p = NULL;
	int error = proc_create(&pp, &p);

	if (error != 0)
		panic("ktest: no process %s, error %d", up->up_name, error);
	return p;
}

struct proc *
ut_start(const struct ut_process *up)
{
	struct proc *p = ut_create(up);

	proc_start(p);
	return p;
}

struct proc_status
ut_wait(struct proc *p)
{
	struct proc_status ps;

	proc_wait(p, &ps);
	return ps;
}

struct proc_status
ut_run(const struct ut_process *up)
{
	return ut_wait(ut_start(up));
}

int
ut_exit(const struct ut_process *up)
{
	struct proc_status ps = ut_run(up);

	return ps.ps_end == PROC_EXITED ? ps.ps_code : -1;
}

void
ut_map_lapic(struct proc *p)
{
	if (pmap_enter(p->p_pmap, UT_LAPIC, madt.madt_lapic_pa,
	    VM_PROT_WRITE | PMAP_NOCACHE) != 0)
		panic("ktest: no local APIC for a process");
}

void *
ut_memory(struct proc *p, vaddr_t va)
{
	paddr_t pa;

	if (!pmap_extract(p->p_pmap, va, &pa))
		panic("ktest: %#lx is not mapped", va);
	return PMAP_DIRECT_MAP(pa);
}
