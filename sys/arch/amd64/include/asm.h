/* What every assembler file of amd64 uses. */

#ifndef _AMD64_ASM_H_
#define _AMD64_ASM_H_

#define ENTRY(name) \
	.globl name; .type name,@function; .balign 16; name:
#define LOCAL_ENTRY(name) \
	.type name,@function; .balign 16; name:
#define END(name) \
	.size name, . - name

#endif
