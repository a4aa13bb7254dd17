/*
 * bus_space(9): a device's registers, whether they are I/O ports or memory.
 *
 * Any context.  Accesses are as wide and in the order as written.
 */

#ifndef _X86_BUS_H_
#define _X86_BUS_H_

#include <sys/types.h>
#include <machine/pmap.h>
#include <x86/cpufunc.h>

typedef enum { x86_bus_space_io, x86_bus_space_mem } bus_space_tag_t;
typedef uintptr_t bus_space_handle_t;	/* the first port, or its address */
typedef uint64_t bus_addr_t;
typedef uint64_t bus_size_t;

/* Thread context; a mapping is for ever. */
static inline bus_space_handle_t
bus_space_map(bus_space_tag_t tag, bus_addr_t addr, bus_size_t size)
{
	return tag == x86_bus_space_io ? (bus_space_handle_t)addr :
	    (bus_space_handle_t)pmap_mapdev(addr, size);
}

#define __BUS_SPACE(width, type, in, out) \
static inline type \
bus_space_read_##width(bus_space_tag_t tag, bus_space_handle_t h, bus_size_t off) \
{ \
	uintptr_t at = h + (uintptr_t)off; \
	return tag == x86_bus_space_io ? in((uint16_t)at) : \
	    *(volatile type *)at; \
} \
static inline void \
bus_space_write_##width(bus_space_tag_t tag, bus_space_handle_t h, bus_size_t off, type v) \
{ \
	uintptr_t at = h + (uintptr_t)off; \
	if (tag == x86_bus_space_io) \
		out((uint16_t)at, v); \
	else \
		*(volatile type *)at = v; \
}
__BUS_SPACE(1, uint8_t, inb, outb)
__BUS_SPACE(2, uint16_t, inw, outw)
__BUS_SPACE(4, uint32_t, inl, outl)

#endif
