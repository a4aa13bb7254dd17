/*
 * The words of the boot command line, and the boot module as sysctl.conf.
 *
 * Two passes: the words that the first console line depends on are looked
 * at before there is a console; all of them are applied, and the unknown
 * ones named, when there is.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bootinfo.h>
#include <sys/debugger.h>
#include <sys/sysctl.h>

#include <machine/pmap.h>

#define BOOT_WORD	256	/* a word with its NUL; a longer one is refused */

int boot_maxcpus = MAXCPUS;
int boot_console;
bool boot_debugger;

static int
set_console(const char *value)
{
	if (strcmp(value, "com0") != 0 && strcmp(value, "com1") != 0)
		return EINVAL;
	boot_console = value[3] - '0';
	return 0;
}

static int
set_maxcpus(const char *value)
{
	uint64_t n;

	if (kstrtou64(value, 10, &n) != 0 || n < 1)
		return EINVAL;
	boot_maxcpus = (int)MIN(n, MAXCPUS);
	return 0;
}

/* "-d" and nothing after it. */
static int
set_debugger(const char *value)
{
	if (*value != '\0')
		return EINVAL;
	boot_debugger = true;
	return 0;
}

/* What follows "sysctl.": NAME=VALUE, or NAME?=VALUE. */
static int
set_sysctl(const char *value)
{
	char buf[BOOT_WORD], err[SYSCTL_ERRLEN];

	if (strchr(value, '=') == NULL || value[0] == '=' ||
	    strlen(value) >= sizeof(buf))
		return EINVAL;
	strlcpy(buf, value, sizeof(buf));
	if (sysctl_assign(buf, err, sizeof(err)) != 0)
		printf("boot: %s\n", err);
	return 0;
}

BOOTARG(debugger, "-d", set_debugger, true);
BOOTARG(console, "console=", set_console, true);
BOOTARG(maxcpus, "maxcpus=", set_maxcpus, true);
BOOTARG(sysctl, "sysctl.", set_sysctl, false);

static const struct bootarg *
bootarg_find(const char *word)
{
	const struct bootarg *const *ba;

	for (ba = __link_set_start(bootargs); ba < __link_set_end(bootargs); ba++)
		if (strncmp(word, (*ba)->ba_prefix, strlen((*ba)->ba_prefix)) == 0)
			return *ba;
	return NULL;
}

/* Early words are set twice, the second time to say what was wrong. */
static void
apply_word(const char *word, bool early)
{
	const struct bootarg *ba = bootarg_find(word);
	int error = EINVAL;

	if (ba != NULL && early && !ba->ba_early)
		return;
	if (ba != NULL)
		error = ba->ba_set(word + strlen(ba->ba_prefix));
	if (error != 0 && !early)
		printf("boot: unknown or bad argument \"%s\" ignored\n", word);
}

static void
each_word(const char *line, bool early)
{
	char word[BOOT_WORD];
	size_t n;

	for (;;) {
		while (*line == ' ' || *line == '\t')
			line++;
		if (*line == '\0')
			return;
		for (n = 0; *line != '\0' && *line != ' ' && *line != '\t'; line++, n++)
			if (n < sizeof(word))
				word[n] = *line;
		if (n < sizeof(word)) {
			word[n] = '\0';
			apply_word(word, early);
		} else if (!early)
			printf("boot: argument \"%.20s...\" is too long, ignored\n", word);
	}
}

void
bootarg_early(void)
{
	each_word(bootinfo.bi_cmdline, true);
}

/* The module first: the command line wins over it. */
void
bootarg_apply(void)
{
	if (bootinfo.bi_module != 0)
		sysctl_conf(PMAP_DIRECT_MAP(bootinfo.bi_module),
		    bootinfo.bi_module_size);
	each_word(bootinfo.bi_cmdline, false);
	if (bootinfo.bi_cmdline_cut)
		printf("boot: command line is longer than %d characters: what "
		    "comes after them is ignored\n", BOOT_CMDLINE - 1);
}
