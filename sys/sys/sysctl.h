/*
 * sysctl(9): named values of the kernel, read and written as text.
 *
 * A node is one entry of a link set and lives beside the variable it
 * shows.  Numbers are read without a lock: one aligned load.
 */

#ifndef _SYS_SYSCTL_H_
#define _SYS_SYSCTL_H_

#include <sys/types.h>

#define CTLTYPE_INT	1	/* int */
#define CTLTYPE_BOOL	2	/* bool, written as 0 or 1 */
#define CTLTYPE_QUAD	3	/* int64_t */
#define CTLTYPE_STRING	4	/* char[sn_size] */
#define CTLTYPE_ENUM	5	/* int, written as one of sn_words */

#define CTLFLAG_READONLY	0x00
#define CTLFLAG_READWRITE	0x01
#define CTLFLAG_LONG		0x02	/* pages of text: not in "sysctl -a" */

#define SYSCTL_NAMELEN	64	/* a name with its NUL */
#define SYSCTL_NUMLEN	24	/* the text of any number, with its NUL */
#define SYSCTL_ERRLEN	192	/* any message of sysctl_set_text() */

/* A value on its way in or out. */
struct sysctl_value {
	int64_t sv_num;		/* the number; for an enum the index */
	char *sv_str;		/* CTLTYPE_STRING: a buffer of sv_size bytes */
	size_t sv_size;
};

struct sysctl_node {
	const char *sn_name;	/* "kern.ostype" */
	int sn_type;		/* CTLTYPE_* */
	int sn_flags;		/* CTLFLAG_* */
	const char *sn_descr;
	void *sn_data;		/* the variable, unless sn_get and sn_set know */
	size_t sn_size;		/* string: of the buffer, NUL included */
	int64_t sn_min, sn_max;	/* both 0: whatever the type holds */
	const char *const *sn_words;	/* enum: the words, then NULL */
	/*
	 * Views and side effects, in place of reading or writing sn_data.
	 * sn_set gets a value already checked against type and range, one
	 * writer at a time; it returns 0, or an errno with nothing changed.
	 */
	void (*sn_get)(const struct sysctl_node *, struct sysctl_value *);
	int (*sn_set)(const struct sysctl_node *, const struct sysctl_value *);
};

/* The rest of the arguments are designated initialisers. */
#define SYSCTL_NODE(sym, name, type, flags, descr, ...) \
	static const struct sysctl_node __CONCAT(sysctl_, sym) = { \
		.sn_name = (name), .sn_type = (type), .sn_flags = (flags), \
		.sn_descr = (descr), __VA_ARGS__ }; \
	__link_set_add_data(sysctl_nodes, __CONCAT(sysctl_, sym))
__link_set_decl(sysctl_nodes, const struct sysctl_node);

/*
 * sysctl_find(name):
 *
 *	=> the node, or NULL.
 */
const struct sysctl_node *sysctl_find(const char *);

/*
 * sysctl_next(name):
 *
 *	=> the first node whose name sorts after this one, or NULL.
 */
const struct sysctl_node *sysctl_next(const char *);

/* sysctl_textsize(node): room for any value of it, with its NUL. */
size_t sysctl_textsize(const struct sysctl_node *);

/* sysctl_get(node, buf, len): the value as text, cut to fit. */
void sysctl_get(const struct sysctl_node *, char *, size_t);

/*
 * sysctl_get_text(name, buf, len):
 *
 *	=> 0; ENOENT; ENOMEM if it did not fit (buf holds what did).
 */
int sysctl_get_text(const char *, char *, size_t);

/*
 * sysctl_set_text(name, value, err, errlen):
 *
 *	=> 0; ENOENT no such name; EPERM read only; EINVAL wrong type;
 *	   ERANGE out of range; or what the node's own handler returned.
 *	=> on an error nothing changed and err says, in one line that starts
 *	   with the name, what would be right.
 */
int sysctl_set_text(const char *, const char *, char *, size_t);

/*
 * sysctl_assign(text, err, errlen):
 *
 *	"NAME=VALUE", with blanks round any part; "NAME?=VALUE" forgives a
 *	name that does not exist.  Writes into text.
 *	=> as sysctl_set_text(), and EINVAL where there is no "=".
 */
int sysctl_assign(char *, char *, size_t);

/* Apply a sysctl.conf; says on the console what is wrong with it. */
void sysctl_conf(const char *, size_t);

#endif
