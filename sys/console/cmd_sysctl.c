/* sysctl: show and set the kernel's named values. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kmem.h>
#include <sys/sysctl.h>
#include <sys/console.h>

static void
sysctl_print_node(const struct sysctl_node *n)
{
	size_t size = sysctl_textsize(n);
	char *buf = kmem_alloc(size, KM_NOSLEEP);

	if (buf == NULL) {
		printf_nolog("sysctl: %s: no memory for %zu bytes (ENOMEM)\n",
		    n->sn_name, size);
		return;
	}
	sysctl_get(n, buf, size);
	if ((n->sn_flags & CTLFLAG_LONG) != 0)
		console_print_text(buf);
	else
		printf_nolog("%s = %s\n", n->sn_name, buf);
	kmem_free(buf, size);
}

/* All nodes, or those below "prefix."; false if there are none. */
static bool
sysctl_print_tree(const char *prefix)
{
	const struct sysctl_node *n;
	size_t len = strlen(prefix);
	bool any = false;

	for (n = sysctl_next(prefix); n != NULL; n = sysctl_next(n->sn_name)) {
		if (len > 0 && (strncmp(n->sn_name, prefix, len) != 0 ||
		    n->sn_name[len] != '.'))
			continue;
		any = true;
		if ((n->sn_flags & CTLFLAG_LONG) != 0)
			printf_nolog("%s: %s; ask for it by name\n", n->sn_name,
			    n->sn_descr);
		else
			sysctl_print_node(n);
		if (console_interrupted())
			break;
	}
	return any;
}

static void
sysctl_show(const char *name)
{
	const struct sysctl_node *n = sysctl_find(name);

	if (n != NULL)
		sysctl_print_node(n);
	else if (*name == '\0' || !sysctl_print_tree(name))
		printf_nolog("sysctl: '%s': no such name (ENOENT)\n", name);
}

static void
sysctl_write(char *assignment)
{
	char err[SYSCTL_ERRLEN];

	while (*assignment == ' ')
		assignment++;
	if (*assignment == '=')
		printf_nolog("sysctl: want NAME=VALUE in one word, without "
		    "blanks or in quotes (EINVAL)\n");
	else if (sysctl_assign(assignment, err, sizeof(err)) != 0)
		printf_nolog("sysctl: %s\n", err);
	else if (sysctl_find(assignment) != NULL)
		sysctl_show(assignment);	/* cut down to the name */
}

static int
cmd_sysctl(int argc, char **argv)
{
	int i;

	if (argc < 2)
		return EINVAL;
	for (i = 1; i < argc; i++)
		if (argv[i][0] == '-' && (i > 1 || strcmp(argv[i], "-a") != 0))
			return EINVAL;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-a") == 0)
			(void)sysctl_print_tree("");
		else if (strchr(argv[i], '=') != NULL)
			sysctl_write(argv[i]);
		else
			sysctl_show(argv[i]);
	}
	return 0;
}
CONSOLE_COMMAND(sysctl, cmd_sysctl, "[-a] [NAME[=VALUE]]...",
    "show or set kernel values");
