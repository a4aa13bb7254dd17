/* IPMI's keyboard controller style interface: one command and its answer. */

#ifndef _DEV_IPMI_KCS_H_
#define _DEV_IPMI_KCS_H_

#include <sys/types.h>
#include <machine/bus.h>

struct kcs {
	bus_space_tag_t kcs_tag;
	bus_space_handle_t kcs_handle;
	uint64_t kcs_deadline;		/* of the command under way */
};

#define KCS_TIMEOUT_US	250000		/* a whole command */

bool kcs_present(const struct kcs *);	/* is anything at the port? */

/*
 * kcs_command(kcs, request, n, answer, &len):
 *
 *	Any context; polls.
 *	=> 0, and len bytes of answer, of which there was room for as many.
 *	=> ETIMEDOUT it does not answer; EIO it said error, or nonsense.
 */
int kcs_command(struct kcs *, const uint8_t *, size_t, uint8_t *, size_t *);

#endif
