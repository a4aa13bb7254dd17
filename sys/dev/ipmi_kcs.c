/*
 * IPMI's keyboard controller style interface, polled.
 *
 * Every step is acknowledged by the controller's state; a wrong one ends
 * the command with EIO, and one that does not come before the deadline with
 * ETIMEDOUT.  A new command may begin at any moment, also amid another one:
 * the controller then forgets that.
 */

#include <sys/param.h>
#include <sys/kernel.h>

#include <dev/ipmi_kcs.h>

#define KCS_DATA	0
#define KCS_CONTROL	1		/* write: control; read: status */

#define KCS_OBF		0x01		/* a byte for us to read */
#define KCS_IBF		0x02		/* ours has not been read yet */
#define KCS_STATE	0xc0
#define KCS_IDLE	0x00
#define KCS_READING	0x40
#define KCS_WRITING	0x80
#define KCS_NOTHING	0xff

#define KCS_WRITE_START	0x61
#define KCS_WRITE_END	0x62
#define KCS_READ	0x68

#define KCS_MESSAGE	64		/* the longest answer */

static uint8_t
kcs_status(const struct kcs *kcs)
{
	return bus_space_read_1(kcs->kcs_tag, kcs->kcs_handle, KCS_CONTROL);
}

bool
kcs_present(const struct kcs *kcs)
{
	return kcs_status(kcs) != KCS_NOTHING;
}

/* Looks once more after the deadline: it may be us who was late. */
static int
kcs_wait(const struct kcs *kcs, uint8_t mask, uint8_t want)
{
	bool late;

	do {
		late = uptime_us() >= kcs->kcs_deadline;
		if ((kcs_status(kcs) & mask) == want)
			return 0;
	} while (!late);
	return ETIMEDOUT;
}

/* It has read our byte; what it left for us meanwhile is of no interest. */
static int
kcs_taken(const struct kcs *kcs, uint8_t *state)
{
	int error = kcs_wait(kcs, KCS_IBF, 0);

	*state = kcs_status(kcs) & KCS_STATE;
	return error;
}

static int
kcs_put(const struct kcs *kcs, bus_size_t reg, uint8_t v, uint8_t want)
{
	uint8_t state;
	int error;

	bus_space_write_1(kcs->kcs_tag, kcs->kcs_handle, reg, v);
	if ((error = kcs_taken(kcs, &state)) != 0)
		return error;
	if (want == KCS_WRITING)
		(void)bus_space_read_1(kcs->kcs_tag, kcs->kcs_handle, KCS_DATA);
	return state == want ? 0 : EIO;
}

/* The last byte of a request is announced. */
static int
kcs_write(const struct kcs *kcs, const uint8_t *p, size_t n)
{
	int error = kcs_wait(kcs, KCS_IBF, 0);

	if (error == 0)
		error = kcs_put(kcs, KCS_CONTROL, KCS_WRITE_START, KCS_WRITING);
	for (; error == 0 && n > 1; n--)
		error = kcs_put(kcs, KCS_DATA, *p++, KCS_WRITING);
	if (error == 0)
		error = kcs_put(kcs, KCS_CONTROL, KCS_WRITE_END, KCS_WRITING);
	if (error == 0)
		error = kcs_put(kcs, KCS_DATA, *p, KCS_READING);
	return error;
}

/* Idle, it has one more byte, which means nothing. */
static int
kcs_read(const struct kcs *kcs, uint8_t *p, size_t *len)
{
	size_t room = *len, n = 0;
	uint8_t state = KCS_READING, v;
	int error;

	for (u_int i = 0; i < KCS_MESSAGE; i++) {
		if ((error = kcs_wait(kcs, KCS_OBF, KCS_OBF)) != 0)
			return error;
		v = bus_space_read_1(kcs->kcs_tag, kcs->kcs_handle, KCS_DATA);
		if (state == KCS_IDLE) {
			*len = n;
			return 0;
		}
		if (n < room)
			p[n++] = v;
		bus_space_write_1(kcs->kcs_tag, kcs->kcs_handle, KCS_DATA, KCS_READ);
		if ((error = kcs_taken(kcs, &state)) != 0)
			return error;
		if (state != KCS_READING && state != KCS_IDLE)
			return EIO;
	}
	return EIO;
}

int
kcs_command(struct kcs *kcs, const uint8_t *request, size_t n, uint8_t *answer,
    size_t *len)
{
	int error;

	kcs->kcs_deadline = uptime_us() + KCS_TIMEOUT_US;
	error = kcs_write(kcs, request, n);
	return error != 0 ? error : kcs_read(kcs, answer, len);
}
