# The symbol table of subr_ksyms.c, as assembler, from "nm -n kernel".
#
# Only what lies in the higher half, once each; linker and compiler
# internals (names with a dot or a dollar) stay out.

BEGIN {
	print "\t.section .ksyms, \"a\""
	print "\t.balign 8"
	n = 0
}

# A clone of a function (foo.part.0) goes by the function's name.
{ sub(/\.(constprop|part|isra|cold|llvm).*/, "", $3) }

$1 ~ /^ffffffff/ && $2 ~ /^[tTdDbBrR]$/ && $3 !~ /[.$]/ && \
    $3 !~ /^__(start|stop)_/ && $3 !~ /^__(text|data|rodata|kernel|ksyms)_/ {
	if (!($1 in name)) {
		addr[n++] = $1
		name[$1] = $3
	} else if ($2 == "T" && seen[$1] != "T")
		name[$1] = $3
	seen[$1] = $2
}

END {
	printf "\t.long %d, 0\n", n
	off = 0
	for (i = 0; i < n; i++) {
		printf "\t.long 0x%s - 0x80000000, %d\n", substr(addr[i], 9), off
		off += length(name[addr[i]]) + 1
	}
	for (i = 0; i < n; i++)
		printf "\t.asciz \"%s\"\n", name[addr[i]]
	print "\t.section .note.GNU-stack, \"\", @progbits"
}
