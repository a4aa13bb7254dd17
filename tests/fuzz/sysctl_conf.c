/*
 * A sysctl.conf of any bytes, in memory that ends where it does.  A line that
 * is none at all is complained of with its number; complaints are clean,
 * ascend, and are at most so many; values stay in their range.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include "fuzz.h"
#include "sysctl_nodes.h"

#define REPORTS	20

/* Of the host: memory whose end the sanitizer knows to the byte. */
void *malloc(size_t);
void free(void *);

static bool
blank(u_char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A second opinion: neither blank nor a comment, and no "=" anywhere. */
static bool
no_assignment(const u_char *line, size_t len)
{
	size_t i = 0;

	while (i < len && blank(line[i]))
		i++;
	return i < len && line[i] != '#' && line[i] != ';' &&
	    memchr(line, '=', len) == NULL;
}

static u_int
certainly_bad(const u_char *text, size_t len, u_int *lines)
{
	const u_char *nl;
	u_int bad = 0;
	size_t n;

	for (*lines = 0; len > 0; ++*lines) {
		nl = memchr(text, '\n', len);
		n = nl != NULL ? (size_t)(nl - text) : len;
		bad += no_assignment(text, n);
		n += nl != NULL;
		text += n;
		len -= n;
	}
	return bad;
}

/* The number behind "sysctl.conf:", or 0 for the line that sums up. */
static u_int
complaint(const char *p)
{
	static const char head[] = "sysctl.conf:";
	u_int n = 0;

	CHECK(strncmp(p, head, sizeof(head) - 1) == 0);
	for (p += sizeof(head) - 1; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (u_int)(*p - '0');
	return n;
}

static u_int
complaints(u_int lines)
{
	const char *p = unit_console;
	u_int n = 0, last = 0, number;

	while (*p != '\0') {
		if ((number = complaint(p)) != 0) {
			CHECK(number > last && number <= lines);
			last = number;
		} else
			CHECK(n == REPORTS);
		for (n++; *p != '\n'; p++)
			CHECK(isprint((u_char)*p));
		p++;
	}
	CHECK(n <= REPORTS + 1);
	return n;
}

void
fuzz_one(const u_char *bytes, size_t len)
{
	char *copy = malloc(MAX(len, 1));
	u_int lines, bad = certainly_bad(bytes, len, &lines);

	memcpy(copy, bytes, len);
	unit_shim_reset();
	sysctl_conf(copy, len);
	CHECK(complaints(lines) >= MIN(bad, REPORTS));
	CHECK(memcmp(copy, bytes, len) == 0);
	CHECK(an_int >= -1 && an_int <= 10 && a_word >= 0 && a_word <= 2);
	free(copy);
}
