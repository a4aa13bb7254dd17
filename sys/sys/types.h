/* Fixed-width and system types. */

#ifndef _SYS_TYPES_H_
#define _SYS_TYPES_H_

#include <sys/cdefs.h>

typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef long ssize_t;

typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;

typedef uintptr_t vaddr_t;
typedef uintptr_t vsize_t;
typedef uint64_t paddr_t;
typedef uint64_t psize_t;
typedef long register_t;
typedef int64_t time_t;
typedef int pid_t;
typedef int lwpid_t;
typedef int pri_t;
typedef u_int cpuid_t;

typedef _Bool bool;
#define true	1
#define false	0

#define NULL	((void *)0)
#define offsetof(t, m)	__builtin_offsetof(t, m)

#define INT_MAX		__INT_MAX__
#define INT_MIN		(-INT_MAX - 1)
#define UINT_MAX	(~0U)
#define LONG_MAX	__LONG_MAX__
#define LONG_MIN	(-LONG_MAX - 1L)
#define ULONG_MAX	(~0UL)
#define INT64_MAX	__INT64_MAX__
#define UINT64_MAX	(~(uint64_t)0)

struct cpu_info;
struct lwp;
struct trapframe;
typedef struct lwp lwp_t;

#endif
