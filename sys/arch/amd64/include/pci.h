/* The PCI bus, for drivers outside sys/arch. */

#ifndef _AMD64_PCI_H_
#define _AMD64_PCI_H_

#include <x86/pcireg.h>
#include <x86/pcivar.h>

#endif
