"""ddb: whole answers of commands, as they stand on the line, in one session."""

import re

from ddb import DDB, ddb, enter, entered, leave

PROBLEM = r"Faulted in DDB; continuing\.\.\.\n"

# What is typed, and the whole of what is then said, as a regular expression.
# ME is the CPU in the debugger, OTHER the second one.
ANSWERS = [
    ("p ()", r"Expression syntax error after '\('\n"),
    ("p -", r"Expression syntax error after '-'\n"),
    ("p ~", r"Expression syntax error after '~'\n"),
    ("p !", r"Expression syntax error after '!'\n"),
    ("p *", r"Expression syntax error after '\*'\n"),
    ("p " + "(" * 41 + "1", r"Expression too deep\n"),
    ("p " + "-" * 41 + "1", r"Expression too deep\n"),
    ("p 0t", r"Bad number\n"),
    ("set $radix 8;p 9", r"Bad number\n"),
    ("set $radix 0t16;p 9", r"9\n"),
    ("p 1 )", r"1\nBad arguments, see help\n"),
    ("show zork", r"No such command; use \"help\" to list available commands\n"),
    ("show 5", r"Bad command; use \"help\" to list available commands\n"),
    ("se", r"Ambiguous\n"),
    ("show", r"show what\? \S+\n"),
    ("show all", r"all what\? \S+\n"),
    ("continue zork 1", r"Symbol not found\n"),
    ("continue 1 1", r"Bad arguments, see help\n"),
    ("x 0,", r"The count is missing\n"),
    ("search version 0,", r"The count is missing\n"),
    ("search version", r"The value is missing\n"),
    ("set $radix 0t17", r"\$radix: 8 to 16\n"),
    ("trace/a db_stack", r"trace: lid 0 \(\) at 0x[0-9a-f]+\nstack pointer 0: unreadable\n"),
    ("machine cpu -1", r"No such CPU, 0 to 1\n"),
    ("machine cpu OTHER", r"cpuOTHER: stopped at kernel:\w+\+0x[0-9a-f]+\n"),
    ("step", r"Only the CPU that came here can step; machine cpu brings it back\n"),
    ("set $rax 0", r"\$rax: only of the CPU that came here\n"),
    ("machine cpu", r"cpuME: stopped at kernel:\w+\+0x[0-9a-f]+\n"),
    ("x/b 0xfffffffffffffffe", PROBLEM),
    ("x/bx version,2", r"kernel:version\+0x0:\t4e\t4d\n"),
    ("w/b version 4e", r"kernel:version\+0x0\t\t4e\t=\t4e\n"),
    ("search/b version 4d", r"kernel:version\+0x1:\t4d\n"),
    ("search/b version 0 0ff,1", r"Not found\n"),
    ("search/L 0xffffffff80100001 1234567", r".*" + PROBLEM),
    ("show breaks", r"No breakpoints set\n"),
    ("break example_nmi+5", r"No breakpoint there: it is an NMI handler\n"),
    ("break hardclock,3", r""),
    ("show breaks", r" Count    Address\n     3    kernel:hardclock\+0x0\n"),
    ("delete *", r""),
    ("show breaks", r"No breakpoints set\n"),
    ("whatis version", r"0x[0-9a-f]+ is kernel:version\+0x0\n"),
    ("whatis $rsp", r"0x[0-9a-f]+ is on the stack of \S+ \(lid \d+\), 0x[0-9a-f]+ above its end\n"),
    ("whatis *alllwp+8", r"0x[0-9a-f]+ is in the struct lwp of \S+ \(lid \d+\), at \+0x8\n"),
    ("whatis *cpu_infos", r"0x[0-9a-f]+ is in the struct cpu_info of cpu0, at \+0\n"),
    ("whatis 0xffff800001000000",
     r"0xffff800001000000 is at \+0x1000000 of the direct map of memory, mapped\n"),
    ("whatis 0xffffa00000000000",
     r"0xffffa00000000000 is at \+0 of the map of devices, not mapped\n"),
    ("whatis 0xffffd00000000000",
     r"0xffffd00000000000 is at \+0x100000000000 of the area of stacks, not mapped\n"),
    ("whatis -1", r"0xffffffffffffffff is at \+0x7fffffff of the kernel's image, not mapped\n"),
]


def every(vm, count, table):
    """Each line of the table a result; the session goes on after a wrong one."""
    wrong = []
    me = int(re.findall(DDB, vm.log, re.M)[-1][3])
    for line, pattern in table:
        line, pattern = (text.replace("ME", str(me)).replace("OTHER", str(1 - me))
                         for text in (line, pattern))
        answer = ddb(vm, line)
        good = re.fullmatch(pattern, answer) is not None
        why = "" if good else "%r said %r, not %r" % (line, answer, pattern)
        count("%.40s" % line, "passed" if good else "failed", why)
        if not good:
            wrong.append(why)
    assert not wrong, "\n".join(wrong)


def test_whole_answers(boot, count):
    vm = enter(boot(smp=2))
    every(vm, count, ANSWERS)
    leave(vm)


def test_a_search_is_stopped_wherever_it_began(boot):
    vm = enter(boot(smp=2))
    # Odd addresses, and a value that is nowhere but in the line itself.
    vm.send("search/L 0xffff800001000001 123456789abcdef1 ,0xffffffff")
    vm.expect(r"ffffffff\n")
    vm.send("\x03", end="")
    vm.expect(r"^\^C\n" + DDB[1:])
    leave(vm)


def test_an_nmi_while_it_answers(boot):
    vm = boot(smp=1)
    vm.inject_nmi()
    entered(vm)
    ddb(vm, "set $lines 0")
    assert re.match(r"0x[0-9a-f]+ is on trap stack \d of cpu0\n$", ddb(vm, "whatis *db_frame"))
    vm.send("x/b 0xffff800001000000,4000; continue")
    vm.expect(r"^0xffff800001000000:")
    vm.inject_nmi()
    vm.expect(r"^NMI \.\.\. staying in debugger$")
    leave(entered(vm))


def test_a_list_of_threads_that_is_torn(boot):
    vm = enter(boot(smp=1))
    first, second = re.findall(r"  (0x[0-9a-f]+)  ", ddb(vm, "ps"))[:2]
    # lwp0 is static, so its link is shown as an offset from a symbol.
    link = ddb(vm, "search/L %s %s,80" % (first, second)).partition(":\t")[0]
    ddb(vm, "write/L %s %s" % (link, first))
    assert ddb(vm, "ps").endswith("The list goes back from here\n")
    assert "kernel:version" in ddb(vm, "whatis version")
    assert ddb(vm, "trace/t 9999") == "No thread with lid 39321\n"
    ddb(vm, "write/L %s %s" % (link, second))
    assert ddb(vm, "ps").count("\n") < 100
    leave(vm)
