"""Damages a heap word by word and expects `kheap check' to name the rule, each time exactly that one
first; puts every word back. To be sourced by gdb behind kheap-gdb.py, at the end of the session of
the input that ci/gdb_test.sh writes, on a live process or a guest. Ends gdb with status 1 if a rule was not
named (ci/gdb_test.sh)."""

import struct
import sys

import gdb

sys.dont_write_bytecode = True
kheap = sys.modules["kheap_gdb.layout"]
machines = sys.modules["kheap_gdb.machine"]
heaps = sys.modules["kheap_gdb.heap"]
checks = sys.modules["kheap_gdb.check"]
BIT = 1 << 30
KERNEL_PAGE = kheap.ENTRY_PRESENT | kheap.ENTRY_WRITABLE


def check():
    """The ids of the rules that are broken now, in order."""
    found = checks.Check(machines.find(), heaps.find_scene())
    found.run()
    return found


def write(at, word):
    """Stores a word of the machine's memory past everything that would notice."""
    place = machines.find().place(at)
    gdb.selected_inferior().write_memory(place, struct.pack("<I", word & 0xFFFFFFFF))


class Heap:
    """The heap that the seed leaves: a free block on a list, used ones, a hole, the last block."""

    def __init__(self):
        self.machine = machines.find()
        scene = heaps.find_scene()
        self.heap = heap = heaps.find_heap(self.machine, scene)
        blocks = list(heap.blocks())
        self.used = [b for b in blocks if b[1] & 1]
        self.listed = [b for b in blocks[:-1] if not b[1] & 3]
        self.sparse = [b for b in blocks if b[1] & 3 == 2]
        if not (len(self.used) > 1 and self.listed and self.sparse):
            raise gdb.GdbError("the seed does not leave the heap that this test needs")
        self.bitmap = heaps.Bitmap(self.machine, heap.frames_at)

    def word(self, at):
        """A word as it stands."""
        return self.machine.word(at)

    def entry_at(self, page):
        """Where the table entry of a page can be written."""
        return kheap.TABLES_AT + 4 * (page >> kheap.PAGE_SHIFT)

    def retag(self, block, change):
        """Both tags of a block with bits flipped."""
        at, tag = block
        return [(place, self.word(place) ^ change) for place in (at, at + (tag & ~7) - 4)]

    def field(self, offset, change=1):
        """A field of the control block, one more."""
        at = self.heap.at + offset
        return [(at, self.word(at) + change)]

    def free_frame(self):
        """The highest free frame, and the words that say that it is."""
        w = max(w for w, word in enumerate(self.bitmap.free) if word)
        frame = 32 * w + self.bitmap.free[w].bit_length() - 1
        word_count = len(self.bitmap.free)
        at = self.bitmap.at + kheap.FRAMES_BITS + 4 * len(self.bitmap.summary) + 4 * w
        return frame, at, at + 4 * word_count


def heap_damage(h):
    """Rules H and X."""
    at = h.heap.at
    listed, size = h.listed[0][0], h.listed[0][1] & ~7
    bin_head = at + kheap.BINS_HEADS + 4 * heaps.bin_of(size)
    return [
        ("H1", [(h.used[0][0], h.word(h.used[0][0]) ^ kheap.TAG_RESERVED)]),
        ("H1", [(h.used[1][0], h.word(h.used[1][0]) ^ BIT)]),
        ("H2", [(h.used[0][0] + (h.used[0][1] & ~7) - 4, 0)]),
        ("H3", h.retag((listed + size, h.heap.tag(listed + size)), kheap.TAG_USED)),
        ("H4", [(h.heap.epilogue, h.word(h.heap.epilogue) ^ 1)]),
        ("H4", [(h.heap.first - 4, h.word(h.heap.first - 4) ^ 8)]),
        ("H5", [(listed, h.word(listed)), (bin_head, h.used[0][0])]),
        ("H6", [(listed + 8, h.used[0][0])]),
        ("H6", [(listed + 4, 2)]),
        ("H6", [(bin_head, 0)]),
        ("H6", h.field(kheap.BINS_ROW_BITMAP, BIT)),
        ("H7", h.field(kheap.HEAP_LIVE_BLOCKS)),
        ("H7", h.field(kheap.HEAP_LIVE_BYTES, -8)),
        ("H7", [(at + kheap.HEAP_PEAK_PAGES, 0)]),
        ("H8", h.field(kheap.HEAP_MAGIC)),
        ("H8", h.field(kheap.HEAP_KEY)),
        ("H8", h.field(kheap.HEAP_FRAMES)),
        ("X1", h.field(kheap.HEAP_MAPPED_PAGES)),
        ("X2", h.field(kheap.HEAP_END, 8)),
        ("X2", [(at + kheap.HEAP_END, at)]),
        ("X3", h.retag(h.sparse[0], kheap.TAG_SPARSE)),
        ("X4", h.field(kheap.HEAP_DENSE)),
    ]


def page_damage(h):
    """Rules P."""
    first = h.entry_at(h.heap.at)
    beyond = h.entry_at(h.heap.end)
    frame = h.free_frame()[0]
    boot = h.machine.directory()[kheap.PROBE_SLOT_KERNEL]
    return [
        ("P1", [(first, h.word(first) ^ kheap.ENTRY_USER)]),
        ("P1", [(kheap.DIRECTORY_AT + 4 * (h.heap.at >> 22),
                 h.machine.directory()[h.heap.at >> 22] ^ kheap.ENTRY_USER)]),
        ("P2", [(h.entry_at(h.heap.end - 4), h.word(first))]),
        ("P3", [(beyond, frame << 12 | KERNEL_PAGE)]),
        ("P4", [(kheap.DIRECTORY_AT + 4 * 5, frame << 12 | KERNEL_PAGE)]),
        ("P4", [(kheap.DIRECTORY_AT + 4 * kheap.PROBE_SLOT_KERNEL, boot ^ kheap.ENTRY_USER)]),
        ("P4", [(kheap.TABLES_AT + 4096 * kheap.PROBE_SLOT_KERNEL + 4 * 600, 1)]),
        ("P5", [(beyond, 0x200)]),
        ("P5", [(kheap.DIRECTORY_AT + 4 * 900, 0x200)]),
        ("F4", [(h.entry_at(h.heap.end - 4), 0xFFFFE000 | KERNEL_PAGE)]),
    ]


def frame_damage(h):
    """Rules F."""
    frame, free_at, managed_at = h.free_frame()
    bit = 1 << frame % 32
    free_count = h.bitmap.at + kheap.FRAMES_FREE
    managed_count = h.bitmap.at + kheap.FRAMES_MANAGED
    taken = kheap.frame_of(h.machine.entry(h.heap.at))
    taken_at = free_at + 4 * (taken // 32 - frame // 32)
    summary_at = h.bitmap.at + kheap.FRAMES_BITS + 4 * (taken // 1024)
    return [
        ("F5", [(managed_at, h.word(managed_at) ^ bit)]),
        ("F1", [(free_at, h.word(free_at) | ~h.word(managed_at))]),
        ("F2", [(h.bitmap.at + kheap.FRAMES_BITS, 0)]),
        ("F2", [(h.bitmap.at + kheap.FRAMES_HINT, 4000)]),
        ("F3", [(free_count, h.word(free_count) + 1)]),
        ("F3", [(managed_count, h.word(managed_count) - 1)]),
        ("F3", [(h.bitmap.at, h.word(h.bitmap.at) - 1)]),
        ("F4", [(free_at, h.word(free_at) ^ bit)]),
        ("F4", [(taken_at, h.word(taken_at) ^ 1 << taken % 32),
                (summary_at, h.word(summary_at) | 1 << taken // 32 % 32)]),
    ]


def expect(rule, stores, h):
    """Makes the stores, expects the rule first, undoes them. Returns True if it was named."""
    whole = [(at, h.word(at)) for at, _ in stores]
    for at, word in stores:
        write(at, word)
    found = check().violations
    for at, word in reversed(whole):
        write(at, word)
    named = found[0].rule if found else "none"
    if named != rule:
        print("damage_test: expected %s, found %s, after %s" % (
            rule, found[0] if found else "nothing", ["%08x=%08x" % store for store in stores]))
    return named == rule


def emulator_damage():
    """Rules that the emulator alone can tell: C expressions, each with the rule that it breaks."""
    if machines.find().emulator is None:
        return []
    return [
        ("P6", "emulator.tlb[emulator.tlb_pages[0]]", "0x3f003"),
        ("P6", "emulator.freed_in_use", "1"),
        ("P6", "emulator.stale_used", "1"),
        ("P8", "emulator.unlocked.v", "0xc0400000"),
        ("O1", "emulator.trespass.v", "0xc04007d0"),
    ]


def expect_variable(rule, name, word):
    """The same for a variable of the process."""
    whole = int(gdb.parse_and_eval(name))
    gdb.execute("set var %s = %s" % (name, word))
    found = check().violations
    gdb.execute("set var %s = %s" % (name, "%d" % whole))
    named = found[0].rule if found else "none"
    if named != rule:
        print("damage_test: expected %s, found %s, with %s = %s" % (rule, named, name, word))
    return named == rule


def run():
    """All of it. Returns the number of damages, or 0 if one was not found."""
    before = check()
    if before.violations:
        print("damage_test: broken before anything was damaged: %s" % before.violations[0])
        return 0
    h = Heap()
    results = [expect(rule, stores, h)
               for rule, stores in heap_damage(h) + page_damage(h) + frame_damage(h)]
    results += [expect_variable(*damage) for damage in emulator_damage()]
    after = check()
    if after.violations:
        print("damage_test: broken after all was put back: %s" % after.violations[0])
        return 0
    return len(results) if all(results) else 0


COUNT = run()
if COUNT == 0:
    gdb.execute("quit 1")
print("damage_test: %d damages, each named" % COUNT)
