# Fuzzing: kernel files that read what a person or a cable sends, built on the
# host by clang with libFuzzer, ASan and UBSan.
#
# To add a target:
#	1. write tests/fuzz/NAME.c: "fuzz.h" and a fuzz_one();
#	2. put NAME into FUZZ_TARGETS, the kernel files into FUZZ_NAME, and into
#	   FUZZ_RUNS_NAME how many runs take about four seconds;
#	3. put inputs to begin with into tests/fuzz/corpus/NAME/.
# Words to compose inputs of may be given in tests/fuzz/NAME.dict.  What the
# kernel files need else comes from the unit tests' shim.c and headers, as
# unit.mk says.
#
# Always the same runs: the seed and their number are fixed.  A failure leaves
# its bytes in build/fuzz/; once it is understood they belong into the corpus,
# as bug-WHAT.
#
#	make fuzz				builds and runs all
#	make fuzz FUZZ_TARGETS=ddb_expr FUZZ_RUNS=10000000
#	build/fuzz/NAME FILE			one input again

FUZZ_TARGETS ?= ddb_command ddb_edit ddb_expr sysctl_conf sysctl_text

ddb_files	= $(patsubst %,sys/ddb/db_%.c,$(1)) sys/arch/amd64/amd64/db_stack.S tests/fuzz/ddb_shim.c
FUZZ_ddb_command = $(call ddb_files,access break command examine expr format input lex output run variables)
FUZZ_ddb_edit	= $(call ddb_files,input)
FUZZ_ddb_expr	= $(call ddb_files,access expr input lex variables)
FUZZ_sysctl_conf = $(UNIT_sysctl)
FUZZ_sysctl_text = $(UNIT_sysctl)
FUZZ_RUNS_ddb_command	= 6000
FUZZ_RUNS_ddb_edit	= 6000
FUZZ_RUNS_ddb_expr	= 60000
FUZZ_RUNS_sysctl_conf	= 20000
FUZZ_RUNS_sysctl_text	= 60000

FUZZCC		= clang
FB		= build/fuzz
FUZZ_CFLAGS	= $(filter-out -fno-pie,$(subst $(UNIT_SAN),,$(UNIT_CFLAGS))) $(UNIT_SAN)
FUZZ_KFLAGS	= $(UNIT_KFLAGS) -Itests/fuzz
FUZZ_PROGS	= $(FUZZ_TARGETS:%=$(FB)/%)

fuzz_objs	= $(patsubst %,$(FB)/obj/%.o,$(basename tests/fuzz/$(1).c $(FUZZ_$(1)) $(UNIT_COMMON)))
FUZZ_OBJS	= $(sort $(foreach t,$(FUZZ_TARGETS),$(call fuzz_objs,$t)))

fuzz: $(FUZZ_PROGS)	## the fuzzers: a fixed number of runs of each
	$V tests/fuzz/run.sh $(foreach t,$(FUZZ_TARGETS),$t $(or $(FUZZ_RUNS),$(FUZZ_RUNS_$t)))

$(FB)/.flags: $(UB)/.flags FORCE
	$V mkdir -p $(FB)
	$V echo '$(FUZZCC) $(FUZZ_CFLAGS) $(FUZZ_KFLAGS)' | cmp -s - $@ || \
	    echo '$(FUZZCC) $(FUZZ_CFLAGS) $(FUZZ_KFLAGS)' >$@

$(FB)/obj/%.o: %.c $(FB)/.flags
	$V mkdir -p $(@D)
	$V $(FUZZCC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link $(FUZZ_KFLAGS) -MMD -MP -c -o $@ $<

$(FB)/obj/%.o: %.S $(FB)/.flags
	$V mkdir -p $(@D)
	$V $(FUZZCC) -D__ASSEMBLER__ $(FUZZ_KFLAGS) -MMD -MP -c -o $@ $<

# The part that belongs to the host and sees its headers, not the kernel's.
$(FB)/fuzz.o: tests/fuzz/fuzz.c $(FB)/.flags
	$V $(FUZZCC) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

define fuzz_prog
$(FB)/$(1): $(call fuzz_objs,$(1)) $(FB)/fuzz.o tests/fuzz/fuzz.mk
	@echo "FUZZ $(1)"
	$V $(FUZZCC) $(UNIT_SAN) -fsanitize=fuzzer -o $$@ $$(filter %.o,$$^)
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_prog,$t)))

.PHONY: fuzz
-include $(FUZZ_OBJS:.o=.d) $(FB)/fuzz.d
