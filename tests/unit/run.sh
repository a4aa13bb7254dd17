#!/bin/sh
# Run unit test programs; each prints a line a test and ends with status 0,
# or 2 if one failed.  A program that dies of something else (a sanitizer, a
# crash, a minute gone) counts as one more failure.

status=0
for prog; do
	name=$(basename "$prog")
	timeout 60 "$prog"
	rc=$?
	case $rc in
	0) ;;
	2) status=1 ;;
	*) status=1; echo "not ok $name: exit status $rc" ;;
	esac
done
exit $status
