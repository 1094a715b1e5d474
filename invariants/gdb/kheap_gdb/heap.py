"""The heap: control block, tags, blocks, and the frame bitmap."""

from .layout import *
from .machine import Refused, read, symbol, words_of

import gdb


class Heap:
    """A heap at an address, seen through a machine. Its key, window and bitmap are what the control
    block says, or what its session knows (Scene)."""

    def __init__(self, machine, at, believed=False):
        self.machine = machine
        self.at = at
        self.control = machine.page(at) if at % PAGE_SIZE == 0 else None
        if self.control is None:
            raise Refused("no heap at %08x: nothing is mapped there; name its address" % at)
        if self.field(HEAP_MAGIC) != HEAP_MAGIC_WORD and not believed:
            raise Refused("no heap at %08x: its first word is %08x and not %08x; name its address"
                          % (at, self.field(HEAP_MAGIC), HEAP_MAGIC_WORD))
        self.key = self.field(HEAP_KEY)
        self.policy = self.field(HEAP_POLICY)
        self.limit = self.field(HEAP_LIMIT)
        self.end = self.field(HEAP_END)
        self.frames_at = self.field(HEAP_FRAMES)

    def field(self, offset):
        """A word of the control block."""
        return self.control[offset // 4]

    @property
    def first(self):
        """The first block."""
        return self.at + CONTROL_SIZE + 4

    @property
    def epilogue(self):
        """One past the last block."""
        return self.end - 4

    def tag(self, at):
        """The tag at `at`, decoded; None if it is not mapped."""
        word = self.machine.word(at)
        return None if word is None else word ^ self.key ^ at

    def legal(self, at, tag):
        """True if a block with this header can begin at `at`."""
        size = tag & ~TAG_FLAGS
        return (BLOCK_SIZE_MIN <= size <= self.epilogue - at and not tag & TAG_RESERVED
                and tag & (TAG_USED | TAG_SPARSE) != TAG_USED | TAG_SPARSE)

    def blocks(self):
        """Addresses and headers from the first block on, up to the epilogue or a tag that no block
        can have, which comes last."""
        at = self.first
        while at < self.epilogue:
            tag = self.tag(at)
            yield at, tag
            if tag is None or not self.legal(at, tag):
                return
            at += tag & ~TAG_FLAGS

    def lists(self):
        """Number and head of each list that is not empty; the number of first fit's is None."""
        if self.policy == HEAP_FIRST_FIT:
            if self.field(FIRST_FIT_HEAD) != 0:
                yield None, self.field(FIRST_FIT_HEAD)
            return
        for number in range(BINS_ROWS * BINS_COLUMNS):
            head = self.field(BINS_HEADS + 4 * number)
            if head != 0:
                yield number, head

    def members(self, head):
        """The blocks of a list; ends after one that was met before, or whose link cannot be read."""
        seen = set()
        while head not in (0, None):
            yield head
            if head in seen:
                return
            seen.add(head)
            head = self.machine.word(head + 4)


def tag_text(tag):
    """A decoded tag in words."""
    if tag is None:
        return "not mapped"
    size = tag & ~TAG_FLAGS
    if tag == TAG_DEAD:
        return "dead: was a tag once"
    if tag & TAG_RESERVED or size < BLOCK_SIZE_MIN or tag & TAG_FLAGS == TAG_USED | TAG_SPARSE:
        if tag == TAG_EPILOGUE:
            return "epilogue"
        return "prologue" if tag == TAG_PROLOGUE else "no legal tag: %08x" % tag
    state = "used" if tag & TAG_USED else "free, sparse" if tag & TAG_SPARSE else "free"
    return "%s, %d bytes" % (state, size)


def bin_of(size):
    """The number of the bin for a size, as the table in heap/bins.h says."""
    if size < 256:
        return size // 8
    octave = size.bit_length() - 1
    if octave >= 18:
        return 11 * BINS_COLUMNS + 8 * (octave - 18) + (size >> octave - 3) - 8
    return (octave - 8) * BINS_COLUMNS + (size >> octave - 5)


def bin_sizes(number):
    """The smallest size in a bin, and the one where the next bin begins."""
    def smallest(number):
        row, column = divmod(number, BINS_COLUMNS)
        if row >= 11:
            octave, eighth = divmod(number - 11 * BINS_COLUMNS, 8)
            return 8 + eighth << octave + 15
        return 8 * column if row == 0 else (BINS_COLUMNS + column) * (8 << row - 1)
    return smallest(number), smallest(number + 1)


class Bitmap:
    """The frame bitmap (mmu_x86/frames.h)."""

    def __init__(self, machine, at):
        fields = [machine.word(at + 4 * i) for i in range(FRAMES_BITS // 4)]
        if None in fields or fields[0] > FRAME_COUNT_MAX:
            raise Refused("no frame bitmap at %08x, where the heap says that it is" % at)
        self.at = at
        self.count, self.managed_count, self.free_count, self.refused, self.hint = fields[:5]
        word_count = (self.count + 31) // 32
        summary_count = (word_count + 31) // 32
        free_at = at + FRAMES_BITS + 4 * summary_count
        self.summary = self.read(machine, at + FRAMES_BITS, summary_count)
        self.free = self.read(machine, free_at, word_count)
        self.managed = self.read(machine, free_at + 4 * word_count, word_count)

    @staticmethod
    def read(machine, at, count):
        """Words that may lie on several pages."""
        words = []
        while len(words) < count:
            page = machine.page(at + 4 * len(words))
            if page is None:
                raise Refused("the frame bitmap is not mapped at %08x" % (at + 4 * len(words)))
            start = (at + 4 * len(words)) % PAGE_SIZE // 4
            words.extend(page[start:start + count - len(words)])
        return words


class Scene:
    """What the session knows that uses the heap (fuzz/session_internal.h): how the heap was made,
    what the memory map says, and which pages and frames others use."""

    def __init__(self, session):
        scene = session["scene"]
        self.heap_made = bool(scene["heap_made"])
        self.heap_at = int(scene["heap_at"]["v"])
        self.heap_limit = int(scene["heap_limit"]["v"])
        self.key = int(scene["key"])
        self.policy = int(scene["policy"])
        self.frames_at = int(scene["frames_at"]["v"])
        self.frame_count = int(scene["frame_count"])
        self.device = self.numbers(session["device_frames"], DEVICE_PAGES)
        self.held = set(self.numbers(session["held_frames"], int(scene["held_count"])))
        boot = session["boot"]
        self.usable = self.ranges(boot["usable"], int(boot["map"]["usable_count"]))
        self.reserved = self.ranges(boot["reserved"], int(boot["map"]["reserved_count"]))

    @staticmethod
    def numbers(array, count):
        """The first words of an array."""
        return words_of(read(int(array.address), 4 * count)) or () if count > 0 else ()

    @classmethod
    def ranges(cls, array, count):
        """Runs of frames: the first, and the end."""
        words = cls.numbers(array, 2 * count)
        return [(first, first + length) for first, length in zip(words[::2], words[1::2])]

    def managed(self):
        """The bitset of the frames that the core may have, as one number."""
        bits = 0
        for first, end in self.usable:
            bits |= (1 << end) - (1 << first)
        for first, end in self.reserved:
            bits &= ~((1 << end) - (1 << first))
        return bits


def find_scene():
    """The scene of the session that runs or was last; None where there is none."""
    session = symbol("misuse_session", static=True)
    if session is None or int(session) == 0:
        return None
    try:
        return Scene(session.cast(gdb.lookup_type("struct session").pointer()).dereference())
    except gdb.error:
        return None


def find_heap(machine, scene, at=None):
    """The heap at an address, or the session's, or the one at the usual place."""
    if at is None:
        at = scene.heap_at if scene is not None and scene.heap_at != 0 else HEAP_WINDOW_START
    return Heap(machine, at)
