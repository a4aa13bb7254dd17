#!/bin/sh
# shellcheck disable=SC2317	# passes() and rejects() call the functions below
#
# make lint: each check first on a sample that it must reject, then on the
# tree.  One line "ok NAME" or "not ok NAME" for each; status 1 if any failed.

set -u
cd "$(dirname "$0")/../.." || exit 1
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
failed=0

verdict() {	# STATUS NAME
	if [ "$1" -eq 0 ]; then
		echo "ok $2"
	else
		sed 's/^/# /' "$scratch/said"
		echo "not ok $2"
		failed=1
	fi
}

passes() {	# NAME COMMAND...: the tree must pass
	name=$1
	shift
	"$@" >"$scratch/said" 2>&1
	verdict $? "$name"
}

rejects() {	# NAME PATTERN COMMAND...: the bad sample must not, and for this reason
	name=$1
	pattern=$2
	shift 2
	if "$@" >"$scratch/said" 2>&1; then
		echo "nothing was found" >>"$scratch/said"
		verdict 1 "$name rejects its bad sample"
	else
		grep -q -- "$pattern" "$scratch/said"
		verdict $? "$name rejects its bad sample"
	fi
}

# Files git knows or would add, by patterns; all but build/ where there is no git.
files() {
	tests/lint/texts.py --list "$@"
}

# Programs without an ending are known by their first line.
scripts() {
	files | while read -r f; do
		head -c 40 "$f" 2>/dev/null | head -n 1 | grep -aq "^#!/bin/sh" && echo "$f"
	done
}

shells() {
	# shellcheck disable=SC2046	# one word a file: no name here has blanks
	shellcheck $(scripts)
}

pythons() {
	# shellcheck disable=SC2046
	python3=/usr/bin/python3 &&
	    $python3 -m pyflakes $(files '*.py') &&
	    $python3 -m pycodestyle --max-line-length=100 $(files '*.py')
}

manuals() {
	pages=$(files 'sys/share/man/*')
	# shellcheck disable=SC2086
	[ -z "$pages" ] || mandoc -T lint -W warning $pages
}

# The samples are text here, so that no bad file lies in the tree.
sample() {	# FILE: standard input, below scratch
	mkdir -p "$scratch/$(dirname "$1")"
	cat >"$scratch/$1"
}

sample tree/sys/sys/low.h <<'END'
#include <kern/high.h>
END
sample tree/sys/kern/mi.c <<'END'
#include <x86/cpufunc.h>
#include <ddb/ddb.h>
#include <machine/cpu.h>
END
rejects "layers: upward" "low.h:1: .*not left" tests/lint/layers.py "$scratch/tree"
rejects "layers: past <machine>" "mi.c:1: .*machine-independent" tests/lint/layers.py "$scratch/tree"
rejects "layers: sideways" "mi.c:2: .*not left" tests/lint/layers.py "$scratch/tree"
passes "layers" tests/lint/layers.py

sample apic/lapic.c <<'END'
#define LAPIC_ICR_SELF 0x40000
#define LAPIC_ICR_NMI 0x00400
void send(void) { icr(LAPIC_ICR_SELF |
	LAPIC_ICR_NMI); }
void lvt(void) { write(LAPIC_LVT_PERF, 0x600); }
END
rejects "apic: self shorthand" "lapic.c:3: an NMI by the self" tests/lint/apic.py "$scratch/apic"
rejects "apic: reserved mode" "lapic.c:5: a reserved" tests/lint/apic.py "$scratch/apic"
passes "apic" tests/lint/apic.py

sample red.c <<'END'
int f(int a) { volatile int b[4]; b[0] = a; b[3] = a; return b[0] + b[3]; }
END
sample vector.c <<'END'
double f(double a) { return a * 2; }
END
sample x87.c <<'END'
long double f(long double a) { return a * 2; }
END
for f in red vector x87; do
	gcc -O2 -ffreestanding -fcf-protection=none -c -o "$scratch/$f.o" "$scratch/$f.c"
done
gcc -O2 -ffreestanding -mno-red-zone -mgeneral-regs-only -c -o "$scratch/good.o" "$scratch/red.c"
rejects "objcheck: red zone" "below the stack pointer" tests/lint/objcheck.py "$scratch/red.o"
rejects "objcheck: vector" "vector or x87" tests/lint/objcheck.py "$scratch/vector.o"
rejects "objcheck: x87" "vector or x87" tests/lint/objcheck.py "$scratch/x87.o"
passes "objcheck accepts a good sample" tests/lint/objcheck.py "$scratch/good.o"
passes "objcheck" tests/lint/objcheck.py build/amd64/kernel

# A stub and what it calls, linked, as the kernel is.
stack_sample() {	# NAME: standard input
	sample "$1.c"
	gcc -g -O1 -fcf-protection=none -fno-inline -static -nostdlib -Wl,-e,vector_nmi_msr \
	    -o "$scratch/$1" "$scratch/$1.c"
}
stack_sample deep <<'END'
void use(volatile char *p) { p[0] = 1; }
void handler(void) { volatile char a[9000]; use(a); }
void vector_nmi_msr(void) { handler(); }
END
stack_sample recursive <<'END'
void two(volatile int *);
void one(volatile int *p) { volatile int a = *p; if (a != 0) two(&a); *p = a; }
void two(volatile int *p) { volatile int a = *p; one(&a); *p = a; }
void vector_nmi_msr(void) { volatile int a = 1; one(&a); }
END
stack_sample pointer <<'END'
void (*volatile func)(void);
int vector_nmi_msr(void) { func(); return 1; }
END
stack_sample unknown <<'END'
void vector_nmi_msr(void) { __asm("mov %rax, %rsp"); }
END
stack_sample loop <<'END'
void vector_nmi_msr(void) { __asm("1: push %rax; jne 1b; mov %rbp, %rax"); }
END
stack_sample shallow <<'END'
void use(volatile char *p) { p[0] = 1; }
void handler(void) { volatile char a[2000]; use(a); }
void vector_nmi_msr(void) { handler(); }
END
stack() {
	tests/lint/stack.py "$@" vector_nmi_msr
}
rejects "stack: too deep" "NMI stack: 9[0-9]* of .* handler 90" stack "$scratch/deep"
rejects "stack: recursion" "without a bound: one > two > one" stack "$scratch/recursive"
rejects "stack: pointer" "pointer.c:vector_nmi_msr, which is in no table" stack "$scratch/pointer"
rejects "stack: lost" "mov %rax,%rsp" stack "$scratch/unknown"
rejects "stack: growing" "a loop that pushes" stack "$scratch/loop"
passes "stack accepts a good sample" stack "$scratch/shallow"
passes "stack of the NMI path" tests/lint/stack.py build/amd64/kernel
tail -n 1 "$scratch/said" | sed 's/^/# /'

mkdir -p "$scratch/tree/build/amd64" && git init -q "$scratch/tree"
printf 'all:\n\tmkdir -p build/amd64 && pwd >build/amd64/kernel\n' >"$scratch/tree/Makefile"
echo build >"$scratch/tree/.gitignore"
make -s -C "$scratch/tree"
rejects "the same bytes in another folder" "differ" tests/lint/reproduce.sh "$scratch/tree"
passes "the same bytes in another folder" tests/lint/reproduce.sh .

sample style.c <<'END'
int f(int a){
  if(a) return 1;
  return 0;
}
END
cp .clang-format "$scratch"
rejects "knf" "style.c:1" tests/lint/knf.py --file "$scratch/style.c"
passes "knf on changed lines" tests/lint/knf.py

printf '#ifdef X\nint a; \n#endif\nchar *p = "/%s/me";' home | sample texts.c
rejects "texts: conditional" "texts.c:1: conditional" tests/lint/texts.py "$scratch/texts.c"
rejects "texts: blanks" "texts.c:2: blanks" tests/lint/texts.py "$scratch/texts.c"
rejects "texts: path" "texts.c:4: a path" tests/lint/texts.py "$scratch/texts.c"
rejects "texts: newline" "no newline" tests/lint/texts.py "$scratch/texts.c"
rejects "texts: first comment" "begin with a comment" tests/lint/texts.py "$scratch/texts.c"
passes "texts" tests/lint/texts.py

# shellcheck disable=SC2016	# the sample's own $1
printf '#!/bin/sh\nrm $1\n' | sample bad.sh
rejects "shellcheck" SC2086 shellcheck "$scratch/bad.sh"
passes "shellcheck" shells

printf 'import os\nx = undefined\n' | sample flakes.py
rejects "pyflakes" "undefined name" /usr/bin/python3 -m pyflakes "$scratch/flakes.py"
printf 'x=1\n' | sample style.py
rejects "pycodestyle" E225 /usr/bin/python3 -m pycodestyle "$scratch/style.py"
passes "python" pythons

printf '.Dd x\n.Sh\n.Foo\n' | sample bad.9
rejects "mandoc" "bad.9" mandoc -T lint -W warning "$scratch/bad.9"
passes "manual pages" manuals

exit $failed
