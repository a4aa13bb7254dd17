/* bus_space(9), for drivers outside sys/arch. */

#ifndef _AMD64_BUS_H_
#define _AMD64_BUS_H_

#include <x86/bus.h>

#endif
