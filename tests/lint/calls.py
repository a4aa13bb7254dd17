"""What stack.py cannot read from an image: calls through pointers, and what is not followed."""

import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HANDLERS = "handlers"
ANY = "any"             # also calls that the compiler merged and gave no line

SOURCES = [source + what for source in ("perfctr", "hpet", "pit")
           for what in ("_put_off", "_fired", "_commit")] + ["buddy_put_off", "buddy_fired"]

# Source file and function of an indirect call: what it may call.
POINTERS = {
    ("nmi.c", "nmi_call"): HANDLERS,    # whatever nmi_establish() was given
    # What kvprintf() is given: grep kvprintf.
    ("kprintf.c", ANY): ["put_console", "put_both", "nmi_putc", "db_put"],
    # The consoles: struct consdev.
    ("cons.c", "cnputc"): ["com_putc"],
    ("cons.c", "cnwrite"): ["com_puts"],
    ("cons.c", "cnpollc"): ["com_getc"],
    ("cons.c", "cnflush"): ["com_flush"],
    # Only its other caller, at boot, gives it another one.
    ("mca.c", ANY): ["nmi_printf"],
    # What of an NMI is said, and by what: struct nmi_action.
    ("nmi_act.c", "nmi_act"): ["unclaimed_say", "nmi_storm_say", "report_say"],
    ("nmi_unclaimed.c", "unclaimed_say"): ["nmi_printf", "printf_nolog"],
    ("nmi_storm.c", "nmi_storm_say"): ["nmi_printf", "printf_nolog"],
    ("watchdog_act.c", "report_say"): ["nmi_printf", "printf_nolog"],
    # The watchdog's source: struct wdog_source.
    ("nmi_watchdog.c", ANY): SOURCES,
    ("wdogvar.h", ANY): SOURCES,
    # Traces, registers, and who was stopped where.
    ("db_trace.c", ANY): ["printf_nolog", "nmi_printf"],
    ("nmi_ipi.c", ANY): ["printf_nolog"],
    # See user_trap below.
    ("kern_proc.c", ANY): [],
    ("subr_panic.c", "vpanic"): ["db_break_remove", "panic_registers", "panic_traceback",
                                 "panic_others", "panic_debugger"],
    # sysmon_wdog_suspend(), sysmon_wdog_resume(): each driver's smw_setmode.
    ("sysmon_wdog.c", ANY): ["i6300esb_setmode", "ib700_setmode", "ipmi_setmode"],
}

# How often a function may be on one path, and why not more.
BOUNDS = {
    "vpanic": (4, "PANIC_DEPTH: the fourth only ends it"),
}

# Checked before any other thing they do: an NMI handler does not get further.
# (Once the system has panicked it does, and then they are followed.)
GUARD = "nmi_forbidden"

# Not followed: they return at once, or are not called for what an NMI does.
EARLY = {
    "user_trap": "trap(): what an NMI reaches, and may fault there, is the kernel's",
    "user_iret_trap": "the same: never the one instruction that returns to user mode",
    "mode1_enter": "no lock for who has stopped the machine; handlers do not call it",
    "mode1_exit": "the same",
    "sched_intr_return": "sched_maypreempt(): not after a panic; not called with interrupts off",
}

# They leave this stack for good.
SWITCHES = {
    "cpu_switchto": "to the stack of another thread",
    "db_longjmp": "to the debugger's prompt, on its own stack",
}

# They come back, with so many bytes pushed meanwhile.
ELSEWHERE = {
    "db_call_on": (16, "the function runs on the debugger's stack"),
}


def handlers():
    """The functions that the tree gives to nmi_establish()."""
    found = set()
    for folder, _, names in os.walk(os.path.join(TOP, "sys")):
        for name in names:
            if name.endswith(".c"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
                    found.update(re.findall(r"[=(!]\s*nmi_establish\(\s*(\w+)\s*,", text))
                    found.update(re.findall(r"\.smw_nmi = (\w+),", text))
    return found
