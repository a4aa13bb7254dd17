/* reboot and poweroff. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/console.h>

static int
cmd_reboot(int argc, char **argv __unused)
{
	if (argc != 1)
		return EINVAL;
	cpu_reboot(RB_AUTOBOOT, NULL);
}
CONSOLE_COMMAND(reboot, cmd_reboot, "", "restart the machine");

static int
cmd_poweroff(int argc, char **argv __unused)
{
	if (argc != 1)
		return EINVAL;
	cpu_reboot(RB_POWERDOWN, NULL);
}
CONSOLE_COMMAND(poweroff, cmd_poweroff, "", "switch the machine off");
