"""A mutant, and the places that more than one list of them names."""

from collections import namedtuple

Mutant = namedtuple("Mutant", "hazard name file old new test")

NMI = "sys/arch/x86/x86/nmi.c"
IPI = "sys/arch/x86/x86/nmi_ipi.c"
STUB = "sys/arch/amd64/amd64/vector.S"
PRF = "sys/kern/subr_prf.c"
FORBIDDEN = "\tNMI_FORBIDDEN();\n"
DEATH = "scenario test_nmi.py::test_a_broken_rule_of_nmi_handlers_is_named_in_the_panic[%s]"


def rule(file, before, death):
    """The check at the head of a function, found by what precedes it."""
    name = before.split("(")[0].split("\n")[-1]
    return Mutant("rules", name + " is allowed", file, before + FORBIDDEN, before, DEATH % death)
