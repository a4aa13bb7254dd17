/* What an NMI handler outside sys/arch includes: nmi(9), its log, nmi_defer(9). */

#ifndef _AMD64_NMI_H_
#define _AMD64_NMI_H_

#include <x86/nmi.h>
#include <x86/nmi_defer.h>
#include <x86/nmi_log.h>

#endif
