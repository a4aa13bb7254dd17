"""The list of handlers and the rules of NMI context: rows L1 to L9."""

from mutant import DEATH, FORBIDDEN, Mutant, NMI, PRF, rule

ACCOUNT = "sys/arch/x86/x86/nmi_account.c"
NMIVAR = "sys/arch/x86/include/nmivar.h"
MUTEX = "sys/kern/kern_mutex.c"
KMEM = "sys/kern/subr_kmem.c"
SLEEPQ = "sys/kern/kern_sleepq.c"

MUTANTS = [
    Mutant("L1", "the head is read plainly", NMI,
           "nmi_call(atomic_load_consume(&nmi_list.head), tf", "nmi_call(nmi_list.head, tf",
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
           "\t} while (n != NULL);\n", "\t} while (false);\n",
           "kernel nmi_every_handler 1"),
    Mutant("L9", "nothing is waited for", NMI,
           "\tpserialize_perform(nmi_list.psz);\n", "", "kernel nmi_disestablish_waits 2"),
    Mutant("L9", "the wait does not reach the other CPUs", "sys/kern/subr_pserialize.c",
           "\txc_barrier(XC_HIGHPRI);\n", "", "kernel nmi_disestablish_waits 2"),
    Mutant("L9", "a long wait is silent", "sys/kern/subr_xcall.c",
           "\txc_report_late(xs);\n", "\t(void)xc_report_late;\n",
           "kernel nmi_remove_late 2"),
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
