"""What is injected where: a row is a range times a variant.

A range is a driver of tests/kernel/inj_*.c and where in it NMIs are sent: from
"start" until one of "ends" or the end of the driver, and, if "inside" names
any, only between these pairs of places.  "least" boundaries must be reached, and
no more than "most" are done.  "course" says how (walk.py); a nest has the
"entry" of the first NMI.  "bits" go to the handler with those of the variant;
"without" names bits whose variants are left out; the rest are settings of the machine.
"""

from collections import namedtuple

from target import DEBUG_ENTRY

Variant = namedtuple("Variant", "name bits runs")   # runs of the handler, least and most
Range = namedtuple("Range",
                   "name driver start least course ends inside entry bits without most settings")
Row = namedtuple("Row", ("range", "variant") + Range._fields[1:])
MOST = 4000         # boundaries of a row

# The bits of inj.h.
SECOND, BREAKPOINT, FAULT, CHECK, DECLINE, WAKE = 1, 2, 4, 8, 16, 32
DISTURBED = SECOND | BREAKPOINT | FAULT | CHECK

VARIANTS = [
    Variant("alone", 0, (1,)),
    Variant("second", SECOND, (2,)),
    Variant("breakpoint", BREAKPOINT, (1,)),
    Variant("fault", FAULT, (1,)),
    Variant("both", SECOND | BREAKPOINT | FAULT, (2,)),
    Variant("machine-check", CHECK, (1,)),
]


def a_range(name, start, least, driver=None, course="walk", ends=(), inside=(), entry=None,
            bits=0, without=0, most=MOST, **settings):
    return Range(name, driver or name, start, least, course, tuple(ends), tuple(inside), entry,
                 bits, without, most, settings)


# The NMI's stub, and what of C is the same for each.
NMI_CODE = [("nmi_stubs_start", "nmi_window_end"), ("nmi_trap", "nmi_trap_again"),
            ("nmi_dispatch", "nmi_dispatch+0x80")]

PARK_CODE = [("nmi_park", "cpu_stop_enter"), ("nmi_latched_before", "nmi_abandon")]
# A second machine check while one is in progress shuts the machine down.
CHECK_CODE = [("vector_machine_check", "mca_leave_end")]

# After its report a panic has nothing more to do.
HALT = "sysctl.ddb.onpanic=0"

RANGES = [
    a_range("registers", "inj_registers_asm", 48, ends=["inj_registers_end"]),
    a_range("watched", "inj_registers_asm", 48, ends=["inj_registers_end"]),
    a_range("nmi", "inj_registers_middle", 80, driver="registers", course="nest",
            entry="vector_nmi_fsgsbase", inside=NMI_CODE),
    a_range("nmi-msr", "inj_registers_middle", 80, driver="registers", course="nest",
            entry="vector_nmi_msr", inside=NMI_CODE, cpu="qemu64"),
    a_range("nmi-checked", "inj_registers_middle", 50, driver="registers", course="checked",
            entry="vector_nmi_fsgsbase", inside=NMI_CODE[:1], without=DISTURBED, append=HALT),
    a_range("window-checked", "inj_registers_middle", 14, driver="registers", course="window",
            entry="nmi_window", inside=NMI_CODE[:1], without=CHECK),
    a_range("nmi-debug-entry", "inj_registers_middle", 80, driver="registers", course="nest",
            entry="vector_nmi_fsgsbase", inside=NMI_CODE, kernel=DEBUG_ENTRY),
    a_range("machine-check", "inj_registers_middle", 70, driver="registers", course="stub",
            inside=CHECK_CODE, without=CHECK),
    a_range("machine-check-gap", "syscall_entry", 70, driver="calls", course="stub",
            inside=CHECK_CODE, without=CHECK),
    a_range("mutex", "mutex_enter", 60),
    a_range("spin-mutex", "mutex_spin_enter", 60, driver="spin"),
    a_range("printf", "printf", 1800),
    a_range("nmi-establish", "nmi_establish", 1600, driver="establish",
            ends=["nmi_disestablish"]),
    a_range("nmi-disestablish", "nmi_disestablish", 1300, driver="establish"),
    a_range("page-fault", "trap_stubs_start+%d" % (14 * 16), 60, driver="fault"),
    a_range("breakpoint", "trap_stubs_start+%d" % (3 * 16), 60),
    a_range("debug", "vector_debug", 70, inside=[("vector_debug", "vector_double_fault")],
            ends=["inj_stepped_end"]),
    a_range("interrupt", "trap_stubs_start+%d" % (0xe2 * 16), 60),
    a_range("context-switch", "sched_switch", 1200, driver="switch"),
    a_range("cr3", "inj_do_cr3", 5),
    a_range("syscall", "user:syscall", 100, driver="calls", ends=["user:syscall_end"]),
    a_range("gate", "user:gate", 100, driver="calls", ends=["user:gate_end"]),
    a_range("user-page-fault", "user:fault", 150, driver="traps", ends=["user:fault_end"]),
    a_range("user-breakpoint", "user:fault_end", 150, driver="traps",
            ends=["user:breakpoint_end"]),
    a_range("user-step", "user:step", 150, driver="traps", ends=["user:step_end"]),
    a_range("iret-bad-cs", "user:badreturn", 150, driver="bad_cs", ends=["user_iret_trap"]),
    a_range("iret-bad-ss", "user:badreturn", 150, driver="bad_ss", ends=["user_iret_trap"]),
    a_range("syscall-checked", "user:syscall", 100, driver="calls", course="struck",
            ends=["user:syscall_end"], without=CHECK),
    a_range("bad-cs-checked", "user:badreturn", 150, driver="bad_cs", course="struck",
            ends=["user_iret_trap"], without=CHECK),
    a_range("bad-ss-checked", "user:badreturn", 150, driver="bad_ss", course="struck",
            ends=["user_iret_trap"], without=CHECK),
    a_range("user-first", "cpu_user_start", 30, driver="calls", ends=["user:start"]),
    a_range("process-switch", "sched_switch", 1200, driver="turns", most=1500),
    a_range("idle", "cpu_idle", 5, course="wake", ends=["inj_do_idle"], bits=WAKE),
    a_range("stop", "cpu_stop_enter", 180, smp=2),
    a_range("resume", "cpu_stop_exit", 20, driver="stop", smp=2),
    a_range("park", "inj_ready", 150, course="parked", entry="vector_nmi_fsgsbase",
            inside=NMI_CODE + PARK_CODE, without=CHECK, smp=2),
    a_range("panic", "vpanic", 200, course="panic", most=1000000,
            ends=["cpu_halt_forever"], append=HALT),
    a_range("mutex-unclaimed", "mutex_enter", 60, driver="mutex", bits=DECLINE),
    a_range("spin-mutex-unclaimed", "mutex_spin_enter", 60, driver="spin", bits=DECLINE),
]

# In the debugger a second NMI waits for the operator.
UNCLAIMED = [Variant(v.name, v.bits & ~SECOND, (1,)) for v in VARIANTS if v.bits != SECOND]

ROWS = [Row(r.name, variant, *r[1:]) for r in RANGES
        for variant in (UNCLAIMED if r.bits & DECLINE else VARIANTS)
        if not variant.bits & r.without]
