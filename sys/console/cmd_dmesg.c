/* dmesg: the message buffer, copied so that nobody writes while we print. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kmem.h>
#include <sys/msgbuf.h>
#include <sys/console.h>

static int
cmd_dmesg(int argc, char **argv __unused)
{
	const size_t size = MSGBUF_SIZE + 1;
	char *buf;

	if (argc != 1)
		return EINVAL;
	buf = kmem_alloc(size, KM_NOSLEEP);
	if (buf == NULL) {
		printf_nolog("dmesg: no memory for %zu bytes\n", size);
		return 0;
	}
	(void)msgbuf_copy(buf, size);
	console_print_text(buf);
	kmem_free(buf, size);
	return 0;
}
CONSOLE_COMMAND(dmesg, cmd_dmesg, "", "show the message buffer");
