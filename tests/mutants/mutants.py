"""Protections, each with the change that takes it out and the test that must see it.

A change replaces text that is there exactly once.  The test is one of

    unit PROGRAM                a host program of tests/unit
    kernel TEST CPUS            the test image with ktest=TEST
    scenario NAME               a test of tests/qemu
    row RANGE/VARIANT           an NMI at each instruction (tests/inject)
"""

import after
import entry
import handlers
import watchdogs

MUTANTS = entry.MUTANTS + handlers.MUTANTS + after.MUTANTS + watchdogs.MUTANTS
