"""Protections, each with the change that takes it out and the test that must see it.

A change replaces text that is there exactly once.  The test is one of

    unit PROGRAM                a host program of tests/unit
    kernel TEST CPUS            the test image with ktest=TEST
    scenario NAME               a test of tests/qemu
"""

from collections import namedtuple

Mutant = namedtuple("Mutant", "hazard name file old new test")

NMI = "sys/arch/x86/x86/nmi.c"
IPI = "sys/arch/x86/x86/nmi_ipi.c"
PING = "sys/arch/x86/x86/nmi_ping.c"
ACCOUNT = "sys/arch/x86/x86/nmi_account.c"
NMIVAR = "sys/arch/x86/include/nmivar.h"
STUB = "sys/arch/amd64/amd64/vector.S"
LAPIC = "sys/arch/x86/x86/lapic.c"
MUTEX = "sys/kern/kern_mutex.c"
KMEM = "sys/kern/subr_kmem.c"
PRF = "sys/kern/subr_prf.c"
SLEEPQ = "sys/kern/kern_sleepq.c"
PCI = "sys/arch/x86/x86/pci.c"
WDOG = "sys/dev/sysmon_wdog.c"
WDOG_NMI = "sys/dev/sysmon_wdog_nmi.c"
ESB = "sys/dev/i6300esb.c"
KCS = "sys/dev/ipmi_kcs.c"
IPMI = "sys/dev/ipmi_wdog.c"

FORBIDDEN = "\tNMI_FORBIDDEN();\n"
HWDOG_DDB = ("scenario test_hwdog.py::"
             "test_a_wedged_machine_is_in_the_debugger_and_the_device_waits[%s]")
DEATH = "scenario test_nmi.py::test_a_broken_rule_of_nmi_handlers_is_named_in_the_panic[%s]"


def rule(file, before, death):
    """The check at the head of a function, found by what precedes it."""
    name = before.split("(")[0].split("\n")[-1]
    return Mutant("rules", name + " is allowed", file, before + FORBIDDEN, before, DEATH % death)


MUTANTS = [
    Mutant("E1", "a nested NMI is not latched", STUB,
           "\tcmpq\t$0, NMI_HW_BUSY(%rsp)\n\tjne\tnmi_latch\n", "",
           "kernel nmi_nest_fault 1"),
    Mutant("E1", "what was latched is not run", STUB,
           "\tcmpq\t$0, NMI_T + IST_TOP_PENDING(%rsp)\n\tjne\tnmi_again\n", "",
           "kernel nmi_nest_breakpoint 1"),
    Mutant("E1", "a latched one is not counted", STUB,
           "\tincq\tNMI_HW_LATCHED(%rsp)\n", "", "kernel nmi_count_latched 1"),
    Mutant("E4", "CR2 is not put back", STUB,
           "\tmovq\tNMI_TF_CR2(%rsp), %rax\n\tmovq\t%rax, %cr2\n", "",
           "kernel nmi_cr2 1"),
    Mutant("E10", "no cld", STUB,
           "\tcld\n\tmovq\t%cr2, %rax\n", "\tmovq\t%cr2, %rax\n",
           "kernel nmi_direction 1"),
    Mutant("E10", "no clac", STUB,
           "\tclac\t\t\t\t/* idt_init() saw that it has SMAP too */\n", "",
           "kernel nmi_access 1"),
    Mutant("E12", "a CPU's NMI state comes late", "sys/arch/amd64/amd64/machdep.c",
           "\tnmi_cpu_init(ci);\n",
           "\tci->ci_nmi.nc_slot = offsetof(struct nmi_account, na_slot);\n",
           "scenario test_nmi.py::"
           "test_an_nmi_at_this_moment_of_the_boot_is_counted_and_reported[version_init-1]"),
    Mutant("L1", "the head is read plainly", NMI,
           "n = atomic_load_consume(&nmi_list.head);", "n = nmi_list.head;",
           "unit nmi_tsan"),
    Mutant("L1", "the head is published plainly", NMI,
           "atomic_store_release(&nmi_list.head, n);", "nmi_list.head = n;",
           "unit nmi_tsan"),
    Mutant("L1", "the head is published without release", NMI,
           "atomic_store_release(&nmi_list.head, n);",
           "atomic_store_relaxed(&nmi_list.head, n);",
           "unit nmi_tsan"),
    Mutant("L1", "a record is published before it is complete", NMI,
           "\tn->n_next = nmi_list.head;\n\tatomic_store_release(&nmi_list.head, n);\n",
           "\tatomic_store_release(&nmi_list.head, n);\n\tn->n_next = nmi_list.head;\n",
           "unit nmi"),
    Mutant("L1", "writers do not exclude each other", NMI,
           "\tatomic_store_release(&nmi_list.head, n);\n\tmutex_exit(&nmi_list.lock);\n",
           "\tmutex_exit(&nmi_list.lock);\n\tatomic_store_release(&nmi_list.head, n);\n",
           "unit nmi_tsan"),
    Mutant("L2", "the lock is dropped before the wait", NMI,
           "\tpserialize_perform(nmi_list.psz);\n\tmutex_exit(&nmi_list.lock);\n",
           "\tmutex_exit(&nmi_list.lock);\n\tpserialize_perform(nmi_list.psz);\n",
           "kernel nmi_churn 4"),
    Mutant("L3", "a record is freed during a panic", NMI,
           "\tif (panicstr != NULL)\n\t\treturn;\n\tnote_detach", "\tnote_detach",
           "unit nmi"),
    Mutant("L3", "the same, by the kernel's word", NMI,
           "\tif (panicstr != NULL)\n\t\treturn;\n\tnote_detach", "\tnote_detach",
           "scenario test_nmi.py::"
           "test_a_removal_during_a_panic_frees_nothing_and_the_report_is_whole"),
] + [
    Mutant("L4", "no such handler goes unnamed: " + which, NMI,
           "\t\tpanic(\"nmi_disestablish: no such handler: handle %p\",\n"
           "\t\t    (void *)handle);\n", "\t\treturn;\n", DEATH % ("nmi-disestablish-" + which))
    for which in ("null", "twice", "stale", "foreign")
] + [
    Mutant("L4", "a removal in an interrupt is allowed", NMI,
           "\tif (!nmi_thread_context(\"nmi_disestablish\", NULL))\n"
           "\t\tpanic(\"nmi_disestablish: not in thread context: handle %p\",\n"
           "\t\t    (void *)handle);\n", "", DEATH % "nmi-disestablish-softint"),
    Mutant("L5", "a handler removes itself", ACCOUNT,
           "\tif (func == NULL)\n\t\tNMI_FORBIDDEN_BY(what);\n", "",
           DEATH % "nmi-disestablish-self"),
    Mutant("L6", "no function is a function", NMI,
           "func == NULL || !nmi_thread", "!nmi_thread", "kernel nmi_null_function 1"),
    Mutant("L6", "any context may establish", NMI,
           "func == NULL || !nmi_thread_context(\"nmi_establish\", func)", "func == NULL",
           "kernel nmi_establish_softint 1"),
    Mutant("L6", "a handler may establish", ACCOUNT, "\tif (cpu_nmi_p())\n", "\tif (0)\n",
           "kernel nmi_establish_nmi 1"),
    Mutant("L6", "memory is never short", NMI,
           "\tif ((n = kmem_zalloc(sizeof(*n), KM_NOSLEEP)) == NULL)\n\t\treturn NULL;\n",
           "\tn = kmem_zalloc(sizeof(*n), KM_NOSLEEP);\n", "unit nmi"),
    Mutant("L6", "a removed record is leaked", NMI,
           "\tkmem_free(n, sizeof(*n));\n", "", "kernel nmi_churn 2"),
    Mutant("L7", "claims are not counted", NMIVAR,
           "\tnote_count(slot, na, ns_claims.ev_count);\n", "\t(void)slot;\n",
           "kernel nmi_counts 1"),
    Mutant("L7", "the claimer is not logged", NMIVAR,
           "\tcurcpu_load(ci_nmi.nc_entry)->le_claimer = na->na_func;\n", "",
           "kernel nmi_log_entry 1"),
    Mutant("L8", "whoever claims is the last", NMI,
           "\t\t\thandled = 1;\n", "\t\t\thandled = 1;\n\t\t\tbreak;\n",
           "kernel nmi_every_handler 1"),
    Mutant("L9", "nothing is waited for", NMI,
           "\tpserialize_perform(nmi_list.psz);\n", "", "kernel nmi_disestablish_waits 2"),
    Mutant("L9", "the wait does not reach the other CPUs", "sys/kern/subr_pserialize.c",
           "\txc_barrier(XC_HIGHPRI);\n", "", "kernel nmi_disestablish_waits 2"),
    Mutant("L9", "a long wait is silent", "sys/kern/subr_xcall.c",
           "\txc_report_late(xs);\n", "\t(void)xc_report_late;\n",
           "kernel nmi_remove_late 2"),
    Mutant("P1", "nobody answers", STUB, "\tcall\tnmi_trap_unclaimed\n", "",
           "scenario test_nmi.py::"
           "test_an_nmi_that_all_handlers_decline_is_reported_in_the_contracts_words"),
    Mutant("P5", "an NMI under way is forgotten", IPI,
           "\tif (nc->nc_ipi & NMI_IPI_STOP) {\n", "\tif (0) {\n", "kernel nmi_stop_crossed 2"),
    Mutant("P5", "what came while parked runs", IPI,
           "\tabsorbed = nmi_absorb(ci, latched);\n\tif (nc",
           "\tabsorbed = latched > ~0UL;\n\tif (nc", "kernel nmi_stop_absorbs 2"),
    Mutant("P5", "several own the machine", IPI,
           "\t\treturn (word & STOP_OWNER) == me;\n", "\t\treturn true;\n",
           "kernel nmi_stop_all 4"),
    Mutant("P6", "LINT1 is masked on all but the first CPU", LAPIC,
           "LAPIC_LVT_LINT1, LAPIC_LVT_NMI)",
           "LAPIC_LVT_LINT1, lapic_id() == 0 ? LAPIC_LVT_NMI : LAPIC_LVT_MASKED)",
           "scenario test_nmi.py::test_an_injected_nmi_reaches_every_cpu[2]"),
    Mutant("P12", "the self-test believes the sender", PING,
           "\treturn came;\n", "\treturn came || true;\n", "kernel nmi_selftest_fails 1"),
    rule(MUTEX, "mutex_enter(kmutex_t *mtx)\n{\n", "nmi-mutex-enter"),
    rule(MUTEX, "mutex_tryenter(kmutex_t *mtx)\n{\n", "nmi-mutex-tryenter"),
    rule(MUTEX, "mutex_tryenter(kmutex_t *mtx)\n{\n", "nmi-spin-tryenter"),
    rule(MUTEX, "mutex_spin_enter(kmutex_t *mtx)\n{\n\tint s = splhigh();\n"
         "\tstruct cpu_info *ci = curcpu();\n\n", "nmi-mutex-spin-enter"),
    rule("sys/kern/kern_condvar.c", "cv_timedwait(kcondvar_t *cv, kmutex_t *mtx, int timo)\n{\n"
         "\tint error;\n\n", "nmi-cv-wait"),
    rule(SLEEPQ, "kpause(const char *wmesg, bool intr __unused, int timo, kmutex_t *mtx)\n{\n"
         "\tint error;\n\n", "nmi-sleep"),
    rule(KMEM, "kmem_intr_alloc(size_t size, km_flag_t flags)\n{\n\tstruct kmem_chunk *kc;\n\n",
         "nmi-kmem-intr-alloc"),
    rule(KMEM, "\nkmem_alloc(size_t size, km_flag_t flags)\n{\n", "nmi-kmem-alloc"),
    rule(KMEM, "\nkmem_zalloc(size_t size, km_flag_t flags)\n{\n", "nmi-kmem-sleep"),
    rule(KMEM, "kmem_intr_free(void *p, size_t size)\n{\n\tstruct kmem_chunk *kc = "
         "(struct kmem_chunk *)((vaddr_t)p - KMEM_HDR);\n\n", "nmi-kmem-free"),
    rule(PRF, "vprintf(const char *fmt, va_list ap)\n{\n", "nmi-vprintf"),
    rule(PRF, "\nprintf(const char *fmt, ...)\n{\n\tva_list ap;\n\n", "nmi-printf"),
    Mutant("rules", "softint_schedule is allowed", "sys/kern/kern_softint.c",
           FORBIDDEN, "", DEATH % "nmi-softint"),
    Mutant("hwdog", "PCI's address port is not put back", PCI,
           "\tmode1_write(PCI_MODE1_ADDRESS, address);\n", "\t(void)address;\n", "unit hwdog"),
    Mutant("hwdog", "who has stopped the machine waits for PCI's lock", PCI,
           "*locked = !cpu_stop_mine();", "*locked = true;", "unit hwdog"),
    Mutant("hwdog", "PCI is searched where there is none", PCI,
           "\tif (!pci_present())\n\t\treturn false;\n", "\t(void)pci_present;\n", "unit hwdog"),
    Mutant("hwdog", "functions of a device that has one", PCI,
           "\t\tif ((bhlc & PCI_HDRTYPE_MULTIFN) != 0)\n\t", "", "unit hwdog"),
    Mutant("hwdog", "PCI's status is cleared by mapping", PCI,
           "\tcommand &= ~PCI_STATUS_MASK;\n", "", "unit hwdog"),
    Mutant("hwdog", "i6300esb's timers are written without magic", ESB,
           "\tesb_unlock(sc);\n\tbus_space_write_4", "\tbus_space_write_4", "unit hwdog"),
    Mutant("hwdog", "i6300esb's mark stays", ESB,
           "\tesb_reload(sc, ESB_TIMEOUT);\n", "", "unit hwdog"),
    Mutant("hwdog", "i6300esb is asked in every NMI", ESB,
           "smw->smw_mode != WDOG_MODE_DISARMED &&\n\t    ", "", "unit hwdog"),
    Mutant("hwdog", "ib700 takes an odd period", "sys/dev/ib700.c",
           "\tsmw->smw_period = roundup(smw->smw_period, 2);\n", "", "unit hwdog"),
    Mutant("hwdog", "a deaf BMC is waited for for ever", KCS,
           "while (!late);", "while (!late || true);", "unit hwdog"),
    Mutant("hwdog", "an endless answer is read for ever", KCS,
           "i < KCS_MESSAGE;", "true || i < KCS_MESSAGE;", "unit hwdog"),
    Mutant("hwdog", "KCS's state is believed to be right", KCS,
           "return state == want ? 0 : EIO;", "return state != 0xff ? 0 : EIO;", "unit hwdog"),
    Mutant("hwdog", "a BMC's refusal is not seen", IPMI,
           " || answer[2] != 0", "", "unit hwdog"),
    Mutant("hwdog", "a command that was broken off is not repeated", IPMI,
           "i < IPMI_TRIES", "i < 1", "unit hwdog"),
    Mutant("hwdog", "an absent BMC is spoken of", IPMI,
           "\tif (!kcs_present(kcs))\n\t\treturn;\n", "", "unit hwdog"),
    Mutant("hwdog", "the other CPUs do not claim a bite", WDOG_NMI,
           "\t*claimed = wdog_count(bites);\n\treturn 1;\n", "\treturn 0;\n",
           "kernel sysmon_wdog_claims 2"),
    Mutant("hwdog", "a mark that is still there is a new bite", WDOG_NMI,
           "if (bit && (bites & 1) == 0 &&", "if (bit &&", "kernel sysmon_wdog_claims 1"),
    Mutant("hwdog", "a disarmed device is overdue", WDOG_NMI,
           "smw->smw_mode != WDOG_MODE_DISARMED &&\n\t    ", "", "kernel sysmon_wdog_overdue 1"),
    Mutant("hwdog", "a device that has bitten is not armed again", WDOG,
           "if (sysmon_wdog_bitten(smw) || wdog_failed)", "if (wdog_failed)",
           "kernel sysmon_wdog_deaf 2"),
    Mutant("hwdog", "a device that went deaf is not set anew", WDOG,
           "if (sysmon_wdog_bitten(smw) || wdog_failed)", "if (sysmon_wdog_bitten(smw))",
           "kernel sysmon_wdog_deaf 2"),
    Mutant("hwdog", "a suspended device is suspended again", WDOG,
           "smw == NULL || smw->smw_mode == WDOG_MODE_DISARMED)", "smw == NULL)",
           "kernel sysmon_wdog_suspended 1"),
    Mutant("hwdog", "two devices are armed", WDOG,
           "\tif (wdog_armed != NULL)\n\t\treturn EBUSY;\n", "", "kernel sysmon_wdog_refused 1"),
    Mutant("hwdog", "any period is armed", WDOG,
           "\tif (period < smw->smw_minperiod || period > smw->smw_maxperiod)\n"
           "\t\treturn ERANGE;\n", "", "kernel sysmon_wdog_refused 1"),
    Mutant("hwdog", "what could not be disarmed counts as off", WDOG,
           "\t\tatomic_store_release(&smw->smw_mode, mode);\n", "\t\t(void)mode;\n",
           "kernel sysmon_wdog_refused 1"),
    Mutant("hwdog", "the device bites in the debugger", IPI,
           "\twatchdog_suspend();\n", "", HWDOG_DDB % "ib700"),
    Mutant("hwdog", "after the debugger the device stays off", IPI,
           "\twatchdog_resume();\n", "", HWDOG_DDB % "i6300esb0"),
    Mutant("hwdog", "a machine that halts leaves the device armed",
           "sys/arch/amd64/amd64/machdep.c", "\twatchdog_suspend();\t\t/* a BMC's outlives us */\n",
           "", "scenario test_hwdog.py::test_a_machine_that_halts_leaves_no_watchdog_behind"),
    Mutant("hwdog", "a BMC counts on from the run before", IPMI,
           "\tif (error == 0)\n\t\terror = ipmi_setmode(&softc.sc_smw);\n", "", "unit hwdog"),
]
