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
CAUSE = "sys/arch/x86/x86/nmi_cause.c"
STORM = "sys/arch/x86/x86/nmi_storm.c"
UNCLAIMED = "sys/arch/x86/x86/nmi_unclaimed.c"
LAPIC = "sys/arch/x86/x86/lapic.c"
MUTEX = "sys/kern/kern_mutex.c"
KMEM = "sys/kern/subr_kmem.c"
PRF = "sys/kern/subr_prf.c"
SLEEPQ = "sys/kern/kern_sleepq.c"

FORBIDDEN = "\tNMI_FORBIDDEN();\n"
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
    Mutant("P3", "a cause is not armed again", CAUSE,
           "\tnmi_port_write(keep | off);\n"
           "\tnmi_port_write((uint8_t)((keep & ~off) | port_off));\n", "\t(void)keep;\n",
           "kernel nmi_port_rearm 1"),
    Mutant("P3", "every CPU reads the port", UNCLAIMED,
           "\tif (nmi_event_old(now))\n", "\tif (0)\n", "kernel nmi_one_reader_late 2"),
    Mutant("P3", "a second NMI is the first one's", CAUSE,
           "(event_cpus & 1U << cpu_number()) != 0 ||\n\t    now", "now",
           "kernel nmi_event_again 1"),
    Mutant("P3", "no port is a port", CAUSE,
           "\tif (port != NMISC_NONE)\n\t\tport_rearm(port);\n", "\tport_rearm(port);\n",
           "kernel nmi_port_unknown 1"),
    Mutant("P3", "of two causes one is forgotten", CAUSE,
           "\tif ((port & NMISC_IOCHK) != 0 && nmi_policy(NMI_SERR) == NMI_LOG)\n"
           "\t\treturn NMI_IOCHK;\n", "", "kernel nmi_port_both 1"),
    Mutant("P8", "the log has no limit", UNCLAIMED,
           "\tif (l->l_ever && r->", "\tif (0 && l->l_ever && r->",
           "scenario test_policy.py::test_logged_nmis_are_limited_and_all_of_them_are_told"),
    Mutant("P8", "what is suppressed waits for the next one", UNCLAIMED,
           "\tcallout_reset(&l->l_callout, hz, log_tell, l);\n", "\t(void)log_tell;\n",
           "scenario test_policy.py::test_logged_nmis_are_limited_and_all_of_them_are_told"),
    Mutant("P8", "a storm is not masked", STORM,
           "\tcause_mask(ev->ev_cause, true);\n", "", "kernel nmi_storm_serr 1"),
    Mutant("P8", "a storm is counted for ever", STORM,
           "\t\tst->st_events = 0;\n\t}\n", "\t}\n", "kernel nmi_storm_slow 1"),
    Mutant("P8", "the other CPUs stay open", STORM,
           "\t\t\tlapic_send_ipi(ci->ci_apicid, INTRVEC_NMISOFT);\n", "\t\t\tcontinue;\n",
           "kernel nmi_storm_lint1 2"),
    Mutant("P8", "a CPU without interrupts stays open", STORM,
           "\tnmi_lint1_follow();\n\treturn true;\n", "\treturn true;\n",
           "kernel nmi_storm_follows 1"),
    Mutant("P8", "what is masked stops the machine", UNCLAIMED,
           "\tif (nmi_quarantined(r.r_event.ev_cause))\n",
           "\tif (nmi_quarantined(r.r_event.ev_cause) && now == 0)\n",
           "kernel nmi_storm_unmaskable 1"),
    Mutant("P8", "unmask does not", STORM,
           "\t\tcause_mask(cause, false);\n", "", "kernel nmi_storm_serr 1"),
    Mutant("P5", "an NMI under way is forgotten", IPI,
           "\tif (nc->nc_ipi & NMI_IPI_STOP) {\n", "\tif (0) {\n", "kernel nmi_stop_crossed 2"),
    Mutant("P5", "what came while parked runs", IPI,
           "\tabsorbed = nmi_absorb(ci, latched);\n\tif (nc",
           "\tabsorbed = latched > ~0UL;\n\tif (nc", "kernel nmi_stop_absorbs 2"),
    Mutant("P5", "several own the machine", IPI,
           "\t\treturn (word & STOP_OWNER) == me;\n", "\t\treturn true;\n",
           "kernel nmi_stop_all 4"),
    Mutant("P6", "LINT1 is masked on all but the first CPU", LAPIC,
           "\tlapic_lint1_mask(false);\n", "\tlapic_lint1_mask(lapic_id() != 0);\n",
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
]
