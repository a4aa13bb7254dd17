/*
 * Memory, as the debugger reads and writes it: by kcopy(), so that an
 * address that is not there is an error and no fault.
 */

#include <sys/systm.h>

#include <ddb/ddb.h>

static const struct {
	char s_letter;
	size_t s_size;
} sizes[] = {
	{ 'b', 1 },
	{ 'h', 2 },
	{ 'l', 4 },
	{ 'L', 8 },
	{ 'q', 8 },
};

void
db_read_bytes(vaddr_t va, size_t size, void *to)
{
	if (kcopy((const void *)va, to, size) != 0)
		db_fault();
}

void
db_write_bytes(vaddr_t va, size_t size, const void *from)
{
	if (db_write_kernel(va, from, size) != 0)
		db_fault();
}

/* Little endian: the low bytes of the value. */
uint64_t
db_get_value(vaddr_t va, size_t size)
{
	uint64_t value = 0;

	db_read_bytes(va, size, &value);
	return value;
}

void
db_put_value(vaddr_t va, size_t size, uint64_t value)
{
	db_write_bytes(va, size, &value);
}

size_t
db_size_modifier(char c, size_t size)
{
	for (size_t i = 0; i < __arraycount(sizes); i++)
		if (sizes[i].s_letter == c)
			return sizes[i].s_size;
	return size;
}
