"""The kernel's address space, read from its page tables in guest memory."""

import collections
import os
import re
import struct

PRESENT, WRITE, USER, LARGE, NX = 1, 2, 4, 1 << 7, 1 << 63
FRAME = 0x000ffffffffff000

# Adjacent pages of the same rights and kind are one Range.
Range = collections.namedtuple("Range", "start end write execute user")


def memory(vm, megabytes):
    """The first megabytes of guest memory; those must hold all page tables."""
    path = os.path.join(vm.directory, "memory")
    vm.qmp("pmemsave", 60, val=0, size=megabytes << 20, filename=path)
    with open(path, "rb") as file:
        return file.read()


def leaves(image, table, level, base, rights):
    """(start, size, rights) of each mapped page below a table."""
    for index, entry in enumerate(struct.unpack_from("<512Q", image, table)):
        if not entry & PRESENT:
            continue
        address = base + (index << (12 + 9 * (level - 1)))
        mine = rights & entry & (WRITE | USER) | (rights | entry) & NX
        if level == 1 or entry & LARGE:
            yield address, 1 << (12 + 9 * (level - 1)), mine
        else:
            yield from leaves(image, entry & FRAME, level - 1, address, mine)


def ranges(vm, megabytes):
    """What CPU 0 has mapped, in order."""
    root = int(re.search(r"CR3=([0-9a-f]+)", vm.hmp("info registers")).group(1), 16) & FRAME
    found = []
    for start, size, rights in leaves(memory(vm, megabytes), root, 4, 0, WRITE | USER):
        if start >= 1 << 47:
            start |= 0xffff << 48
        page = Range(start, start + size, bool(rights & WRITE), not rights & NX,
                     bool(rights & USER))
        if found and found[-1].end == page.start and found[-1][2:] == page[2:]:
            page = page._replace(start=found.pop().start)
        found.append(page)
    return found
