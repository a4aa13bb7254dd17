/*
 * The sysctl tree: lookup, reading and writing as text.
 *
 * The nodes are constants in a link set, in no order, and few enough for a
 * linear search.  Reading a number is one relaxed load, so it works in any
 * context.  Writers are serialized by an adaptive mutex: thread context
 * only.  A string that can be written is copied out under the same mutex.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/atomic.h>
#include <sys/mutex.h>
#include <sys/sysctl.h>

#define SHOWN	32	/* of a bad name or value, in a message */

static kmutex_t sysctl_lock = MUTEX_ADAPTIVE_INITIALIZER;

const struct sysctl_node *
sysctl_find(const char *name)
{
	const struct sysctl_node *const *n;

	for (n = __link_set_start(sysctl_nodes);
	     n < __link_set_end(sysctl_nodes); n++)
		if (strcmp((*n)->sn_name, name) == 0)
			return *n;
	return NULL;
}

const struct sysctl_node *
sysctl_next(const char *name)
{
	const struct sysctl_node *const *n;
	const struct sysctl_node *best = NULL;

	for (n = __link_set_start(sysctl_nodes);
	     n < __link_set_end(sysctl_nodes); n++)
		if (strcmp((*n)->sn_name, name) > 0 && (best == NULL ||
		    strcmp((*n)->sn_name, best->sn_name) < 0))
			best = *n;
	return best;
}

size_t
sysctl_textsize(const struct sysctl_node *n)
{
	size_t size = SYSCTL_NUMLEN;
	u_int i;

	if (n->sn_type == CTLTYPE_STRING)
		return n->sn_size;
	if (n->sn_type == CTLTYPE_ENUM)
		for (i = 0; n->sn_words[i] != NULL; i++)
			size = MAX(size, strlen(n->sn_words[i]) + 1);
	return size;
}

static int64_t
sysctl_getnum(const struct sysctl_node *n)
{
	struct sysctl_value v = { .sv_num = 0 };

	if (n->sn_get != NULL) {
		n->sn_get(n, &v);
		return v.sv_num;
	}
	switch (n->sn_type) {
	case CTLTYPE_BOOL:
		return atomic_load_relaxed((const bool *)n->sn_data);
	case CTLTYPE_QUAD:
		return atomic_load_relaxed((const int64_t *)n->sn_data);
	default:
		return atomic_load_relaxed((const int *)n->sn_data);
	}
}

static void
sysctl_getstr(const struct sysctl_node *n, char *buf, size_t len)
{
	struct sysctl_value v = { .sv_str = buf, .sv_size = len };
	bool locked = (n->sn_flags & CTLFLAG_READWRITE) != 0;

	if (locked)
		mutex_enter(&sysctl_lock);
	if (n->sn_get != NULL)
		n->sn_get(n, &v);
	else
		strlcpy(buf, n->sn_data, len);
	if (locked)
		mutex_exit(&sysctl_lock);
}

static const char *
sysctl_word(const struct sysctl_node *n, int64_t index)
{
	int64_t i;

	for (i = 0; n->sn_words[i] != NULL; i++)
		if (i == index)
			return n->sn_words[i];
	return "?";	/* a wild index is shown, not followed */
}

void
sysctl_get(const struct sysctl_node *n, char *buf, size_t len)
{
	if (len == 0)
		return;
	buf[0] = '\0';
	switch (n->sn_type) {
	case CTLTYPE_STRING:
		sysctl_getstr(n, buf, len);
		break;
	case CTLTYPE_ENUM:
		strlcpy(buf, sysctl_word(n, sysctl_getnum(n)), len);
		break;
	default:
		snprintf(buf, len, "%ld", (long)sysctl_getnum(n));
		break;
	}
}

int
sysctl_get_text(const char *name, char *buf, size_t len)
{
	const struct sysctl_node *n = sysctl_find(name);

	if (n == NULL)
		return ENOENT;
	sysctl_get(n, buf, len);
	/* A buffer filled to its last byte may have been too short. */
	return strnlen(buf, len) + 1 >= len && len < sysctl_textsize(n) ?
	    ENOMEM : 0;
}

/* What may be printed of text that came from outside. */
static const char *
sysctl_clean(char *buf, const char *s)
{
	size_t i;

	for (i = 0; i < SHOWN - 4 && s[i] != '\0'; i++)
		buf[i] = isprint((u_char)s[i]) ? s[i] : '?';
	strlcpy(buf + i, s[i] != '\0' ? "..." : "", SHOWN - i);
	return buf;
}

/* The limits of a node's numbers. */
static void
sysctl_range(const struct sysctl_node *n, int64_t *lo, int64_t *hi)
{
	*lo = n->sn_min;
	*hi = n->sn_max;
	if (*lo != 0 || *hi != 0)
		return;
	switch (n->sn_type) {
	case CTLTYPE_BOOL:
		*hi = 1;
		break;
	case CTLTYPE_QUAD:
		*lo = -INT64_MAX - 1;
		*hi = INT64_MAX;
		break;
	default:
		*lo = INT_MIN;
		*hi = INT_MAX;
		break;
	}
}

/* "a, b or c" */
static void
sysctl_wordlist(const struct sysctl_node *n, char *buf, size_t len)
{
	const char *const *w = n->sn_words;
	u_int i;

	buf[0] = '\0';
	for (i = 0; w[i] != NULL; i++) {
		if (i > 0)
			strlcat(buf, w[i + 1] != NULL ? ", " : " or ", len);
		strlcat(buf, w[i], len);
	}
}

static int
sysctl_parse_enum(const struct sysctl_node *n, const char *text,
    struct sysctl_value *v, char *err, size_t errlen)
{
	char shown[SHOWN], words[64];

	for (v->sv_num = 0; n->sn_words[v->sv_num] != NULL; v->sv_num++)
		if (strcmp(n->sn_words[v->sv_num], text) == 0)
			return 0;
	sysctl_wordlist(n, words, sizeof(words));
	snprintf(err, errlen, "%s: '%s' is not a choice, want %s (EINVAL)",
	    n->sn_name, sysctl_clean(shown, text), words);
	return EINVAL;
}

static int
sysctl_parse_num(const struct sysctl_node *n, const char *text,
    struct sysctl_value *v, char *err, size_t errlen)
{
	char shown[SHOWN];
	int64_t lo, hi;
	int error;

	sysctl_range(n, &lo, &hi);
	error = kstrtoi64(text, 0, &v->sv_num);
	if (error == 0 && (v->sv_num < lo || v->sv_num > hi))
		error = ERANGE;
	if (error != 0)
		snprintf(err, errlen, "%s: '%s' is %s, want %ld to %ld (%s)",
		    n->sn_name, sysctl_clean(shown, text),
		    error == ERANGE ? "out of range" : "not a number",
		    (long)lo, (long)hi, error == ERANGE ? "ERANGE" : "EINVAL");
	return error;
}

static int
sysctl_parse_str(const struct sysctl_node *n, const char *text,
    struct sysctl_value *v, char *err, size_t errlen)
{
	v->sv_str = __UNCONST(text);
	v->sv_size = strlen(text) + 1;
	if (v->sv_size <= n->sn_size)
		return 0;
	snprintf(err, errlen, "%s: %zu characters are too many, want at most "
	    "%zu (ERANGE)", n->sn_name, v->sv_size - 1, n->sn_size - 1);
	return ERANGE;
}

static int
sysctl_parse(const struct sysctl_node *n, const char *text,
    struct sysctl_value *v, char *err, size_t errlen)
{
	switch (n->sn_type) {
	case CTLTYPE_STRING:
		return sysctl_parse_str(n, text, v, err, errlen);
	case CTLTYPE_ENUM:
		return sysctl_parse_enum(n, text, v, err, errlen);
	default:
		return sysctl_parse_num(n, text, v, err, errlen);
	}
}

static int
sysctl_store(const struct sysctl_node *n, const struct sysctl_value *v)
{
	if (n->sn_set != NULL)
		return n->sn_set(n, v);
	switch (n->sn_type) {
	case CTLTYPE_STRING:
		strlcpy(n->sn_data, v->sv_str, n->sn_size);
		break;
	case CTLTYPE_BOOL:
		atomic_store_relaxed((bool *)n->sn_data, v->sv_num != 0);
		break;
	case CTLTYPE_QUAD:
		atomic_store_relaxed((int64_t *)n->sn_data, v->sv_num);
		break;
	default:
		atomic_store_relaxed((int *)n->sn_data, (int)v->sv_num);
		break;
	}
	return 0;
}

/* What an sn_set has returned. */
static const char *
error_name(int error)
{
#define E(name)	[name] = #name
	static const char *const names[] = {
		E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO),
		E(E2BIG), E(ENOMEM), E(EACCES), E(EFAULT), E(EBUSY), E(EEXIST),
		E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL), E(ENOSPC), E(ERANGE),
		E(EAGAIN), E(ETIMEDOUT), E(ENAMETOOLONG), E(ENOSYS), E(EOVERFLOW)
	};
#undef E

	KASSERT(error > 0 && (size_t)error < __arraycount(names) && names[error] != NULL);
	return names[error];
}

int
sysctl_set_text(const char *name, const char *text, char *err, size_t errlen)
{
	const struct sysctl_node *n = sysctl_find(name);
	struct sysctl_value v = { .sv_num = 0 };
	char shown[SHOWN];
	int error;

	if (n == NULL) {
		snprintf(err, errlen, "'%s': no such name (ENOENT)",
		    sysctl_clean(shown, name));
		return ENOENT;
	}
	if ((n->sn_flags & CTLFLAG_READWRITE) == 0) {
		snprintf(err, errlen, "%s: read only (EPERM)", name);
		return EPERM;
	}
	error = sysctl_parse(n, text, &v, err, errlen);
	if (error != 0)
		return error;

	mutex_enter(&sysctl_lock);
	error = sysctl_store(n, &v);
	mutex_exit(&sysctl_lock);
	if (error != 0)
		snprintf(err, errlen, "%s: '%s' refused (%s)", name,
		    sysctl_clean(shown, text), error_name(error));
	return error;
}
