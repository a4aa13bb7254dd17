/* How a value can be shown. */

#ifndef _DDB_DB_FORMAT_H_
#define _DDB_DB_FORMAT_H_

#include <sys/types.h>

struct db_format {
	char f_letter;
	size_t f_size;			/* that of every such value; 0: any */
	void (*f_print)(uint64_t, size_t);
};

/* NULL: no such letter. */
const struct db_format *db_format_find(char);

#endif
