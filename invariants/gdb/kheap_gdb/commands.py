"""The commands: kheap blocks, bins, pages, frames, check."""

import argparse

import gdb

from . import check as checks
from . import machine
from .heap import Bitmap, bin_sizes, find_heap, find_scene, tag_text
from .layout import *

SHOWN_MAX = 200


class Parser(argparse.ArgumentParser):
    """Tells gdb what is wrong instead of ending it."""

    def error(self, message):
        raise gdb.GdbError("%s: %s (see help %s)" % (self.prog, message, self.prog))


def address(text):
    """An address on a command line: any expression that gdb can work out."""
    try:
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
            value = value[value.type.fields()[0]]  # vaddr_t and block_t
        return int(value) & 0xFFFFFFFF
    except (gdb.error, ValueError) as error:
        raise gdb.GdbError("%s is no address: %s" % (text, error)) from None


class Command(gdb.Command):
    """One of the commands: its help is its docstring, `show` does the work."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_DATA)
        self.parser = Parser(prog=name, add_help=False)
        self.arguments()

    def arguments(self):
        """What the command takes."""
        self.parser.add_argument("heap", nargs="?", type=address)

    def invoke(self, argument, from_tty):
        del from_tty
        self.dont_repeat()
        given = self.parser.parse_args(gdb.string_to_argv(argument))
        try:
            self.show(given, machine.find(), find_scene())
        except machine.Refused as refused:
            raise gdb.GdbError("kheap: %s" % refused) from None
        except gdb.MemoryError as error:
            raise gdb.GdbError("kheap: %s" % error) from None

    def show(self, given, here, scene):
        """Prints what is asked for."""
        raise NotImplementedError


def limited(lines, everything, how):
    """Prints the first lines, or all of them."""
    lines = iter(lines)
    for shown, line in enumerate(lines):
        if shown == SHOWN_MAX and not everything:
            print("... and %d more (%s)" % (1 + sum(1 for _ in lines), how))
            return
        print(line)


def heading(heap):
    """The heap in a line."""
    policy = "first-fit" if heap.policy == HEAP_FIRST_FIT else "bins"
    print("%s heap at %08x, key %08x: %d blocks used, %d bytes; blocks %08x .. %08x; %d pages "
          "mapped; read from %s"
          % (policy, heap.at, heap.key, heap.field(HEAP_LIVE_BLOCKS), heap.field(HEAP_LIVE_BYTES),
             heap.first, heap.epilogue, heap.field(HEAP_MAPPED_PAGES), heap.machine.what))


class Blocks(Command):
    """kheap blocks [--all] [--at ADDRESS] [HEAP]: the blocks, in the order of their addresses.

A line for each: the header's address, what its tag says, and of a free block its links; what does
not agree with the footer is marked. --at shows the block that holds an address, with its neighbours;
--all more than 200 blocks. HEAP is the heap's address, if it is not the session's or the usual."""

    def arguments(self):
        self.parser.add_argument("--all", action="store_true")
        self.parser.add_argument("--at", type=address)
        super().arguments()

    @staticmethod
    def line(heap, at, tag):
        """A block in a line."""
        text = "%08x  %s" % (at, tag_text(tag))
        if tag is None or not heap.legal(at, tag):
            return text + "  <- no block can begin like this: the walk ends"
        word = heap.machine.word
        if not tag & TAG_USED and at + (tag & ~TAG_FLAGS) == heap.epilogue:
            text += "  the last: on no list"
        elif not tag & TAG_USED:
            links = [word(at + offset) for offset in (4, 8)]
            text += "  next %s  prev %s" % tuple(
                "?" if link is None else "%08x" % link for link in links)
        footer_at = at + (tag & ~TAG_FLAGS) - 4
        footer = heap.tag(footer_at)
        if footer != tag:
            text += "  <- footer at %08x: %s" % (footer_at, tag_text(footer))
        return text

    def show(self, given, here, scene):
        heap = find_heap(here, scene, given.heap)
        heading(heap)
        if given.at is None:
            limited((self.line(heap, at, tag) for at, tag in heap.blocks()), given.all,
                    "kheap blocks --all")
            return
        near = []
        for at, tag in heap.blocks():
            near = near[-2:] + [(at, tag)]
            if at > given.at:
                break
        if not heap.first <= given.at < heap.epilogue:
            raise machine.Refused("%08x is not among the blocks, %08x .. %08x"
                                  % (given.at, heap.first, heap.epilogue))
        for at, tag in near:
            held = tag is not None and at <= given.at < at + max(tag & ~TAG_FLAGS, 4)
            print(self.line(heap, at, tag) + ("  <== %08x" % given.at if held else ""))


class Bins(Command):
    """kheap bins [--all] [HEAP]: the lists of free blocks.

A line for each list that is not empty: the bin's number and sizes, how many blocks it holds, and the
first of them. Under first fit there is one list. The last block of a heap is on none. --all shows
all blocks of each list."""

    def arguments(self):
        self.parser.add_argument("--all", action="store_true")
        super().arguments()

    def show(self, given, here, scene):
        heap = find_heap(here, scene, given.heap)
        heading(heap)
        total = 0
        for number, head in heap.lists():
            blocks = list(heap.members(head))
            circle = blocks[-1] in blocks[:-1]
            total += len(blocks)
            shown = blocks if given.all else blocks[:8]
            name = "list" if number is None else "bin %3d, sizes from %d below %d" % (
                (number,) + bin_sizes(number))
            print("%s: %d: %s%s%s" % (
                name, len(blocks), " ".join("%08x" % block for block in shown),
                " ..." if len(shown) < len(blocks) else "", "  <- a circle" if circle else ""))
        print("%d blocks on the lists" % total)


def page_runs(here):
    """Runs of pages that are mapped alike: first, end, first frame, flags; 4 MiB pages included."""
    directory = here.directory()
    run = None
    for slot, entry in enumerate(directory if directory is not None else ()):
        entries = ()
        if slot == RECURSIVE_SLOT and frame_of(entry) == here.root():
            entries = ((TABLES_AT, entry, 1 << TABLE_SHIFT),)
        elif entry & ENTRY_PRESENT and entry & ENTRY_PAGE_SIZE:
            entries = ((slot << TABLE_SHIFT, entry, 1 << TABLE_SHIFT),)
        elif entry & ENTRY_PRESENT:
            table = here.table(slot) or ()
            entries = (((slot << TABLE_SHIFT) + i * PAGE_SIZE, found, PAGE_SIZE)
                       for i, found in enumerate(table) if found & ENTRY_PRESENT)
        for at, found, size in entries:
            flags = found & ENTRY_FLAGS & ~(ENTRY_ACCESSED | ENTRY_DIRTY)
            if run is not None and (at, flags) == (run[1], run[3]):
                run[1] = at + size
                continue
            if run is not None:
                yield run
            run = [at, at + size, frame_of(found), flags]
    if run is not None:
        yield run


def owner(at, heap):
    """Whose a page is."""
    if slot_of(at) == RECURSIVE_SLOT:
        return "the directory, mapped into itself"
    if slot_of(at) == PROBE_SLOT_DEVICE:
        return "device"
    if heap is not None and heap.at <= at < heap.end:
        return "heap"
    if slot_of(at) == PROBE_SLOT_KERNEL:
        return "kernel"
    return "other"


class Pages(Command):
    """kheap pages [--all] [HEAP]: what the page tables map.

A line for each run of pages with the same flags: addresses, number of pages, the first one's frame,
flags (p present, w writable, u user, 4M), and whose they are."""

    def arguments(self):
        self.parser.add_argument("--all", action="store_true")
        super().arguments()

    def show(self, given, here, scene):
        try:
            heap = find_heap(here, scene, given.heap)
        except machine.Refused:
            heap = None
        if here.directory() is None:
            raise machine.Refused("frame %x, the directory, is not in memory" % here.root())
        print("directory in frame %x; read from %s" % (here.root(), here.what))
        lines = ("%08x .. %08x  %6d pages from frame %05x  %s  %s" % (
            first, end - 1, (end - first) // PAGE_SIZE, frame,
            "".join(letter for bit, letter in ((ENTRY_PRESENT, "p"), (ENTRY_WRITABLE, "w"),
                                               (ENTRY_USER, "u"), (ENTRY_PAGE_SIZE, " 4M"))
                    if flags & bit), owner(first, heap))
                 for first, end, frame, flags in page_runs(here))
        limited(lines, given.all, "kheap pages --all")


def frame_runs(bitmap, used, held):
    """Runs of frames in the same state: first, end, state. `used` are those in the page tables,
    `held` those of another user."""
    run = None
    for frame in range(bitmap.count):
        w, bit = divmod(frame, 32)
        if not bitmap.managed[w] >> bit & 1:
            state = "not managed"
        elif bitmap.free[w] >> bit & 1:
            state = "free" if frame not in used else "free, and in use"
        elif frame in used:
            state = "taken"
        else:
            state = "taken, held by another user" if frame in held else "taken, and mapped nowhere"
        if run is not None and run[2] == state:
            run[1] = frame + 1
            continue
        if run is not None:
            yield run
        run = [frame, frame + 1, state]
    if run is not None:
        yield run


class Frames(Command):
    """kheap frames [--all] [HEAP]: the bitmap of physical frames.

The counters, then a line for each run of frames in the same state: free; taken, by a page or a page
table, or held by another user; taken and mapped nowhere: lost, or somebody's; not managed."""

    def arguments(self):
        self.parser.add_argument("--all", action="store_true")
        super().arguments()

    def show(self, given, here, scene):
        heap = find_heap(here, scene, given.heap)
        bitmap = Bitmap(here, heap.frames_at)
        print("frame bitmap at %08x: %d frames covered, %d managed, %d free, %d requests refused"
              % (bitmap.at, bitmap.count, bitmap.managed_count, bitmap.free_count, bitmap.refused))
        used = set()
        held = scene.held if scene is not None else ()
        directory = here.directory() or ()
        for slot in range(PROBE_SLOT_DEVICE, RECURSIVE_SLOT):
            table = here.table(slot) if directory and slot != PROBE_SLOT_KERNEL else None
            if table is not None:
                used.add(frame_of(directory[slot]))
                used.update(frame_of(entry) for entry in table if entry & ENTRY_PRESENT)
        limited(("%05x .. %05x  %6d  %s" % (first, end - 1, end - first, state)
                 for first, end, state in frame_runs(bitmap, used, held)), given.all, "kheap frames --all")


class CheckCommand(Command):
    """kheap check [HEAP]: the rules of heap, page tables and frames, worked out anew.

Prints the broken rules with their evidence, the first as `kheap replay' would name it, or that all
hold. Sets $kheap_broken to their number and $kheap_rule to the first one's id."""

    def show(self, given, here, scene):
        check = checks.Check(here, scene, given.heap)
        check.run()
        for violation in check.violations:
            print(violation)
        for note in check.notes:
            print("note: %s" % note)
        if not check.violations:
            print("ok: %s; read from %s" % (" ".join(checks.rules_checked(check)), here.what))
        gdb.set_convenience_variable("kheap_broken", len(check.violations))
        gdb.set_convenience_variable("kheap_rule",
                                     check.violations[0].rule if check.violations else "")


class Prefix(gdb.Command):
    """The heap, the page tables and the frames of a kheap machine.

On a host process (emulator or window port), on a core file of one, and on a guest in QEMU. The
commands look and never write, and need no particular frame."""

    def __init__(self):
        super().__init__("kheap", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


def register():
    """Makes the commands known to gdb."""
    Prefix()
    for name, command in (("blocks", Blocks), ("bins", Bins), ("pages", Pages), ("frames", Frames),
                          ("check", CheckCommand)):
        command("kheap " + name)
