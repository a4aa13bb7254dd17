/* evcnt(9): attaching, showing, detaching. */

#include <sys/evcnt.h>
#include "unit.h"

static struct evcnt ev_static =
    EVCNT_INITIALIZER(EVCNT_TYPE_TRAP, NULL, "cpu0", "nmi");
EVCNT_ATTACH_STATIC(ev_static);

static char names[256];

static void
collect(const struct evcnt *ev, void *arg)
{
	strlcat(arg, ev->ev_name, sizeof(names));
	strlcat(arg, " ", sizeof(names));
}

static const char *
list(int type)
{
	names[0] = '\0';
	evcnt_foreach(type, collect, names);
	return names;
}

/* Static ones are there from evcnt_init() on. */
static void
test_static(void)
{
	evcnt_init();
	CHECK_STR(list(EVCNT_TYPE_ANY), "nmi ");
	CHECK(ev_static.ev_grouplen == 4 && ev_static.ev_namelen == 3);
	CHECK(ev_static.ev_type == EVCNT_TYPE_TRAP);
}

static void
test_dynamic(void)
{
	static struct evcnt a = { .ev_count = 9 }, b;

	evcnt_attach_dynamic(&a, EVCNT_TYPE_INTR, NULL, "intr", "com0");
	evcnt_attach_dynamic(&b, EVCNT_TYPE_MISC, &a, "misc", "lost");
	CHECK(a.ev_count == 0 && b.ev_parent == &a);
	CHECK(a.ev_grouplen == 4 && a.ev_namelen == 4);
	CHECK_STR(list(EVCNT_TYPE_ANY), "nmi com0 lost ");
	CHECK_STR(list(EVCNT_TYPE_INTR), "com0 ");
	CHECK_STR(list(EVCNT_TYPE_MISC), "lost ");
	evcnt_detach(&a);
	CHECK_STR(list(EVCNT_TYPE_ANY), "nmi lost ");
	evcnt_detach(&b);
	CHECK_STR(list(EVCNT_TYPE_ANY), "nmi ");
}

static void
test_nozero(void)
{
	static struct evcnt a = { .ev_count = 9 };

	evcnt_attach_dynamic_nozero(&a, EVCNT_TYPE_MISC, NULL, "g", "n");
	CHECK(a.ev_count == 9);
	evcnt_detach(&a);
}

static void
test_long_name(void)
{
	static char name[EVCNT_STRING_MAX + 1];
	static struct evcnt a;

	memset(name, 'n', sizeof(name) - 1);
	CHECK_PANIC("namelen < EVCNT_STRING_MAX", evcnt_attach_dynamic(&a,
	    EVCNT_TYPE_MISC, NULL, "g", name));
	CHECK_STR(list(EVCNT_TYPE_ANY), "nmi ");
}

void
unit_main(void)
{
	RUN(test_static);
	RUN(test_dynamic);
	RUN(test_nozero);
	RUN(test_long_name);
}
