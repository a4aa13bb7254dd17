"""Protections, each with the change that takes it out and the test that must see it.

A change replaces text that is there exactly once.  The test is one of

    unit PROGRAM                a host program of tests/unit
    kernel TEST CPUS            the test image with ktest=TEST
    scenario NAME               a test of tests/qemu
    row RANGE/VARIANT           an NMI at each instruction (tests/inject)
"""

from collections import namedtuple

Mutant = namedtuple("Mutant", "hazard name file old new test")

NMI = "sys/arch/x86/x86/nmi.c"
IPI = "sys/arch/x86/x86/nmi_ipi.c"
PING = "sys/arch/x86/x86/nmi_ping.c"
ACCOUNT = "sys/arch/x86/x86/nmi_account.c"
NMIVAR = "sys/arch/x86/include/nmivar.h"
STUB = "sys/arch/amd64/amd64/vector.S"
IST = "sys/arch/amd64/amd64/vector_ist.S"
MCA = "sys/arch/x86/x86/mca.c"
NMITRAP = "sys/arch/x86/x86/nmi_trap.c"
LAPIC = "sys/arch/x86/x86/lapic.c"
PANIC = "sys/kern/subr_panic.c"
MUTEX = "sys/kern/kern_mutex.c"
KMEM = "sys/kern/subr_kmem.c"
PRF = "sys/kern/subr_prf.c"
SLEEPQ = "sys/kern/kern_sleepq.c"
USER = "sys/arch/amd64/amd64/user_entry.S"
USERMD = "sys/arch/amd64/amd64/user_machdep.c"
PMAPUSER = "sys/arch/amd64/amd64/pmap_user.c"

ENTRY = "scenario test_entry.py::test_"
MCA_TEST = "scenario test_mca.py::test_"
FORBIDDEN = "\tNMI_FORBIDDEN();\n"
DEATH = "scenario test_nmi.py::test_a_broken_rule_of_nmi_handlers_is_named_in_the_panic[%s]"

STORM = ("scenario test_storm.py::"
         "test_a_storm_leaves_the_console_the_counts_and_the_memory_whole[%s]")


def rule(file, before, death):
    """The check at the head of a function, found by what precedes it."""
    name = before.split("(")[0].split("\n")[-1]
    return Mutant("rules", name + " is allowed", file, before + FORBIDDEN, before, DEATH % death)


MUTANTS = [
    Mutant("E1", "a nested NMI is not latched, in any place", STUB,
           "\tcmpq\t$0, NMI_HW_BUSY(%rsp)\n\tjne\tnmi_latch\n", "", "row nmi/both"),
    Mutant("E1", "what comes late in a handler is not run", STUB,
           "\tcmpq\t$0, NMI_T + IST_TOP_PENDING(%rsp)\n\tjne\tnmi_again\n", "",
           "row nmi/fault"),
    Mutant("E2", "GS is guessed from CS, in the gap of SYSCALL", STUB,
           "\tmovq\tNMI_T + IST_TOP_CI(%rsp), %rax\n\twrgsbase %rax\n",
           "\ttestb\t$3, TF_CS(%rsp)\n\tjz\t7f\n"
           "\tmovq\tNMI_T + IST_TOP_CI(%rsp), %rax\n\twrgsbase %rax\n7:\n",
           "row syscall/alone"),
    Mutant("E4", "CR2 is not put back, in a page fault's stub", STUB,
           "\tmovq\tNMI_TF_CR2(%rsp), %rax\n\tmovq\t%rax, %cr2\n", "",
           "row user-page-fault/fault"),
    Mutant("E5", "watchpoints stay off after an NMI", NMITRAP,
           "\tint claimed = nmi_dispatch(tf);\n\n\tx86_watch_resume(dr7);\n",
           "\tint claimed = nmi_dispatch(tf);\n\n\t(void)dr7;\n", "row watched/alone"),
    Mutant("E7", "the window is like any other place", STUB,
           "\tcmpq\t$nmi_window, (%rsp)\t/* nested, on our way out? */\n\tjae\t.L\\name\\()_high\n",
           "", "row nmi/fault"),
    Mutant("E7", "\"in NMI\" is cleared before the registers are back", STUB,
           "nmi_window:\n", "nmi_window:\n\tmovq\t$0, NMI_T + IST_TOP_BUSY(%rsp)\n",
           "row nmi/machine-check"),
    Mutant("E10", "no cld, at any instruction", STUB,
           "\tPLAIN_FLAGS\n\tmovq\t%cr2, %rax\n", "\tmovq\t%cr2, %rax\n",
           "row registers/alone"),
    Mutant("P2", "the report takes the console's lock",
           "sys/arch/x86/x86/nmi_unclaimed.c", "printf_nolog(REPORT", "printf(REPORT",
           "scenario test_ddb_anywhere.py"),
    Mutant("E1", "a nested NMI is not latched", STUB,
           "\tcmpq\t$0, NMI_HW_BUSY(%rsp)\n\tjne\tnmi_latch\n", "",
           "kernel nmi_nest_fault 1"),
    Mutant("E1", "what was latched is not run", STUB,
           "\tcmpq\t$0, NMI_T + IST_TOP_PENDING(%rsp)\n\tjne\tnmi_again\n", "",
           "kernel nmi_nest_breakpoint 1"),
    Mutant("E1", "a latched one is not counted", STUB,
           "\tincq\tNMI_HW_LATCHED(%rsp)\n", "", "kernel nmi_count_latched 1"),
    Mutant("E2", "GS is guessed from CS", STUB,
           "\tmovq\tNMI_T + IST_TOP_CI(%rsp), %rax\n\twrgsbase %rax\n",
           "\ttestb\t$3, TF_CS(%rsp)\n\tjz\t7f\n"
           "\tmovq\tNMI_T + IST_TOP_CI(%rsp), %rax\n\twrgsbase %rax\n7:\n",
           "kernel user_gap 1"),
    Mutant("E2", "a program's debug trap has the program's GS", USER,
           "ENTRY(debug_from_user)\n\tFROM_USER\n", "ENTRY(debug_from_user)\n",
           "kernel user_step 1"),
    Mutant("E2", "the return to user mode fails with the user's GS", STUB,
           "\tcmpq\t$user_iretq, TF_RIP(%rsp)\n\tje\t1f\n", "", "kernel user_bad_return 1"),
    Mutant("E2", "a failed return to user mode is the kernel's fault",
           "sys/arch/amd64/amd64/trap.c", "\tif (user_iret_failed(tf))\n",
           "\tif (user_iret_failed(tf) && panicstr != NULL)\n", "kernel user_bad_return 1"),
    Mutant("E3", "a stack pointer is evidence", STUB,
           "\tcmpq\t$0, NMI_HW_BUSY(%rsp)\n\tjne\tnmi_latch\n",
           "\tcmpq\t$0, NMI_HW_BUSY(%rsp)\n\tjne\tnmi_latch\n"
           "\tpushq\t%rax\n\tleaq\t48(%rsp), %rax\n\tcmpq\t%rax, 32(%rsp)\n"
           "\tpopq\t%rax\n\tje\tnmi_latch\n",
           "kernel user_gap 1"),
    Mutant("E3", "SYSCALL leaves DF, NT and AC as they were", USERMD,
           "wrmsr(MSR_SFMASK, PSL_SYSCALL)", "wrmsr(MSR_SFMASK, PSL_T | PSL_I)",
           "kernel user_gap 1"),
    Mutant("E10", "a program switches SMAP off", "sys/arch/amd64/include/frameasm.h",
           "\tclac\n", "", "kernel user_flags 1"),
    Mutant("E10", "a program turns strings round", "sys/arch/amd64/include/frameasm.h",
           "\tswapgs\n\tcld\n", "\tswapgs\n", "kernel user_flags 1"),
    Mutant("E9", "a reschedule comes before the iret", "sys/arch/x86/x86/nmi_trap.c",
           "\t\treturn nmi_dispatch_unwatched(tf);\n\treturn nmi_dispatch(tf);\n",
           "\t\treturn nmi_dispatch_unwatched(tf);\n\tint claimed = nmi_dispatch(tf);\n"
           "\tvoid yield(void);\n"
           "\tif (USERMODE(tf->tf_cs) && curcpu()->ci_want_resched)\n\t\tyield();\n"
           "\treturn claimed;\n",
           "kernel user_resched 1"),
    Mutant("E9", "nobody comes back to a reschedule", "sys/arch/x86/x86/mp.c",
           "\tif (ci != curcpu() || cpu_nmi_p())\n", "\tif (ci != curcpu())\n",
           "kernel user_resched 1"),
    Mutant("user", "the GS base stays with the CPU", USERMD,
           "\twrmsr(MSR_KERNELGSBASE, md->md_gsbase);\n", "", "kernel user_many 1"),
    Mutant("user", "a system call returns by SYSRET whatever the flags are",
           "sys/arch/amd64/amd64/syscall.c", " && (tf->tf_rflags & (PSL_T | PSL_RF)) == 0", "",
           "kernel user_step 1"),
    Mutant("user", "a program's addresses are not looked at", USERMD,
           "\tif ((vaddr_t)uaddr >= VM_MAXUSER_ADDRESS ||\n"
           "\t    len > VM_MAXUSER_ADDRESS - (vaddr_t)uaddr)\n\t\treturn EFAULT;\n", "",
           "kernel user_errors 1"),
    Mutant("user", "pages are lost", PMAPUSER,
           "\t\telse if (table[i] & PTE_OWNED)\n", "\t\telse if (0)\n",
           "kernel user_memory 1"),
    Mutant("user", "text can be written", PMAPUSER,
           "\tuint64_t bits = PTE_P | PTE_U;\n", "\tuint64_t bits = PTE_P | PTE_U | PTE_W;\n",
           "kernel user_pagefault 1"),
    Mutant("user", "data can be run", PMAPUSER,
           "\t\tbits |= PTE_NX;\n", "\t\tbits |= 0;\n", "kernel user_pagefault 1"),
    Mutant("user", "a later kernel mapping is missing", "sys/arch/amd64/amd64/pmap.c",
           "\t\tpm->pm_pml4[i] = pte;\n", "\t\t(void)pm;\n", "kernel user_pmap_kernel 1"),
    Mutant("user", "the gate is the kernel's, too", "sys/arch/amd64/amd64/syscall.c",
           "\tif (!USERMODE(tf->tf_cs)) {\n", "\tif (0) {\n",
           "scenario test_traps.py::test_an_exception_is_a_named_fatal_trap[trap-gate]"),
    Mutant("E4", "CR2 is not put back", STUB,
           "\tmovq\tNMI_TF_CR2(%rsp), %rax\n\tmovq\t%rax, %cr2\n", "",
           "kernel nmi_cr2 1"),
] + [
    Mutant("E5", "watched: " + what, "sys/arch/x86/x86/dbregs.c", old, new,
           "kernel watch_refused 1")
    for what, old, new in (
        ("what an NMI runs", "overlaps(va, len, (vaddr_t)__nobreak_start, (vaddr_t)__nobreak_end)",
         "false"),
        ("the NMI stub", "overlaps(va, len, (vaddr_t)nmi_stubs_start, (vaddr_t)nmi_window_end)",
         "false"),
        ("cpu_info, GDT, TSS", "overlaps(va, len, (vaddr_t)ci, (vaddr_t)(ci + 1))", "false"),
        ("the IDT", "overlaps(va, len, idt.rd_base, idt.rd_base + idt.rd_limit + 1)",
         "idt.rd_limit == 0"),
        ("the trap stacks", "overlaps(va, len, end - IST_STACK_SIZE, end)", "end == 0"),
    )
] + [
    Mutant("E5", "a breakpoint: " + what, "sys/arch/amd64/amd64/db_interface.c", old, new,
           "scenario test_ddb.py::test_commands")
    for what, old, new in (
        ("in what an NMI runs", "va >= (vaddr_t)__nobreak_start && va < (vaddr_t)__nobreak_end",
         "va == 0"),
        ("in the NMI stub", "if (va >= (vaddr_t)nmi_stubs_start)\n\t\treturn \"it is the",
         "if (va == 0)\n\t\treturn \"it is the"),
        ("in an NMI handler", "ksyms_lookup(va, &start) != NULL && nmi_account_has(start)",
         "ksyms_lookup(va, &start) != NULL && nmi_account_has(0)"),
    )
] + [
    Mutant("E5", "handlers meet watchpoints", NMITRAP,
           "\tif (__predict_false(!curcpu_zero_p(ci_dr7)))\n"
           "\t\treturn nmi_dispatch_unwatched(tf);\n", "", "kernel nmi_dr7 1"),
    Mutant("E5", "the watchpoints are lost", NMITRAP,
           "\tx86_watch_resume(dr7);\n\treturn claimed;\n",
           "\tx86_watch_resume(dr7 & 0x400);\n\treturn claimed;\n",
           "kernel nmi_dr7 1"),
    Mutant("E5", "runs for latched ones meet watchpoints", NMITRAP,
           "->le_why = why;\n\treturn nmi_dispatch_unwatched(tf);\n",
           "->le_why = why;\n\treturn nmi_dispatch(tf);\n", "kernel nmi_dr7_latched 1"),
    Mutant("E5", "a debug trap meets watchpoints", IST,
           "\txorl\t%eax, %eax\n\tmovq\t%rax, %dr7\n", "",
           "scenario test_traps.py::test_an_exception_is_a_named_fatal_trap[trap-watch]"),
    Mutant("E7", "whatever is above the window is in it", STUB,
           "\tcmpq\t$nmi_window_end, (%rsp)\n\tjb\tnmi_start_over\n", "\tjmp\tnmi_start_over\n",
           "kernel nmi_wild_rip 1"),
] + [
    Mutant("E8", death + " shares the NMI's stack", "sys/arch/x86/x86/idt.c",
           "%s, %s);" % (entry, ist), "%s, IST_NMI);" % entry,
           "scenario test_nmi.py::test_a_trap_on_top_of_an_nmi_leaves_its_frames_whole[%s]" % death)
    for death, entry, ist in (("nmi-debug", "vector_debug", "IST_DB"),
                              ("nmi-machine-check", "vector_machine_check", "IST_MC"),
                              ("nmi-overflow", "vector_double_fault", "IST_DF"))
] + [
    Mutant("E10", "no cld", STUB,
           "\tPLAIN_FLAGS\n\tmovq\t%cr2, %rax\n", "\tclac\n\tmovq\t%cr2, %rax\n",
           "kernel nmi_direction 1"),
    Mutant("E10", "no clac", STUB,
           "\tPLAIN_FLAGS\n\tmovq\t%cr2, %rax\n", "\tcld\n\tmovq\t%cr2, %rax\n",
           "kernel nmi_access 1"),
    Mutant("E11", "an interrupt returns to the hlt, whoever it woke", "sys/arch/x86/x86/intr.c",
           "\tif (ci->ci_want_resched && (tf->tf_rflags & PSL_I) != 0)\n\t\tsched_intr_return();\n",
           "\t(void)tf;\n", "kernel nmi_sti_hlt 1"),
    Mutant("E4", "a debug trap loses CR2", IST,
           "\tmovq\tTF_ARG7(%rsp), %rax\n\tmovq\t%rax, %cr2\n", "",
           ENTRY + "a_debug_trap_keeps_cr2"),
    Mutant("E5", "a machine check meets watchpoints", IST,
           "\txorl\t%eax, %eax\n\tmovq\t%rax, %dr7\n", "", "kernel nmi_mca_watched 1"),
    Mutant("E7", "DEBUG_ENTRY does nothing", STUB, "#ifdef DEBUG_ENTRY\n",
           "#ifdef DEBUG_ENTRY_NOT\n", ENTRY + "the_tests_of_nmis_pass_with_debug_entry"),
    Mutant("E7", "a way out that fails is not in NMI", IST,
           "\tmovq\t$1, IRETQ_T + IST_TOP_BUSY(%rsp)\n", "",
           ENTRY + "an_nmi_whose_way_out_fails_is_a_whole_report[max]"),
    Mutant("E7", "a way out that fails has the wrong GS", IST,
           "\tLOAD_GSBASE IRETQ_T + TF_TRAPNO + IST_TOP_CI\n", "",
           ENTRY + "an_nmi_whose_way_out_fails_is_a_whole_report[max]"),
    Mutant("E7", "the debugger takes any flags", "sys/arch/amd64/amd64/db_interface.c",
           "if (value & ~(uint64_t)DB_FLAGS || (value & PSL_MBO) == 0)", "if (0)",
           "scenario test_ddb.py::test_commands"),
    Mutant("E13", "a machine check returns into the window", NMITRAP,
           "\ttf->tf_rip = (vaddr_t)nmi_window;\n", "",
           ENTRY + "a_machine_check_in_the_window_is_gone_on_from[max]"),
    Mutant("E13", "a machine check in the entry is gone on from", NMITRAP,
           "if (tf->tf_rip < (vaddr_t)nmi_window || tf->tf_rip == (vaddr_t)nmi_iretq)", "if (0)",
           ENTRY + "a_machine_check_elsewhere_in_the_entry_is_a_whole_report"
           "[vector_nmi_fsgsbase-max]"),
    Mutant("E13", "the final iretq is taken for the window", NMITRAP,
           "nmi_window || tf->tf_rip == (vaddr_t)nmi_iretq)", "nmi_window)",
           ENTRY + "a_machine_check_elsewhere_in_the_entry_is_a_whole_report[nmi_iretq-max]"),
    Mutant("E13", "a machine check while another is left", MCA,
           "tf->tf_rip >= (vaddr_t)mca_leave &&", "tf->tf_rip == 0 &&",
           ENTRY + "a_machine_check_while_another_is_left_is_a_whole_report"),
    Mutant("E13", "MCIP stays set", IST, "\txorl\t%edx, %edx\n\twrmsr\n", "",
           MCA_TEST + "a_machine_check_that_can_be_restarted_is_a_line[0]"),
    Mutant("E13", "a bank is not cleared", MCA, "\t\twrmsr(MC_STATUS(bank), 0);\n", "",
           MCA_TEST + "a_machine_check_that_can_be_restarted_is_a_line[0]"),
    Mutant("E13", "MCIP stays set at the debugger's prompt", "sys/arch/amd64/amd64/db_interface.c",
           "\tmca_abandon();", "\t(void)mca_abandon;",
           MCA_TEST + "a_machine_check_in_the_debugger_is_no_bad_address"),
    Mutant("E13", "a machine check in the debugger is a bad address", "sys/arch/amd64/amd64/trap.c",
           "\t\tif ((why = mca_trap(tf)) == NULL)",
           "\t\tif (db_trap(tf) || (why = mca_trap(tf)) == NULL)",
           MCA_TEST + "a_machine_check_in_the_debugger_is_no_bad_address"),
    Mutant("E13", "what an earlier boot left is in the way", MCA,
           "\t(void)mca_collect(printf, \", from before the boot\", &found);\n", "\t(void)found;\n",
           MCA_TEST + "what_an_earlier_boot_left_is_told_and_cleared"),
    Mutant("E12", "a CPU's NMI state comes late", "sys/arch/amd64/amd64/machdep.c",
           "\tnmi_cpu_init(ci);\n",
           "\tci->ci_nmi.nc_slot = offsetof(struct nmi_account, na_slot);\n",
           "scenario test_nmi.py::"
           "test_an_nmi_at_this_moment_of_the_boot_is_counted_and_reported[version_init-1]"),
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
    Mutant("E13", "no matter: " + what, MCA, old, new,
           MCA_TEST + "a_fatal_machine_check_is_a_whole_report")
    for what, old, new in (
        ("PCC", "if (status & MC_PCC)", "if (0)"), ("OVER", "if (status & MC_OVER)", "if (0)"),
        ("AR", "if (status & MC_AR &&", "if (0 &&"),
        ("RIPV", "if ((state & (MCG_MCIP | MCG_RIPV)) == MCG_MCIP)", "if (state == 0x100)"))
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
    Mutant("P1", "nobody answers", STUB, "\tcall\tnmi_trap_unclaimed\n", "",
           "scenario test_nmi.py::"
           "test_an_nmi_that_all_handlers_decline_is_reported_in_the_contracts_words"),
    Mutant("P1", "an unclaimed NMI is logged, whatever was asked for",
           "sys/arch/x86/x86/nmi_unclaimed.c",
           "\tif (nmi_policy(cause) == NMI_LOG) {\n", "\tif (nmi_policy(cause) != NMI_LOG) {\n",
           "scenario test_ddb_stop.py::test_the_policies_of_an_unclaimed_nmi"),
    Mutant("P2", "a CPU waits for its own line to end", PRF,
           "\t\tif (owner == me)\n\t\t\treturn false;\n",
           "\t\tif (owner == me)\n\t\t\tcontinue;\n",
           "scenario test_ddb_anywhere.py"),
    Mutant("P2", "the console's lock is waited for for ever", PRF,
           "\t\tif (prf_patience_over(spins, since) &&\n",
           "\t\tif (prf_patience_over(spins, since) && ncpu == 0 &&\n",
           "kernel ddb_stop_console 2"),
    Mutant("P4", "the others are stopped by an interrupt", IPI,
           "\tlapic_send_nmi(ci->ci_apicid);\n", "\tlapic_send_ipi(ci->ci_apicid, 0xf0);\n",
           "scenario test_nmi.py::test_a_cpu_that_takes_no_interrupts_stops_and_shows_where"
           "[crashme_panic]"),
    Mutant("P5", "an NMI under way is forgotten", IPI,
           "\tif (nc->nc_ipi & NMI_IPI_STOP) {\n", "\tif (0) {\n", "kernel nmi_stop_crossed 2"),
    Mutant("P5", "what came while parked runs", IPI,
           "\tabsorbed = nmi_absorb(ci, latched);\n\tif (nc",
           "\tabsorbed = latched > ~0UL;\n\tif (nc", "kernel nmi_stop_absorbs 2"),
    Mutant("P5", "one stopped too late answers once more", IPI,
           "\tci->ci_nmi.nc_again = 0;\n}", "}", "kernel nmi_stop_late 1"),
    Mutant("P5", "several own the machine", IPI,
           "\t\treturn (word & STOP_OWNER) == cpu_number() + 1;\n", "\t\treturn true;\n",
           "kernel nmi_stop_all 4"),
    Mutant("P6", "LINT1 is masked on all but the first CPU", LAPIC,
           "LAPIC_LVT_LINT1, LAPIC_LVT_NMI)",
           "LAPIC_LVT_LINT1, lapic_id() == 0 ? LAPIC_LVT_NMI : LAPIC_LVT_MASKED)",
           "scenario test_nmi.py::test_an_injected_nmi_reaches_every_cpu[2]"),
    Mutant("P7", "several panic at once", PANIC, "\tcpu_stop_enter();", "\t",
           "scenario test_panic.py::test_all_cpus_panic_at_once_and_one_reports"),
    Mutant("P7", "the part of a report that panics is tried again", PANIC,
           "panic_parts[panic_part++]();", "(panic_parts[panic_part](), panic_part++);",
           "scenario test_panic.py::test_a_panic_in_the_report_leaves_only_that_part_out"),
    Mutant("P7", "panics never end", PANIC,
           "\tif (++panic_depth > PANIC_DEPTH)\n\t\tpanic_finish();\n", "\t++panic_depth;\n",
           "scenario test_panic.py::test_a_machine_that_only_panics_is_reset_still"),
    Mutant("P12", "the self-test believes the sender", PING,
           "\treturn came;\n", "\treturn came || true;\n", "kernel nmi_selftest_fails 1"),
    Mutant("P8", "a nested NMI is not latched, in a storm", STUB,
           "\tcmpq\t$0, NMI_HW_BUSY(%rsp)\n\tjne\tnmi_latch\n", "", STORM % "int3-1"),
    Mutant("P8", "what was latched is not run, in a storm", STUB,
           "\tcmpq\t$0, NMI_T + IST_TOP_PENDING(%rsp)\n\tjne\tnmi_again\n", "",
           STORM % "fault-1"),
    Mutant("P8", "a trace ends at the NMI", STUB,
           "\tpushq\t%rbp\t\t\t/* so that a backtrace crosses us */\n\tmovq\t%rsp, %rbp\n",
           "\tpushq\t%rbp\n", STORM % "unwind-1"),
    Mutant("P8", "a record is leaked, in a storm", NMI,
           "\tkmem_free(n, sizeof(*n));\n", "", STORM % "churn-1"),
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
