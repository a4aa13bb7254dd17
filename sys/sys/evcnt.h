/*
 * evcnt(9): counters of events, on one list so that they can be shown.
 * Whoever owns a counter increments ev_count as it likes.
 */

#ifndef _SYS_EVCNT_H_
#define _SYS_EVCNT_H_

#include <sys/types.h>
#include <sys/queue.h>

#define EVCNT_TYPE_ANY	(-1)
#define EVCNT_TYPE_MISC	0
#define EVCNT_TYPE_INTR	1
#define EVCNT_TYPE_TRAP	2

#define EVCNT_STRING_MAX 255	/* bytes in a name with its NUL */

struct evcnt {
	uint64_t ev_count;
	TAILQ_ENTRY(evcnt) ev_list;
	u_char ev_type;			/* EVCNT_TYPE_* */
	u_char ev_grouplen;		/* without the NUL */
	u_char ev_namelen;
	const struct evcnt *ev_parent;	/* or NULL */
	const char *ev_group;		/* the owner's, not copied */
	const char *ev_name;
};
TAILQ_HEAD(evcntlist, evcnt);

#define EVCNT_INITIALIZER(type, parent, group, name) { \
	.ev_type = (type), .ev_grouplen = sizeof(group) - 1, \
	.ev_namelen = sizeof(name) - 1, .ev_parent = (parent), \
	.ev_group = (group), .ev_name = (name), \
}

/* At file scope: attached by evcnt_init(). */
#define EVCNT_ATTACH_STATIC(ev)	__link_set_add_data(evcnts, ev)

extern struct evcntlist allevents;	/* readers that cannot lock walk it as it is */

void evcnt_init(void);
void evcnt_attach_static(struct evcnt *);
void evcnt_attach_dynamic(struct evcnt *, int, const struct evcnt *,
    const char *, const char *);	/* zeroes it */
void evcnt_attach_dynamic_nozero(struct evcnt *, int, const struct evcnt *,
    const char *, const char *);
void evcnt_detach(struct evcnt *);
/* In order of attachment; the callback may print, not attach or detach. */
void evcnt_foreach(int type, void (*)(const struct evcnt *, void *), void *);

#endif
