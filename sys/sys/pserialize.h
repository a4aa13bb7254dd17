/*
 * pserialize(9): readers that cost two instructions, and writers that wait
 * until every reader that could have seen the old state is gone.
 */

#ifndef _SYS_PSERIALIZE_H_
#define _SYS_PSERIALIZE_H_

#include <sys/types.h>

struct pserialize;
typedef struct pserialize *pserialize_t;

pserialize_t pserialize_create(void);
void pserialize_destroy(pserialize_t);
void pserialize_perform(pserialize_t);
int pserialize_read_enter(void);
void pserialize_read_exit(int);

#endif
