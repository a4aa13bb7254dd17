/* Compiler spelling: the attributes and small macros every file uses. */

#ifndef _SYS_CDEFS_H_
#define _SYS_CDEFS_H_

#define __CONCAT1(x, y)	x##y
#define __CONCAT(x, y)	__CONCAT1(x, y)
#define __STRING(x)	#x
#define ___STRING(x)	__STRING(x)

#define __dead		__attribute__((__noreturn__))
#define __unused	__attribute__((__unused__))
#define __used		__attribute__((__used__))
#define __packed	__attribute__((__packed__))
#define __aligned(x)	__attribute__((__aligned__(x)))
#define __section(x)	__attribute__((__section__(x)))
#define __noinline	__attribute__((__noinline__))
#define __always_inline	__attribute__((__always_inline__))
#define __weak		__attribute__((__weak__))
#define __printflike(f, a) __attribute__((__format__(__printf__, f, a)))
#define __predict_true(e)  __builtin_expect((e) != 0, 1)
#define __predict_false(e) __builtin_expect((e) != 0, 0)
#define __insn_barrier() __asm volatile("" ::: "memory")

#define COHERENCY_UNIT	64
#define __cacheline_aligned __aligned(COHERENCY_UNIT)

#define __UNCONST(a)	((void *)(uintptr_t)(const void *)(a))
#define __UNVOLATILE(a)	((void *)(uintptr_t)(volatile void *)(a))
#define __arraycount(a)	(sizeof(a) / sizeof((a)[0]))
#define __containerof(ptr, type, member) \
	((type *)((uintptr_t)(ptr) - offsetof(type, member)))
#define __BIT(n)	(1UL << (n))
#define __BITS(hi, lo)	((__BIT(hi) | (__BIT(hi) - 1UL)) & ~(__BIT(lo) - 1UL))
#define __SHIFTIN(v, m)	 ((v) * ((m) & -(m)))
#define __SHIFTOUT(v, m) (((v) & (m)) / ((m) & -(m)))
#define CTASSERT(x)	_Static_assert(x, #x)

/*
 * Link sets: tables whose entries are written where their subject lives.
 * __link_set_add_data(set, item) puts &item into the table; the linker
 * script keeps the sections and __start_/__stop_ delimit them.
 */
#define __link_set_add_data(set, sym) \
	static const void *const __CONCAT(__link_set_, __CONCAT(set, __CONCAT(_, sym))) \
	    __used __section("link_set_" #set) = &(sym)
#define __link_set_decl(set, type) \
	extern type *const __CONCAT(__start_link_set_, set)[] __weak; \
	extern type *const __CONCAT(__stop_link_set_, set)[] __weak
#define __link_set_start(set)	(__CONCAT(__start_link_set_, set))
#define __link_set_end(set)	(__CONCAT(__stop_link_set_, set))
#define __link_set_count(set)	((size_t)(__link_set_end(set) - __link_set_start(set)))

#endif
