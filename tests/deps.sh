#!/bin/sh
# make deps: install what the build and the tests need.  Asks nothing, says
# nothing and takes no time when all of it is there.

set -eu

PACKAGES="binutils clang clang-format gcc git grub-common grub-efi-amd64-bin grub-pc-bin libc6-dev
libclang-rt-dev make mandoc mtools ovmf python3 python3-pycodestyle python3-pyflakes python3-pytest
qemu-system-x86 seabios shellcheck spin xorriso"

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
	echo "No apt here.  Install what your system calls these (names of Debian 12):"
	for package in $PACKAGES; do
		echo "    $package"
	done
	exit 0
fi

# Names whose package is not installed.
# shellcheck disable=SC2086	# one argument a name
present=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' $PACKAGES 2>/dev/null || true)"
missing=
for package in $PACKAGES; do
	case $present in
	*" installed=$package "*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: not root and no sudo; as root: apt-get install$missing" >&2
		exit 1
	fi
	as_root=sudo
fi
echo "deps: installing$missing"
DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing
