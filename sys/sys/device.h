/*
 * Drivers name themselves in a link set; configure() calls each one's
 * attach function once, in thread context, in the order of the list of
 * sources.  A driver that finds nothing says nothing.
 */

#ifndef _SYS_DEVICE_H_
#define _SYS_DEVICE_H_

#include <sys/cdefs.h>

struct device_driver {
	const char *dd_name;
	void (*dd_attach)(void);
};

#define DEVICE_DRIVER(name, attach) \
	static const struct device_driver name##_driver = { #name, attach }; \
	__link_set_add_data(device_drivers, name##_driver)
__link_set_decl(device_drivers, const struct device_driver);

#endif
