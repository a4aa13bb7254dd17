/*
 * evcnt(9): the list of event counters.  Thread context.
 *
 * An element is complete before the one store that links it, so the
 * debugger may walk allevents whatever was interrupted.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/evcnt.h>
#include <sys/intr.h>
#include <sys/mutex.h>

struct evcntlist allevents = TAILQ_HEAD_INITIALIZER(allevents);
static kmutex_t evcnt_lock;

__link_set_decl(evcnts, struct evcnt);

void
evcnt_init(void)
{
	struct evcnt *const *ev;

	mutex_init(&evcnt_lock, MUTEX_DEFAULT, IPL_NONE);
	for (ev = __link_set_start(evcnts); ev < __link_set_end(evcnts); ev++)
		evcnt_attach_static(*ev);
}

/*
 * => Group and name must outlive the counter; it is on no list yet.
 */
void
evcnt_attach_static(struct evcnt *ev)
{
	mutex_enter(&evcnt_lock);
	ev->ev_list.tqe_next = NULL;
	ev->ev_list.tqe_prev = allevents.tqh_last;
	__insn_barrier();	/* the debugger stops us anywhere */
	TAILQ_INSERT_TAIL(&allevents, ev, ev_list);
	mutex_exit(&evcnt_lock);
}

void
evcnt_attach_dynamic_nozero(struct evcnt *ev, int type,
    const struct evcnt *parent, const char *group, const char *name)
{
	size_t grouplen = strlen(group), namelen = strlen(name);

	KASSERT(grouplen < EVCNT_STRING_MAX);
	KASSERT(namelen < EVCNT_STRING_MAX);
	ev->ev_type = (u_char)type;
	ev->ev_parent = parent;
	ev->ev_group = group;
	ev->ev_grouplen = (u_char)grouplen;
	ev->ev_name = name;
	ev->ev_namelen = (u_char)namelen;
	evcnt_attach_static(ev);
}

void
evcnt_attach_dynamic(struct evcnt *ev, int type, const struct evcnt *parent,
    const char *group, const char *name)
{
	memset(ev, 0, sizeof(*ev));
	evcnt_attach_dynamic_nozero(ev, type, parent, group, name);
}

/*
 * => The counter is attached.  Afterwards its memory is the caller's.
 */
void
evcnt_detach(struct evcnt *ev)
{
	mutex_enter(&evcnt_lock);
	TAILQ_REMOVE(&allevents, ev, ev_list);
	mutex_exit(&evcnt_lock);
}

void
evcnt_foreach(int type, void (*func)(const struct evcnt *, void *), void *arg)
{
	const struct evcnt *ev;

	mutex_enter(&evcnt_lock);
	TAILQ_FOREACH(ev, &allevents, ev_list)
		if (type == EVCNT_TYPE_ANY || type == ev->ev_type)
			(*func)(ev, arg);
	mutex_exit(&evcnt_lock);
}
