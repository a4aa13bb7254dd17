/* What a thread of user mode keeps of the CPU while it does not run. */

#ifndef _AMD64_PROC_H_
#define _AMD64_PROC_H_

#include <sys/types.h>

struct mdlwp {
	uint64_t md_fsbase, md_gsbase;	/* user mode's, any canonical address */
	uint16_t md_ds, md_es, md_fs, md_gs;
};

#endif
