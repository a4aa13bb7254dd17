# Unit tests: kernel files built on the host, with ASan and UBSan.
#
# To add one:
#	1. write tests/unit/NAME_test.c: <sys/param.h>, the headers of what is
#	   tested, "unit.h"; functions with CHECK(), CHECK_PANIC(); and a
#	   unit_main() that calls RUN(function) for each of them;
#	2. put NAME into UNIT_TESTS, and the kernel files it needs into
#	   UNIT_NAME = ... (libkern, unit.c and shim.c are always there):
#	   one line below.
# shim.c stands in for mutexes, panic, the CPU and the console.  All of it is
# weak: naming the real file in UNIT_NAME replaces it.  Headers in
# tests/unit/include come before the kernel's; names that the C library has,
# too, are changed by unit_names.h.
#
#	make unit			builds and runs all
#	make unit UNIT_TESTS=kmem	one; or run build/unit/kmem [FUNCTION]

UNIT_NMI	= nmi nmi_tsan nmi_dropin nmi_dropin_tsan
UNIT_TESTS ?= acpi atomic bootinfo evcnt hpet hwdog kmem line lockup mem msgbuf page percpu perfctr prf printf queue \
	shell string strto sysctl $(UNIT_NMI)

UNIT_acpi	= sys/arch/x86/x86/acpi.c sys/arch/x86/x86/acpi_madt.c sys/arch/x86/x86/acpi_power.c tests/unit/fakephys.c
UNIT_bootinfo	= sys/arch/x86/x86/bootinfo.c sys/arch/x86/x86/pvh.c sys/arch/x86/x86/multiboot2.c tests/unit/fakephys.c
UNIT_evcnt	= sys/kern/subr_evcnt.c
UNIT_hwdog	= $(addprefix sys/dev/,i6300esb.c ib700.c ipmi_kcs.c ipmi_wdog.c) sys/arch/x86/x86/pci.c tests/unit/hwdog_model.c
UNIT_kmem	= sys/kern/subr_kmem.c sys/kern/subr_kmem_class.c sys/kern/subr_page.c
UNIT_line	= sys/console/line.c
UNIT_msgbuf	= sys/kern/subr_msgbuf.c
UNIT_page	= sys/kern/subr_page.c
UNIT_percpu	= sys/kern/subr_percpu.c $(UNIT_kmem)
UNIT_prf	= sys/kern/subr_prf.c sys/kern/subr_msgbuf.c
UNIT_shell	= sys/console/shell.c sys/console/line.c sys/console/cmd_sysctl.c $(UNIT_sysctl)
UNIT_sysctl	= sys/kern/kern_sysctl.c sys/kern/kern_sysctl_conf.c

HOSTCC		= gcc
UB		= build/unit
UNIT_SAN	= -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_CFLAGS	= -std=gnu11 -O1 -g $(UNIT_SAN) -fno-omit-frame-pointer -fno-pie -fno-common \
	-fno-strict-aliasing -DDIAGNOSTIC -Wall -Wextra -Werror -Wshadow -Wundef -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wconversion
UNIT_KFLAGS	= -ffreestanding -nostdinc -include tests/unit/include/unit_names.h \
	-Itests/unit/include -Itests/unit -Isys -I$(UB)/include
UNIT_COMMON	= $(sort $(wildcard sys/lib/libkern/*.c)) tests/unit/shim.c
UNIT_PROGS	= $(UNIT_TESTS:%=$(UB)/%)

UNIT_PLAIN	= $(filter-out $(UNIT_NMI),$(UNIT_TESTS))

unit_objs	= $(patsubst %.c,$(UB)/obj/%.o,tests/unit/$(1)_test.c $(UNIT_$(1)) $(UNIT_COMMON))
UNIT_OBJS	= $(sort $(foreach t,$(UNIT_PLAIN),$(call unit_objs,$t)))

unit: $(UNIT_PROGS)	## the unit tests, on the host
	$V tests/unit/run.sh $(UNIT_PROGS)

$(UB)/.flags: FORCE
	$V mkdir -p $(UB)/include
	$V ln -sfn "$(CURDIR)/sys/arch/amd64/include" $(UB)/include/machine
	$V ln -sfn "$(CURDIR)/sys/arch/x86/include" $(UB)/include/x86
	$V echo '$(HOSTCC) $(UNIT_CFLAGS) $(UNIT_KFLAGS)' | cmp -s - $@ || \
	    echo '$(HOSTCC) $(UNIT_CFLAGS) $(UNIT_KFLAGS)' >$@

$(UB)/obj/%.o: %.c $(UB)/.flags
	$V mkdir -p $(@D)
	$V $(HOSTCC) $(UNIT_CFLAGS) $(UNIT_KFLAGS) -MMD -MP -c -o $@ $<

# The part that belongs to the host and sees its headers, not the kernel's.
$(UB)/unit.o: tests/unit/unit.c $(UB)/.flags
	$V $(HOSTCC) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

define unit_prog
$(UB)/$(1): $(call unit_objs,$(1)) $(UB)/unit.o tests/unit/unit.mk
	@echo "UNIT $(1)"
	$V $(HOSTCC) $(UNIT_SAN) -no-pie -pthread -o $$@ $$(filter %.o,$$^)
endef
$(foreach t,$(UNIT_PLAIN),$(eval $(call unit_prog,$t)))

# nmi.c with threads: by ASan and UBSan, by TSan, and each of them again with
# the nmivar.h of dropin/, which does nothing.
NMI_TSAN	= -fsanitize=thread
NMI_HOST	= tests/unit/unit.c tests/unit/nmi_host.c
NMI_SRCS	= tests/unit/nmi_test.c tests/unit/nmi_shim.c sys/arch/x86/x86/nmi.c $(UNIT_COMMON) $(NMI_HOST)

# name, sanitizers, include path, the test of the notes
define nmi_prog
$(UB)/$(1).o/%.o: %.c $(UB)/.flags
	$$V mkdir -p $$(@D)
	$$V $(HOSTCC) $(filter-out -fsanitize%,$(UNIT_CFLAGS)) $(2) \
	    $$(if $$(filter $(NMI_HOST),$$<),,$(3) $(UNIT_KFLAGS)) -MMD -MP -c -o $$@ $$<
$(UB)/$(1): $(patsubst %.c,$(UB)/$(1).o/%.o,$(NMI_SRCS) $(4)) tests/unit/unit.mk
	@echo "UNIT $(1)"
	$$V $(HOSTCC) $(2) -no-pie -pthread -o $$@ $$(filter %.o,$$^)
-include $(patsubst %.c,$(UB)/$(1).o/%.d,$(NMI_SRCS) $(4))
endef
$(eval $(call nmi_prog,nmi,$(UNIT_SAN),,tests/unit/nmi_note.c))
$(eval $(call nmi_prog,nmi_tsan,$(NMI_TSAN),,tests/unit/nmi_note.c))
$(eval $(call nmi_prog,nmi_dropin,$(UNIT_SAN),-Itests/unit/dropin,tests/unit/dropin/nmi_note.c))
$(eval $(call nmi_prog,nmi_dropin_tsan,$(NMI_TSAN),-Itests/unit/dropin,tests/unit/dropin/nmi_note.c))

.PHONY: unit
-include $(UNIT_OBJS:.o=.d) $(UB)/unit.d
