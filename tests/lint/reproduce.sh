#!/bin/sh
# Builds a tree once more in another folder: the kernel must have the same
# bytes.  In that tree it has been built already.
#
#	reproduce.sh TREE

set -eu
cd "$1"
again=$(mktemp -d)
trap 'rm -rf "$again"' EXIT
trap 'exit 1' INT TERM
git ls-files -co --exclude-standard | while read -r f; do
	if [ -f "$f" ]; then
		echo "$f"
	fi
done | tar -cf - -T - | tar -xf - -C "$again"
make -s -j2 -C "$again" all >"$again/said" 2>&1 || { cat "$again/said"; exit 1; }
cmp build/amd64/kernel "$again/build/amd64/kernel"
