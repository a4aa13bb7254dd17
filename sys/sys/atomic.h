/*
 * atomic_ops(3), atomic_loadstore(9) and membar_ops(3), on the compiler's
 * C11 atomics so that a host build can be checked by ThreadSanitizer.
 *
 * The read-modify-write operations are full barriers on x86, as every
 * NetBSD port with LOCK-prefixed instructions gives them.
 */

#ifndef _SYS_ATOMIC_H_
#define _SYS_ATOMIC_H_

#include <sys/types.h>

#define atomic_load_relaxed(p)	__atomic_load_n((p), __ATOMIC_RELAXED)
#define atomic_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_load_consume(p)	__atomic_load_n((p), __ATOMIC_CONSUME)
#define atomic_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define atomic_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

#define __ATOMIC_OPS(suffix, type, delta) \
static inline void \
atomic_add_##suffix(volatile type *p, delta d) \
{ \
	(void)__atomic_fetch_add(p, (type)d, __ATOMIC_SEQ_CST); \
} \
static inline type \
atomic_add_##suffix##_nv(volatile type *p, delta d) \
{ \
	return __atomic_add_fetch(p, (type)d, __ATOMIC_SEQ_CST); \
} \
static inline void \
atomic_inc_##suffix(volatile type *p) \
{ \
	(void)__atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST); \
} \
static inline type \
atomic_inc_##suffix##_nv(volatile type *p) \
{ \
	return __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST); \
} \
static inline void \
atomic_dec_##suffix(volatile type *p) \
{ \
	(void)__atomic_fetch_sub(p, 1, __ATOMIC_SEQ_CST); \
} \
static inline type \
atomic_dec_##suffix##_nv(volatile type *p) \
{ \
	return __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST); \
} \
static inline type \
atomic_swap_##suffix(volatile type *p, type v) \
{ \
	return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); \
} \
static inline type \
atomic_cas_##suffix(volatile type *p, type expected, type v) \
{ \
	__atomic_compare_exchange_n(p, &expected, v, false, \
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	return expected;	/* what was there before */ \
}

#define __ATOMIC_BITS(suffix, type) \
static inline void \
atomic_or_##suffix(volatile type *p, type v) \
{ \
	(void)__atomic_fetch_or(p, v, __ATOMIC_SEQ_CST); \
} \
static inline void \
atomic_and_##suffix(volatile type *p, type v) \
{ \
	(void)__atomic_fetch_and(p, v, __ATOMIC_SEQ_CST); \
}

__ATOMIC_OPS(32, uint32_t, int32_t)
__ATOMIC_OPS(64, uint64_t, int64_t)
__ATOMIC_OPS(uint, unsigned int, int)
__ATOMIC_OPS(ulong, unsigned long, long)
__ATOMIC_BITS(32, uint32_t)
__ATOMIC_BITS(64, uint64_t)
__ATOMIC_BITS(uint, unsigned int)
__ATOMIC_BITS(ulong, unsigned long)

static inline void *
atomic_swap_ptr(volatile void *p, void *v)
{
	return __atomic_exchange_n((void *volatile *)(uintptr_t)p, v,
	    __ATOMIC_SEQ_CST);
}

static inline void *
atomic_cas_ptr(volatile void *p, void *expected, void *v)
{
	__atomic_compare_exchange_n((void *volatile *)(uintptr_t)p, &expected,
	    v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return expected;
}

#define membar_acquire()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define membar_release()	__atomic_thread_fence(__ATOMIC_RELEASE)
#define membar_consumer()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define membar_producer()	__atomic_thread_fence(__ATOMIC_RELEASE)
#define membar_sync()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define membar_enter()		membar_sync()
#define membar_exit()		membar_release()
#define membar_datadep_consumer() __insn_barrier()

#endif
