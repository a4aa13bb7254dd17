"""One NMI at each instruction boundary of a range, by stepping through it.

At a boundary all registers are read, the NMI is sent, and the machine runs
until it is back there.  Then nothing may have changed, and the handler must
have seen what was interrupted.
"""

import re
from contextlib import contextmanager

from rows import CHECK, DECLINE
import report
from target import NMI, PATIENCE, RIP, RSP, STACK, Failure
from target import named, number, register

INTRVEC_NMISOFT = 0xe3
PER_ADDRESS = 16    # a loop is left alone after that many turns


@contextmanager
def at(target, rip):
    """Say where it failed."""
    try:
        yield
    except Failure as failure:
        raise Failure("at %s: %s" % (target.where(rip), failure)) from None


def differences(old, new):
    """"rax 0x1 is 0x2" for each register that changed."""
    return ["%s %#x is %#x" % (name, old[name], new[name])
            for name in old if old[name] != new[name]]


def judge(target, before, after, stacks, state, runs, interrupted=None):
    """Raise what is wrong after one NMI, which may have interrupted something on top of that."""
    wrong = differences(named(before), named(after))
    if stacks[0] != stacks[1] and not target.on_nmi_stack(register(before, RSP)):
        wrong.append("the interrupted stack %s is %s" % stacks)
    if not runs[0] <= state["runs"] <= runs[-1]:
        wrong.append("the handler ran %d times, not %s"
                     % (state["runs"], " to ".join(map(str, runs))))
    elif state["runs"]:
        old = named(interrupted or before)
        wrong += ["the handler's frame has %s %#x, not %#x" % (name, state[name], old[name])
                  for name in ("rip", "cs", "rflags", "rsp", "ss") if state[name] != old[name]]
    if state["wrong"]:
        wrong.append("check of line %d" % state["wrong"])
    if wrong:
        raise Failure("; ".join(wrong))


def stack_command(snapshot):
    return "m%x,%x" % (register(snapshot, RSP), STACK)


def back(target, before, *commands):
    """Run until the machine is where it was; the last of several answers."""
    rip, rsp = register(before, RIP), register(before, RSP)
    stopped = target.gdb.batch(*commands, *target.insert(rip, True), "c")[-1]
    while True:
        _, after, stack, state = target.gdb.batch(
            *target.insert(rip, False), "g", stack_command(before), target.state_command())
        here = register(after, RIP)
        if here == target.names["inj_check"]:
            target.machine_check(after)
        elif here == rip and register(after, RSP) != rsp:
            target.step(after)      # an exception of the handler's own came by
        else:
            target.stopped_at(stopped, here, rip)
            return after, stack, target.unpacked(state)
        stopped = target.gdb.batch(*target.insert(rip, True), "c")[-1]


def inject(target, runs, before, way_out=None):
    """An NMI where the machine stands; it is back there afterwards.

    What is reported may pass there a thousand times: then it is met on its way out.
    """
    stack = target.gdb.batch(stack_command(before))[0]
    if way_out is not None:
        target.step(target.run_to(way_out, target.fresh_command(), NMI))
        after, stack_after, state = target.gdb.batch(
            "g", stack_command(before), target.state_command())
        target.stopped_at("T05", register(after, RIP), register(before, RIP))
        judge(target, before, after, (stack, stack_after), target.unpacked(state), runs)
        return
    after, stack_after, state = back(target, before, target.fresh_command(), NMI)
    judge(target, before, after, (stack, stack_after), state, runs)


# What the console says of each machine check of ours.
CHECKED = re.compile(r"mca: cpu0: bank 9: .*\n")


class Course:
    """A row under way: what it has seen, and which boundaries are its own."""

    SPENT = False       # the machine is of no use afterwards

    def __init__(self, target, row, choose):
        self.target = target
        self.row = row
        self.choose = choose
        self.runs = row.variant.runs
        self.most = row.most
        self.boundaries = self.injected = 0
        self.checks = target.checks
        self.seen = {}
        self.soft = target.address("trap_stubs_start+%d" % (16 * INTRVEC_NMISOFT))
        self.inside = [(target.address(low), target.address(high)) for low, high in row.inside]
        self.ends = {target.address(place) for place in row.ends} | {target.names["inj_ready"]}

    def begin(self):
        target, row = self.target, self.row
        if row.variant.bits & CHECK:
            target.breakpoint("inj_check")
        target.drive(row.driver, row.variant.bits | row.bits)

    def is_inside(self, rip):
        return not self.inside or any(low <= rip < high for low, high in self.inside)

    def wanted(self, rip):
        """Count a boundary; is an NMI to be sent?"""
        self.seen[rip] = self.seen.get(rip, 0) + 1
        if not self.is_inside(rip) or self.seen[rip] > PER_ADDRESS:
            return False
        self.boundaries += 1
        return self.choose(self.boundaries - 1)

    def onward(self, snapshot):
        """A step, but out of the range after a call runs until that returns.

        So does the interrupt that prints what an NMI had to say: each NMI there
        would make it longer.
        """
        rip = register(snapshot, RIP)
        if rip == self.soft or not self.is_inside(rip):
            back_to = number(self.target.gdb.batch("m%x,8" % register(snapshot, RSP))[0])
            if rip == self.soft or self.is_inside(back_to):
                return self.target.run_to(back_to)
        return self.target.step(snapshot)

    def end(self):
        """What the drivers and the console say of it."""
        wrong = self.target.state()["wrong"]
        if wrong:
            raise Failure("after the last NMI: check of line %d" % wrong)
        if self.row.bits & DECLINE:
            self.target.reports(report.ENTERED, self.injected)
        if self.target.checks != self.checks:
            self.target.reports(CHECKED, self.target.checks - self.checks)
        self.target.told = len(self.target.vm.log)


class Walk(Course):
    """Through a range once, with an NMI at each boundary on the way."""

    def run(self):
        self.begin()
        target = self.target
        snapshot = self.first()
        while self.boundaries < self.most:
            rip = register(snapshot, RIP)
            if self.wanted(rip):
                with at(target, rip):
                    self.inject(snapshot)
                self.injected += 1
            if rip in self.ends:
                break
            snapshot = self.onward(snapshot)
        self.leave(rip)
        self.end()

    def first(self):
        return self.target.run_to(self.row.start)

    def inject(self, snapshot):
        inject(self.target, self.runs, snapshot,
               "nmi_iretq" if self.row.bits & DECLINE else None)

    def leave(self, rip):
        if rip != self.target.names["inj_ready"]:
            self.target.run_to("inj_ready")


class Struck(Walk):
    """Not the NMI but a machine check comes there, and the NMI in its first instruction."""

    def inject(self, snapshot):
        target = self.target
        stack = target.gdb.batch(stack_command(snapshot))[0]
        interrupted = self.target.strike(target.fresh_command())
        after, stack_after, state = back(target, snapshot, NMI)
        judge(target, snapshot, after, (stack, stack_after), state, self.runs, interrupted)


class Stub(Walk):
    """Through the stub of a machine check that comes at "start", until it is left."""

    def first(self):
        self.before = self.target.run_to(self.row.start)
        self.ends.add(register(self.before, RIP))
        return self.target.strike()

    def leave(self, rip):
        after, = self.target.gdb.batch("g")
        wrong = differences(named(self.before), named(after))
        if wrong:
            raise Failure("after the machine check: " + "; ".join(wrong))
        super().leave(rip)


class Panic(Walk):
    """Every instruction up to the first byte of the report, then a few of them.

    A sample leaves most of these out: each costs as many steps as are between two.
    """

    SPENT = True
    FURTHER = 997
    SAMPLE = 3

    def leave(self, rip):
        halt = self.target.names["cpu_halt_forever"]
        if rip != halt:
            self.target.run_to(halt)

    def wanted(self, rip):
        self.boundaries += 1
        if not self.said:
            self.said = rip == self.putc
            return self.choose(self.boundaries - 1)
        self.since += 1
        checks = self.row.variant.bits & CHECK  # what they say would be in the report
        if checks or self.choose.sample and self.since > self.SAMPLE * self.FURTHER:
            self.ends.add(rip)
            return False
        return self.since % self.FURTHER == 0 and self.choose(self.since // self.FURTHER)

    def run(self):
        target = self.target
        self.said, self.since, self.putc = False, 0, target.names["com_putc"]
        target.breakpoint("vpanic", False)
        super().run()

    def end(self):
        target = self.target
        report.panic(target.vm, "injected in panic", PATIENCE)
        target.vm.expect(r"^halted$", PATIENCE)
        report.once(target.vm)


class Wake(Course):
    """An idle CPU is asked for something by an NMI at each instruction.

    It may no longer be where the NMI came, but must not go on sleeping.
    """

    SPENT = True        # the idle thread is left at its hlt

    def run(self):
        self.begin()
        target, done = self.target, 0
        while True:
            snapshot = target.run_to(self.row.start)
            for _ in range(done):
                snapshot = target.step(snapshot)
            rip = register(snapshot, RIP)
            with at(target, rip):
                # One that is not wanted is sent as well: it ends the turn.
                target.run_to("inj_ready", target.fresh_command(), NMI)
                if self.wanted(rip):
                    judge(target, snapshot, snapshot, ("", ""), target.state(), self.runs)
                    self.injected += 1
            if target.halts(rip):
                break
            done += 1
        self.end()
