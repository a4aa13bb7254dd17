"""A second NMI at each instruction boundary of a first one: a turn for each.

The first one is traced; then it is sent anew for each boundary, and runs until it has
come there.
"""

from rows import SECOND
import report
from target import MACHINE_CHECK, NMI, PATIENCE, RIP, RSP, Failure, Target, named, register
from walk import Course, at, back, differences, judge, stack_command


class Nest(Course):
    """The NMI's own way in and out: a turn for each boundary.

    Where the driver is at "start" a first NMI is sent; it runs to the boundary, and
    there comes the second one.  Both must have been handled when the machine is
    where the first one came.
    """

    def trace(self, snapshot):
        """The boundaries of the first NMI, in order."""
        target, seen = self.target, []
        before = snapshot
        snapshot = target.run_to(self.row.entry, target.fresh_command(), NMI)
        while len(seen) < self.row.most:
            rip = register(snapshot, RIP)
            if (rip, register(snapshot, RSP)) == (register(before, RIP), register(before, RSP)):
                return seen
            seen.append(rip)
            if rip == target.names["inj_check"]:
                target.gdb.batch(MACHINE_CHECK)
            snapshot = self.onward(snapshot)
        raise Failure("the first NMI never ends")

    def reach(self, rip, times):
        """On to where this is executed for the times-th time."""
        snapshot = self.target.run_to(self.row.entry, self.target.fresh_command(), NMI)
        times -= register(snapshot, RIP) == rip
        for _ in range(times):
            if register(snapshot, RIP) == rip:
                self.target.step(snapshot)
            snapshot = self.target.run_to(rip)

    def second(self, before):
        """Where the first NMI has come to: until that has ended."""
        return back(self.target, before, NMI)

    def turn(self, rip, times):
        target, variant = self.target, self.row.variant
        before = target.run_to(self.row.start)
        stack = target.gdb.batch(stack_command(before))[0]
        self.reach(rip, times)
        after, stack_after, state = self.second(before)
        more = (variant.runs[0], variant.runs[-1] + 1)
        judge(target, before, after, (stack, stack_after), state,
              more if variant.bits & SECOND else more[1:])

    def run(self):
        self.begin()
        trace = self.trace(self.target.run_to(self.row.start))
        for place, rip in enumerate(trace):
            if self.wanted(rip):
                with at(self.target, rip):
                    self.turn(rip, trace[:place + 1].count(rip))
                self.injected += 1
        self.target.run_to("inj_ready")
        self.end()


class Checked(Nest):
    """A machine check where the first NMI has come to, and an NMI in its first instruction.

    Where the NMI's frame may be lost that is a panic, with a whole report, and the
    end of that machine.
    """

    def second(self, before):
        self.target.strike()
        return back(self.target, before, NMI)

    def turn(self, rip, times):
        names, kept = self.target.names, self.target
        if names["nmi_window"] <= rip < names["nmi_iretq"]:
            super().turn(rip, times)
            return
        with Target(**self.row.settings) as self.target:
            self.begin()
            self.target.run_to(self.row.start)
            self.reach(rip, times)
            self.target.run_to("vector_machine_check", MACHINE_CHECK)
            self.target.run_to("vpanic", NMI)
            self.target.breakpoint("vpanic", False)
            self.target.run_to("cpu_halt_forever")
            report.fatal(self.target.vm, "machine check", "machine check in the NMI entry",
                         PATIENCE)
            report.once(self.target.vm)
        self.target = kept


class Window(Checked):
    """Only on the way out, where all of that is gone on from."""

    def wanted(self, rip):
        names = self.target.names
        return names["nmi_window"] <= rip < names["nmi_iretq"] and super().wanted(rip)


class Parked(Course):
    """The stop NMI on the second CPU, which parks there: a turn for each instruction.

    QEMU's NMI reaches both CPUs.  On the second one it comes on top of the first NMI:
    it is absorbed, or handled afterwards, and the two must add up.
    """

    CPU = 1
    FRAME = ("rip", "cs", "rflags", "rsp", "ss")    # as the CPU pushes them

    def reach(self, place, *before):
        """On to where that CPU is about to execute this."""
        target, at_place = self.target, self.target.address(place)
        stopped = target.gdb.batch(*before, *target.insert(at_place, True), "c")[-1]
        _, snapshot = target.gdb.batch(*target.insert(at_place, False), "g")
        target.stopped_at(stopped, register(snapshot, RIP), at_place)
        if "thread:%02x;" % (self.CPU + 1) not in stopped:
            raise Failure("it is another CPU that comes to %s" % target.where(at_place))
        return snapshot

    def entered(self):
        """Up to the NMI's stub: what that CPU was doing."""
        snapshot = self.reach(self.row.entry)
        frame = self.target.gdb.batch("m%x,%x" % (register(snapshot, RSP), 8 * len(self.FRAME)))[0]
        before = named(snapshot)
        before.update((name, register(frame, place)) for place, name in enumerate(self.FRAME))
        return snapshot, before

    def trace(self):
        """The instructions until it is left."""
        self.target.gdb.batch(self.target.fresh_command(self.CPU))
        snapshot, before = self.entered()
        seen = []
        while len(seen) < self.row.most:
            now = named(snapshot)
            if (now["rip"], now["rsp"]) == (before["rip"], before["rsp"]):
                return list(dict.fromkeys(seen))
            seen.append(now["rip"])
            snapshot = self.onward(snapshot)
        raise Failure("the first NMI never ends")

    def turn(self, rip):
        target, runs = self.target, self.runs
        target.gdb.batch(target.fresh_command(self.CPU), target.fresh_command())
        before = self.entered()[1]
        if rip != target.address(self.row.entry):
            self.reach(rip)
        after = named(self.reach(before["rip"], NMI))
        wrong = differences(before, after)
        target.run_to("inj_ready")
        answered, state = target.peek("inj_answered"), target.state(self.CPU)
        if not 2 <= answered <= 1 + runs[-1]:
            wrong.append("%d NMIs were answered" % answered)
        if state["wrong"]:
            wrong.append("check of line %d" % state["wrong"])
        wrong += ["the handler's frame has %s %#x, not %#x" % (name, state[name], before[name])
                  for name in self.FRAME if state[name] != before[name]]
        if wrong:
            raise Failure("; ".join(wrong))

    def run(self):
        self.begin()
        trace = self.trace()
        self.target.run_to("inj_ready")
        for rip in trace:
            if self.wanted(rip):
                with at(self.target, rip):
                    self.turn(rip)
                self.injected += 1
        self.end()
