#!/usr/bin/python3
"""How deep the NMI stack gets, at worst, from the call graph of an image.

    stack.py IMAGE [ROOT...]    default: the NMI stubs

Every function reached from the stubs is walked instruction by instruction:
pushes, moves of the stack pointer, calls.  A call through a pointer goes to
all functions that calls.py names for the source line it stands on; one that
it does not know is an error, and so is recursion without a bound and a stack
pointer that cannot be followed.

Interrupts are off in an NMI.  A fault lands on the same stack: kcopy(), the
only reader of doubtful addresses, is counted with the one it recovers from.
The second number is for a bug: a fatal trap at the deepest point.
Both must be below the size of the stack.
"""

import os
import re
import subprocess
import sys

from calls import ANY, BOUNDS, EARLY, ELSEWHERE, GUARD, HANDLERS, POINTERS, SWITCHES, handlers

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOTS = ["vector_nmi_fsgsbase", "vector_nmi_msr"]
HARDWARE = 5 * 8        # ss, rsp, rflags, cs, rip
FAULT = "alltraps"      # where faults arrive, at their own hardware frame
FAULT_PUSHED = HARDWARE + 16    # with error code and number
RECOVERY = (FAULT, "trap", "fault_recover")     # the first two never inlined


class Trouble(Exception):
    pass


LINE = re.compile(r"^\s*([0-9a-f]+):\t(\S+)\s*(.*)$")
SYMBOL = re.compile(r"^([0-9a-f]+) <(.+)>:$")
TARGET = re.compile(r"^([0-9a-f]+) <")
IMMEDIATE = re.compile(r"^\$(0x[0-9a-f]+),%rsp$")
INDEXED = re.compile(r"^(-?0x[0-9a-f]+|)\((%r[bs]p)\),(%r[bs]p)$")
PREFIXES = ("notrack", "bnd", "cs", "ds", "rep", "repz", "lock", "data16")
PADDING = ("nop", "xchg", "int3")
ENDS = ("ud2", "sysret", "sysretq")


def signed(text):
    """A 64-bit immediate."""
    value = int(text, 16)
    return value - (1 << 64) if value >= 1 << 63 else value


class Image:
    """Instructions and symbols of a linked file."""

    def __init__(self, path):
        self.path = path
        self.code = {}      # address: (operation, operands, next address)
        self.starts = {}    # address: name
        self.named = {}     # name: address
        self.symbol = {}    # address of an instruction: start of its symbol
        listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path],
                                 stdout=subprocess.PIPE, text=True, check=True).stdout
        start = last = None
        for text in listing.splitlines():
            named = SYMBOL.match(text)
            if named:
                start = int(named.group(1), 16)
                self.starts[start] = named.group(2)
                self.named[named.group(2)] = start
            found = LINE.match(text)
            if not found:
                continue
            address, operation, operands = int(found.group(1), 16), found.group(2), found.group(3)
            operands = operands.split("#")[0].strip()
            while operation in PREFIXES:
                operation, _, operands = operands.partition(" ")
                operands = operands.strip()
            if last is not None:
                self.code[last] = self.code[last][:2] + (address,)
            self.code[address] = (operation, operands, None)
            self.symbol[address] = start
            last = address

    def source(self, addresses):
        """{address: (file, function)}, of the innermost inlined function."""
        if not addresses:
            return {}
        run = subprocess.run(["addr2line", "-a", "-f", "-i", "-e", self.path]
                             + ["%#x" % a for a in addresses],
                             stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        return {int(text, 16): (os.path.basename(run[n + 2].split(":")[0]), run[n + 1])
                for n, text in enumerate(run) if text.startswith("0x")}


class Function:
    """What one function does to the stack, and whom it calls how deep.

    Every instruction that can be reached is walked with the depth and, if
    rbp is known, the depth it points at; again if reached deeper.
    """

    def __init__(self, image, entry, returns):
        self.image, self.entry, self.returning = image, entry, returns
        self.returns = False
        self.own = 0
        self.calls = {}         # callee: greatest depth, return address included
        self.pointers = {}      # address of an indirect call: depth
        self.seen = {}          # address: (depth, where rbp points)
        if image.starts[entry] in ELSEWHERE:
            self.own, self.returns = ELSEWHERE[image.starts[entry]][0], True
            return
        work = [(entry, 0, None)]
        while work:
            self.step(work, *work.pop())

    def trouble(self, address, what):
        raise Trouble("%s+%#x: %s" % (self.image.starts[self.entry], address - self.entry, what))

    def step(self, work, address, depth, frame):
        old = self.seen.get(address)
        if old is not None and depth <= old[0]:
            return
        if address not in self.image.code:
            return
        self.seen[address] = (depth, frame)
        operation, operands, following = self.image.code[address]
        if depth > 1 << 16:
            self.trouble(address, "a loop that pushes")
        if self.image.starts[self.image.symbol[address]] in SWITCHES and operands.endswith(",%rsp"):
            return
        if operation.startswith("call"):
            after = self.call(address, operands, depth + 8)
        elif operation.startswith("j"):
            self.jump(work, address, operands, depth, frame)
            after = not operation.startswith("jmp")
        elif operation in ENDS or operation.startswith("ret"):
            self.returns = self.returns or operation.startswith("ret")
            after = False
        elif operation.startswith("iret"):
            self.returns = self.returns or depth == 0
            after = depth >= HARDWARE   # one made by hand, to the next instruction
            depth -= HARDWARE
        else:
            depth, frame = self.move(address, operation, operands, depth, frame)
            after = True
        self.own = max(self.own, depth)
        if after:
            work.append((following, depth, frame))

    def call(self, address, operands, depth):
        """Note a call; True if it comes back."""
        self.own = max(self.own, depth)
        target = TARGET.match(operands)
        if not target:
            self.pointers[address] = depth
            return True
        callee = int(target.group(1), 16)
        self.calls[callee] = max(depth, self.calls.get(callee, 0))
        return callee in self.returning

    def jump(self, work, address, operands, depth, frame):
        """Elsewhere in this function; or, with nothing on the stack, a last call."""
        target = TARGET.match(operands)
        if not target:
            if depth == 0:
                self.pointers[address] = 0
                self.returns = True
                return
            # A switch: what nothing else reaches in this function.
            start = self.image.symbol[address]
            work += [(other, depth, frame) for other, its in self.image.symbol.items()
                     if its == start and other not in self.seen
                     and not self.image.code[other][0].startswith(PADDING)]
            return
        callee = int(target.group(1), 16)
        if depth == 0 and callee in self.image.starts and callee != self.entry:
            self.calls[callee] = max(0, self.calls.get(callee, 0))
            self.returns = self.returns or callee in self.returning
        else:
            work.append((callee, depth, frame))

    def move(self, address, operation, operands, depth, frame):
        """What an instruction that is no jump does to rsp and rbp."""
        if operation.startswith("push"):
            return depth + 8, frame
        if operation.startswith("pop"):
            return depth - 8, None if operands == "%rbp" else frame
        if operation.startswith("leave"):
            if frame is None:
                self.trouble(address, "leave without a frame")
            return frame - 8, None
        if operands == "%rsp,%rbp" and operation.startswith("mov"):
            return depth, depth
        indexed = INDEXED.match(operands) if operation.startswith("lea") else None
        if operands == "%rbp,%rsp" and operation.startswith("mov"):
            operands, indexed = "", INDEXED.match("(%rbp),%rsp")
        if indexed:
            base = depth if indexed.group(2) == "%rsp" else frame
            if base is None:
                self.trouble(address, "rbp is unknown: %s" % operands)
            value = base - int(indexed.group(1) or "0", 16)
            return (value, frame) if indexed.group(3) == "%rsp" else (depth, value)
        immediate = IMMEDIATE.match(operands)
        if immediate and operation.startswith("sub"):
            return depth + signed(immediate.group(1)), frame
        if immediate and operation.startswith("add"):
            return depth - signed(immediate.group(1)), frame
        if immediate and operation.startswith("and"):
            return depth - signed(immediate.group(1)) - 1, frame
        if operands.endswith(",%rsp") and not operation.startswith(("cmp", "test")):
            self.trouble(address, "%s %s" % (operation, operands))
        if operands.endswith(",%rbp") and not operation.startswith(("cmp", "test")):
            return depth, None
        return depth, frame


class Graph:
    """The functions reached from the roots; deepest() is the answer."""

    def __init__(self, image):
        self.image = image
        self.returning = set()
        self.functions = {}
        self.depths = {}
        self.path = []

    def build(self, roots):
        """Walk all that is reached; again until it is known who returns."""
        while True:
            self.functions = {}
            work = list(roots)
            while work:
                entry = work.pop()
                if entry in self.functions:
                    continue
                if entry not in self.image.starts:
                    raise Trouble("%#x is called and has no name" % entry)
                function = Function(self.image, entry, self.returning)
                self.functions[entry] = function
                self.resolve(function)
                work += function.calls
            returning = {e for e, f in self.functions.items() if f.returns} | self.returning
            if returning == self.returning:
                return
            self.returning = returning

    def resolve(self, function):
        """Indirect calls become edges."""
        name = self.image.starts[function.entry]
        for address, where in self.image.source(list(function.pointers)).items():
            names = POINTERS.get(where, POINTERS.get((where[0], ANY)))
            if names is None:
                raise Trouble("%s calls through a pointer in %s:%s, which is in no table"
                              % (name, *where))
            for callee in handlers() if names is HANDLERS else names:
                if callee not in self.image.named:
                    raise Trouble("no function %s, which %s:%s may call" % (callee, *where))
                callee, depth = self.image.named[callee], function.pointers[address]
                function.calls[callee] = max(depth, function.calls.get(callee, 0))

    def deepest(self, entry, left):
        """(bytes, chain of names) below entry; left: what BOUNDS still allows."""
        name = self.image.starts[entry]
        if name in left:
            if left[name] == 0:
                return 0, []
            left = dict(left, **{name: left[name] - 1})
        key = (entry, tuple(sorted(left.items())))
        if key in self.path:
            names = [self.image.starts[e] for e, _ in self.path[self.path.index(key):]]
            raise Trouble("recursion without a bound: %s" % " > ".join(names + [name]))
        if key in self.depths:
            return self.depths[key]
        self.path.append(key)
        function = self.functions[entry]
        best, chain = function.own, []
        if name == "kcopy" and FAULT in self.image.named:
            best += FAULT_PUSHED + sum(self.functions[self.image.named[n]].own
                                       for n in RECOVERY if n in self.image.named)
        for callee, depth in self.edges(function, left):
            below, names = self.deepest(callee, left)
            if depth + below > best:
                best, chain = depth + below, names
        self.path.pop()
        self.depths[key] = best, ["%s %d" % (name, function.own)] + chain
        return self.depths[key]

    def edges(self, function, left):
        """What it calls, as far as it gets there."""
        if self.image.starts[function.entry] in EARLY:
            return []
        guard = self.image.named.get(GUARD)
        if guard in function.calls and left == {n: b for n, (b, _) in BOUNDS.items()}:
            return [(guard, function.calls[guard])]
        return function.calls.items()


def constant(path, name):
    """A #define of a header, computed with others of the same file."""
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        defines = dict(re.findall(r"^#define[ \t]+(\w+)[ \t]+(.*?)[ \t]*(?:/\*.*)?$",
                                  file.read(), re.MULTILINE))
    text = defines[name]
    while re.search(r"[A-Z_]{2,}", text):
        text = re.sub(r"\b[A-Z_]{2,}\b", lambda m: "(" + defines[m.group()] + ")", text)
    return eval(text, {"__builtins__": {}})     # only numbers and operators are left


def main():
    image = Image(sys.argv[1])
    size = constant("sys/arch/amd64/include/param.h", "IST_STACK_SIZE")
    top = constant("sys/arch/amd64/include/segments.h", "IST_TOP_SIZE")
    try:
        for name in sys.argv[2:] or ROOTS:
            if name not in image.named:
                raise Trouble("no %s in it" % name)
        graph = Graph(image)
        roots = [image.named[name] for name in sys.argv[2:] or ROOTS]
        fault = [image.named[FAULT]] if FAULT in image.named else []
        graph.build(roots + fault)
        left = {name: bound for name, (bound, _) in BOUNDS.items()}
        depth, chain = max(graph.deepest(entry, left) for entry in roots)
        fatal = max([FAULT_PUSHED + graph.deepest(entry, left)[0] for entry in fault] + [0])
    except Trouble as trouble:
        print("%s: %s" % (sys.argv[1], trouble))
        return 1
    depth += top + HARDWARE
    print("NMI stack: %d of %d bytes, %d with a fatal trap at its deepest: %s"
          % (depth, size, depth + fatal, ", ".join(chain)))
    return 0 if depth + fatal < size else 1


if __name__ == "__main__":
    sys.exit(main())
