/*
 * "crashme user": a program that spins, to see what an NMI tells of a CPU in
 * user mode.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/console.h>
#include <sys/kernel.h>
#include <sys/lwp.h>
#include <sys/proc.h>

#include <machine/cpu.h>

static const uint8_t spin_text[] = { 0xeb, 0xfe };	/* 1: jmp 1b */

#define END_WAIT	(2 * hz)

static struct proc *spinning;

/* One at a time.  False: it does not end, its CPU may take no interrupts. */
static bool
end_spinning(void)
{
	if (spinning == NULL)
		return true;
	proc_kill(spinning);
	for (int i = 0; i < END_WAIT && !proc_ended(spinning); i++)
		(void)kpause("crashme", false, 1, NULL);
	if (!proc_ended(spinning))
		return false;
	proc_wait(spinning, NULL);
	spinning = NULL;
	return true;
}

static int
crashme_user(int argc, char **argv)
{
	struct proc_params pp = {
		.pp_name = "spin",
		.pp_text = spin_text,
		.pp_size = sizeof(spin_text),
		.pp_cpu = cpu_infos[ncpu - 1],
	};

	if (argc > 2)
		return EINVAL;
	if (argc == 2 && console_cpu_arg("crashme", argv[1], &pp.pp_cpu) != 0)
		return 0;
	if (!end_spinning()) {
		printf("crashme: pid %d does not end, its CPU may be wedged\n",
		    spinning->p_pid);
		return 0;
	}
	if (proc_create(&pp, &spinning) != 0) {
		printf("crashme: no memory for a process\n");
		return 0;
	}
	printf("crashme: pid %d spins in user mode on %s\n", spinning->p_pid,
	    cpu_name(pp.pp_cpu));
	proc_start(spinning);
	return 0;
}

CRASHME(user, crashme_user, "[CPU]", "a program that spins in user mode");
