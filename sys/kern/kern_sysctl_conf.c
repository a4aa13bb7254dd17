/*
 * Assignments as people write them: "NAME = VALUE", one or a whole
 * sysctl.conf of them, as NetBSD and Linux write theirs.
 *
 * The text comes from a boot module, so it may be anything at all, a
 * compressed file included: it need not end in a NUL or a newline, and
 * only the first bad lines are reported one by one.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/sysctl.h>

#define CONF_LINE	256	/* a line, with its NUL */
#define CONF_REPORTS	20

/* Cut the blanks off both ends, in place. */
static char *
conf_trim(char *s)
{
	size_t len;

	while (isspace((u_char)*s))
		s++;
	len = strlen(s);
	while (len > 0 && isspace((u_char)s[len - 1]))
		len--;
	s[len] = '\0';
	return s;
}

/* Linux takes "kernel/panic" for kernel.panic; no name here has a '/'. */
static void
conf_dots(char *name)
{
	for (; *name != '\0'; name++)
		if (*name == '/')
			*name = '.';
}

int
sysctl_assign(char *text, char *err, size_t errlen)
{
	char *eq = strchr(text, '='), *name;
	bool forgive;
	int error;

	if (eq == NULL || eq == text) {
		snprintf(err, errlen, "want NAME = VALUE (EINVAL)");
		return EINVAL;
	}
	*eq = '\0';
	forgive = eq[-1] == '?';
	if (forgive)
		eq[-1] = '\0';
	name = conf_trim(text);
	if (*name == '\0') {
		snprintf(err, errlen, "want NAME = VALUE (EINVAL)");
		return EINVAL;
	}
	conf_dots(name);
	error = sysctl_set_text(name, conf_trim(eq + 1), err, errlen);
	return error == ENOENT && forgive ? 0 : error;
}

/*
 * '#' after a blank starts a comment on any line.  ';' does so only at the
 * start of one: in a value it belongs to it, as between ddb commands.
 */
static void
conf_uncomment(char *line)
{
	char *p;

	for (p = line; *p != '\0'; p++)
		if (*p == '#' && p > line && isspace((u_char)p[-1])) {
			*p = '\0';
			return;
		}
}

static int
conf_line(const char *text, size_t len, char *err, size_t errlen)
{
	char line[CONF_LINE];

	for (; len > 0 && isspace((u_char)*text); text++)
		len--;
	if (len == 0 || *text == '#' || *text == ';')
		return 0;
	if (len >= sizeof(line)) {
		snprintf(err, errlen, "%zu characters in a line, want at most "
		    "%d (EINVAL)", len, CONF_LINE - 1);
		return EINVAL;
	}
	if (memchr(text, '\0', len) != NULL) {
		snprintf(err, errlen, "a NUL in a line of text (EINVAL)");
		return EINVAL;
	}
	memcpy(line, text, len);
	line[len] = '\0';
	conf_uncomment(line);
	if (line[0] != '-')
		return sysctl_assign(line, err, errlen);
	/* Linux: whatever becomes of this one.  What is no assignment is told. */
	if (strchr(line, '=') == NULL)
		return sysctl_assign(line + 1, err, errlen);
	(void)sysctl_assign(line + 1, err, errlen);
	return 0;
}

void
sysctl_conf(const char *text, size_t len)
{
	char err[SYSCTL_ERRLEN];
	const char *nl;
	u_int lineno, bad = 0;
	size_t n;

	for (lineno = 1; len > 0; lineno++) {
		nl = memchr(text, '\n', len);
		n = nl != NULL ? (size_t)(nl - text) : len;
		if (conf_line(text, n, err, sizeof(err)) != 0 &&
		    ++bad <= CONF_REPORTS)
			printf("sysctl.conf:%u: %s\n", lineno, err);
		n += nl != NULL;
		text += n;
		len -= n;
	}
	if (bad > CONF_REPORTS)
		printf("sysctl.conf: %u more bad lines\n", bad - CONF_REPORTS);
}
