/*
 * Values as text, into a node of each kind.  What is taken is in range, is
 * shown as text that is taken again and shown the same; what is refused
 * changes nothing and is told in one clean line.
 *
 * The first byte chooses the node, the rest is the text.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include "fuzz.h"
#include "sysctl_nodes.h"

#define TEXT	256

static const char *const names[] = {
	"t.int", "t.any", "t.bool", "t.quad", "t.string", "t.word", "t.view",
	"t.text", "t.ro", "t.none", ""
};

/* As the operator gets it: printable, one line, and it says which errno. */
static void
clean(const char *err)
{
	size_t len = strlen(err);

	CHECK(len > 3 && len < SYSCTL_ERRLEN - 1);
	for (size_t i = 0; i < len; i++)
		CHECK(isprint((u_char)err[i]));
}

static void
in_range(void)
{
	CHECK(an_int >= -1 && an_int <= 10);
	CHECK(a_word >= 0 && a_word <= 2);
	CHECK(view >= 0 && view <= 50 && view != 13);
	CHECK(memchr(a_string, '\0', sizeof(a_string)) != NULL);
}

void
fuzz_one(const u_char *bytes, size_t len)
{
	char text[TEXT], before[64] = "", after[64] = "", err[SYSCTL_ERRLEN] = "";
	struct fuzz_bytes fb = { bytes, len };
	const char *name = names[fuzz_pick(&fb, __arraycount(names))];
	bool exists = sysctl_find(name) != NULL;
	size_t n = MIN(fb.fb_left, sizeof(text) - 1);
	int error;

	memcpy(text, fb.fb_next, n);
	text[n] = '\0';
	an_int = 5;
	any_int = a_word = 0;
	a_quad = view = 1;
	strlcpy(a_string, "abc", sizeof(a_string));
	(void)sysctl_get_text(name, before, sizeof(before));
	error = sysctl_set_text(name, text, err, sizeof(err));
	(void)sysctl_get_text(name, after, sizeof(after));
	in_range();
	if (error != 0) {
		CHECK_STR(after, before);
		clean(err);
		CHECK((error == ENOENT) == !exists);
		return;
	}
	CHECK_STR(err, "");
	if (strcmp(name, "t.view") == 0)
		return;		/* shows a hundred times what it takes */
	CHECK(sysctl_set_text(name, after, err, sizeof(err)) == 0);
	CHECK(sysctl_get_text(name, before, sizeof(before)) == 0);
	CHECK_STR(before, after);
}
