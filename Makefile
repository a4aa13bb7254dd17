# The NMI kernel: "make help" lists the targets.
#
# Everything that is built lies under build/.  The sources are named in
# sys/arch/$(ARCH)/conf/files, one a line; the test image is the product's
# objects and tests/kernel/*.c.

ARCH	= amd64
CC	= gcc
LD	= ld
NM	= nm
B	= build/$(ARCH)
V	= @

CFLAGS	= -std=gnu11 -ffreestanding -nostdinc -O2 -g -mno-red-zone -mgeneral-regs-only \
	-mcmodel=kernel -fno-pic -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-common \
	-fno-strict-aliasing -fcf-protection=none -fno-stack-protector -fno-asynchronous-unwind-tables \
	-ffile-prefix-map="$(CURDIR)"=. -DDIAGNOSTIC \
	-Wall -Wextra -Werror -Wshadow -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla -Wconversion \
	-Wframe-larger-than=1024
CPPFLAGS = -Isys -I$B/include -I$B
ASFLAGS	= -D__ASSEMBLER__ -fno-pic -g -ffile-prefix-map="$(CURDIR)"=. -Wa,--fatal-warnings
LDFLAGS	= -nostdlib -static -z noexecstack -z max-page-size=4096 --build-id --fatal-warnings \
	--orphan-handling=error -T sys/arch/$(ARCH)/conf/kernel.ldscript

# make DEBUG_ENTRY=1: every NMI is open to others early (vector.S).
DEBUG_ENTRY =
ASFLAGS	+= $(if $(filter 1,$(DEBUG_ENTRY)),-DDEBUG_ENTRY)

SRCS	:= $(shell cat sys/arch/$(ARCH)/conf/files)
OBJS	:= $(patsubst %,$B/%.o,$(basename $(SRCS)))
TESTSRCS := $(sort $(wildcard tests/kernel/*.c tests/kernel/*.S))
TESTOBJS := $(patsubst %,$B/%.o,$(basename $(TESTSRCS)))

SMP	= 4
MEM	= 256M
ACCEL	= tcg
MACHINE	= q35
QEMU	?= qemu-system-x86_64
BOOT	= $(QEMU) -M $(MACHINE) -accel $(ACCEL) -cpu max -smp $(SMP) -m $(MEM) \
	-display none -nic none -no-reboot -kernel $B/kernel $(if $(INITRD),-initrd $(INITRD)) \
	$(if $(APPEND),-append "$(APPEND)") $(QEMUFLAGS)

all: $B/kernel		## the kernel: build/amd64/kernel; DEBUG_ENTRY=1 lets NMIs in early

include tests/unit/unit.mk
include tests/fuzz/fuzz.mk

# Objects are made anew when the compiler or its flags change.
$B/.flags: FORCE
	$V mkdir -p $B/include
	$V ln -sfn "$(CURDIR)/sys/arch/$(ARCH)/include" $B/include/machine
	$V ln -sfn "$(CURDIR)/sys/arch/x86/include" $B/include/x86
	$V echo '$(CC) $(CFLAGS) $(ASFLAGS) $(LDFLAGS)' | cmp -s - $@ || \
		echo '$(CC) $(CFLAGS) $(ASFLAGS) $(LDFLAGS)' >$@

$B/assym.h: sys/arch/$(ARCH)/$(ARCH)/genassym.c $B/.flags Makefile
	$V $(CC) $(CFLAGS) $(CPPFLAGS) -MMD -MT $@ -MF $B/assym.d -g0 -S -o $B/genassym.s $<
	$V sed -n 's/.*->\([A-Z0-9_]*\) \([0-9]*\).*/#define \1 \2/p' $B/genassym.s >$@.tmp
	$V test -s $@.tmp && mv $@.tmp $@

$B/%.o: %.c $B/.flags Makefile
	@echo "CC $<"
	$V mkdir -p $(@D)
	$V $(CC) $(CFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$B/%.o: %.S $B/assym.h $B/.flags Makefile
	@echo "AS $<"
	$V mkdir -p $(@D)
	$V $(CC) $(ASFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

# The stubs as DEBUG_ENTRY=1 makes them, for an image of the tests with them.
$B/debug_entry/%.o: %.S $B/assym.h $B/.flags Makefile
	@echo "AS $< (DEBUG_ENTRY)"
	$V mkdir -p $(@D)
	$V $(CC) $(ASFLAGS) -DDEBUG_ENTRY $(CPPFLAGS) -MMD -MP -c -o $@ $<

# nmi_trap() ends in a jump to nmi_dispatch(); elsewhere traces matter more.
$B/sys/arch/x86/x86/nmi.o $B/sys/arch/x86/x86/nmi_trap.o: CFLAGS += -foptimize-sibling-calls

# Linked twice: the symbol table, last in the image, moves nothing.
define link
	@echo "LD $@"
	$V $(LD) $(LDFLAGS) $(WRAP) -o $@.tmp $(filter %.o,$^)
	$V $(NM) -n $@.tmp | awk -f sys/kern/makeksyms.awk >$@.ksyms.s
	$V $(CC) -c -o $@.ksyms.o $@.ksyms.s
	$V $(LD) $(LDFLAGS) $(WRAP) -o $@.tmp $(filter %.o,$^) $@.ksyms.o
	$V mv $@.tmp $@
endef

$B/kernel: $(OBJS)
# Its port 0x61 can be a model: tests/kernel/simport.c.
$B/kernel.test $B/kernel.test.debug_entry: WRAP = --wrap=nmi_port_read --wrap=nmi_port_write
$B/kernel.test: $(OBJS) $(TESTOBJS)
VECTOR	= sys/arch/$(ARCH)/$(ARCH)/vector.o
$B/kernel.test.debug_entry: $B/debug_entry/$(VECTOR) $(filter-out $B/$(VECTOR),$(OBJS)) $(TESTOBJS)
$B/kernel $B/kernel.test $B/kernel.test.debug_entry: $(wildcard sys/arch/$(ARCH)/conf/*) sys/kern/makeksyms.awk
	$(link)
test-kernel: $B/kernel.test	## the image with the in-kernel tests

iso: $B/kernel.iso	## a GRUB image for BIOS and UEFI: build/amd64/kernel.iso
%.iso: %
	$V rm -rf $@.d && mkdir -p $@.d/boot/grub && cp $< $@.d/boot/kernel
	$V cp sys/arch/$(ARCH)/conf/grub.cfg $@.d/boot/grub/
	$V grub-mkrescue -o $@ $@.d >$@.log 2>&1 || { cat $@.log; rm -f $@; exit 1; }

run: $B/kernel		## boot it here; monitor on Ctrl-A C; SMP= MEM= ACCEL= MACHINE= APPEND= INITRD= QEMUFLAGS=
	$(BOOT) -serial mon:stdio

demo: $B/kernel		## what it does, without a terminal, in half a minute
	$V /usr/bin/python3 tests/demo.py

check: all test-kernel iso $B/kernel.test.iso $B/kernel.test.debug_entry	## every test; T=NAME runs one, or several
	$V /usr/bin/python3 tests/check.py

# One session after the other, 1, 4 and 8 CPUs.
SESSIONS = test_ddb_stop.py::test_as_many_nmis_as_sessions \
	test_ddb_stop.py::test_the_next_nmi_may_come_before_all_have_left
storms: all test-kernel	## NMIs without a pause, STORM_SECONDS (30) each, and DDB_ROUNDS (1000) sessions of ddb
	$V STORM_SECONDS=$(or $(STORM_SECONDS),30) DDB_ROUNDS=$(or $(DDB_ROUNDS),1000) \
		T="test_storm.py $(SESSIONS)" /usr/bin/python3 tests/check.py

stops: all test-kernel	## watched machines that stand still for STOP_SECONDS (60)
	$V STOP_SECONDS=$(or $(STOP_SECONDS),60) T=test_watchdog.py::test_a_machine_that_stood_still_is_not_stuck \
		/usr/bin/python3 tests/check.py

check-exhaustive: all test-kernel $B/kernel.test.debug_entry	## an NMI at each instruction, long storms and stops; T=RANGE/VARIANT one row
	$V /usr/bin/python3 tests/inject/inject.py $(T)
	$V $(if $(T),,$(MAKE) --no-print-directory storms stops model-exhaustive)

check-mutants:		## take each protection out: its test must fail; T=TEXT some of them
	$V tests/mutants/run.py $(T)

model:			## models of the NMI protocols, checked by spin; M=TEXT some of them
	$V tests/model/run.py $(M)

model-exhaustive:	## the same with more CPUs and NMIs: minutes
	$V tests/model/run.py --exhaustive $(M)

check-bochs: $B/kernel.test.iso	## the kernel's own tests on Bochs: minutes
	$V tests/bochs/run.py

bench: all test-kernel	## measurements, also in build/bench.json
	$V /usr/bin/python3 tests/bench/bench.py

lint: all test-kernel	## layers, forbidden instructions, style
	$V tests/lint/run.sh

deps:			## install what build and tests need
	$V tests/deps.sh

help:			## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1|/p' Makefile tests/unit/unit.mk | sort | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

clean:			## remove build/
	rm -rf build

FORCE:
.PHONY: all test-kernel iso run demo check check-exhaustive storms stops check-mutants check-bochs \
	model model-exhaustive bench lint deps help clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
-include $(OBJS:.o=.d) $(TESTOBJS:.o=.d) $B/assym.d
