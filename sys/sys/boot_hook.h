/*
 * boot_hooks: a link set of functions that take over after boot in place
 * of the operator's console.  The product image has none; the test image's
 * runner is one.
 */

#ifndef _SYS_BOOT_HOOK_H_
#define _SYS_BOOT_HOOK_H_

#include <sys/cdefs.h>

struct boot_hook {
	void (*bh_func)(void);
};

#define BOOT_HOOK(func) \
	static const struct boot_hook func##_hook = { func }; \
	__link_set_add_data(boot_hooks, func##_hook)
__link_set_decl(boot_hooks, const struct boot_hook);

#endif
