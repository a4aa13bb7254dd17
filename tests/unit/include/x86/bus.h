/* bus_space(9) of the host build: a test models what is at the other end. */

#ifndef _UNIT_X86_BUS_H_
#define _UNIT_X86_BUS_H_

#include <sys/types.h>

typedef enum { x86_bus_space_io, x86_bus_space_mem } bus_space_tag_t;
typedef uintptr_t bus_space_handle_t;
typedef uint64_t bus_addr_t;
typedef uint64_t bus_size_t;

/* The test's: one access of that many bytes. */
uint32_t bus_model_read(bus_space_tag_t, uint64_t, u_int);
void bus_model_write(bus_space_tag_t, uint64_t, u_int, uint32_t);

static inline bus_space_handle_t
bus_space_map(bus_space_tag_t tag __unused, bus_addr_t addr, bus_size_t size __unused)
{
	return addr;
}

#define __BUS_SPACE(width, type) \
static inline type \
bus_space_read_##width(bus_space_tag_t tag, bus_space_handle_t h, bus_size_t off) \
{ \
	return (type)bus_model_read(tag, h + off, width); \
} \
static inline void \
bus_space_write_##width(bus_space_tag_t tag, bus_space_handle_t h, bus_size_t off, type v) \
{ \
	bus_model_write(tag, h + off, width, v); \
}
__BUS_SPACE(1, uint8_t)
__BUS_SPACE(2, uint16_t)
__BUS_SPACE(4, uint32_t)

#endif
