#!/bin/sh
# run.sh [TARGET RUNS]...: fuzz that many times; a line "ok TARGET: ..." or
# "not ok TARGET: ..." for each.  What led to a failure is kept in build/fuzz.

build=build/fuzz
status=0
while [ $# -ge 2 ]; do
	target=$1
	runs=$2
	shift 2
	found=$build/found/$target	# never kept: the same runs each time
	rm -rf "$found" "$build/$target"-*
	mkdir -p "$found"
	dict=
	[ ! -f "tests/fuzz/$target.dict" ] || dict=-dict=tests/fuzz/$target.dict
	# shellcheck disable=SC2086	# no dictionary, no argument
	"$build/$target" -seed=1 -runs="$runs" -max_len=1000 -len_control=20 \
	    -timeout=60 -artifact_prefix="$build/$target-" $dict \
	    "$found" "tests/fuzz/corpus/$target" >"$build/$target.log" 2>&1
	rc=$?
	did=$(sed -n 's/^Done \([0-9]*\) runs .*/\1/p' "$build/$target.log")
	if [ $rc -eq 0 ] && [ "${did:-0}" -ge "$runs" ]; then
		echo "ok $target: $did runs"
		continue
	fi
	status=1
	tail -n 40 "$build/$target.log"
	echo "not ok $target: exit status $rc after ${did:-too few} runs"
	for input in "$build/$target"-*; do
		[ ! -f "$input" ] || echo "rerun: $build/$target $input"
	done
done
exit $status
