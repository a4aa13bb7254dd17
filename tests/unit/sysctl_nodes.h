/* One sysctl node of each kind, for the unit tests and the fuzzers. */

#ifndef _TESTS_UNIT_SYSCTL_NODES_H_
#define _TESTS_UNIT_SYSCTL_NODES_H_

#include <sys/sysctl.h>

static int an_int = 5;
static int any_int;
static bool a_bool;
static int64_t a_quad;
static char a_string[8] = "abc";
static int a_word;
static int view = 1;
static const char *const some_words[] = { "ddb", "panic", "log", NULL };

static void
view_get(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	v->sv_num = view * 100;
}

static int
view_set(const struct sysctl_node *n __unused, const struct sysctl_value *v)
{
	if (v->sv_num == 13)
		return EBUSY;
	view = (int)v->sv_num;
	return 0;
}

static void
text_get(const struct sysctl_node *n __unused, struct sysctl_value *v)
{
	strlcpy(v->sv_str, "computed", v->sv_size);
}

#define RO	CTLFLAG_READONLY
#define RW	CTLFLAG_READWRITE
SYSCTL_NODE(t_int, "t.int", CTLTYPE_INT, RW, "", .sn_data = &an_int,
    .sn_min = -1, .sn_max = 10);
SYSCTL_NODE(t_any, "t.any", CTLTYPE_INT, RW, "", .sn_data = &any_int);
SYSCTL_NODE(t_bool, "t.bool", CTLTYPE_BOOL, RW, "", .sn_data = &a_bool);
SYSCTL_NODE(t_quad, "t.quad", CTLTYPE_QUAD, RW, "", .sn_data = &a_quad);
SYSCTL_NODE(t_string, "t.string", CTLTYPE_STRING, RW, "",
    .sn_data = a_string, .sn_size = sizeof(a_string));
SYSCTL_NODE(t_word, "t.word", CTLTYPE_ENUM, RW, "", .sn_data = &a_word,
    .sn_words = some_words);
SYSCTL_NODE(t_view, "t.view", CTLTYPE_INT, RW, "", .sn_get = view_get,
    .sn_set = view_set, .sn_min = 0, .sn_max = 50);
SYSCTL_NODE(t_text, "t.text", CTLTYPE_STRING, RO, "", .sn_get = text_get,
    .sn_size = 16);
SYSCTL_NODE(t_ro, "t.ro", CTLTYPE_INT, RO, "", .sn_data = &an_int);

#endif
