"""The numbers and words that the C headers fix: here and nowhere else in these files. ci/gdb_test.sh
compares every one of them with the headers."""

# mmu_x86/i386.h
PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT
TABLE_ENTRIES = 1024
TABLE_SHIFT = 22
ENTRY_PRESENT = 0x001
ENTRY_WRITABLE = 0x002
ENTRY_USER = 0x004
ENTRY_ACCESSED = 0x020
ENTRY_DIRTY = 0x040
ENTRY_PAGE_SIZE = 0x080
ENTRY_FLAGS = 0xFFF
ENTRY_FRAME = 0xFFFFF000
RECURSIVE_SLOT = 1023
TABLES_AT = 0xFFC00000
DIRECTORY_AT = 0xFFFFF000

# mmu_x86/probe.h, invariants/scene.h, mmu_x86/emulator/emulator.h
PROBE_GARBAGE = 0xA5
PROBE_SLOT_DEVICE = 767
PROBE_SLOT_KERNEL = 768
DEVICE_WINDOW_AT = 0xBFC00000
DEVICE_PAGES = 64
EMULATOR_STALE = 0x400

# mmu_x86/frames.h
FRAMES_COUNT = 0
FRAMES_MANAGED = 4
FRAMES_FREE = 8
FRAMES_REFUSED = 12
FRAMES_HINT = 16
FRAMES_BITS = 32
FRAME_COUNT_MAX = 1 << 20

# heap/kmalloc.h, heap/control.h
HEAP_WINDOW_START = 0xC0400000
HEAP_MAGIC_WORD = 0x4B484550
HEAP_MAGIC = 0
HEAP_POLICY = 4
HEAP_KEY = 8
HEAP_FRAMES = 12
HEAP_LIMIT = 16
HEAP_END = 20
HEAP_LIVE_BLOCKS = 24
HEAP_LIVE_BYTES = 28
HEAP_MAPPED_PAGES = 32
HEAP_DENSE = 36
HEAP_PEAK_BYTES = 64
HEAP_PEAK_PAGES = 68
HEAP_PEAK_END = 72
CONTROL_SIZE = 1984
HEAP_BINS = 0
HEAP_FIRST_FIT = 1

# heap/block.h
BLOCK_SIZE_MIN = 16
TAG_USED = 1
TAG_SPARSE = 2
TAG_RESERVED = 4
TAG_FLAGS = 7
TAG_PROLOGUE = 9
TAG_EPILOGUE = 1
TAG_DEAD = 4

# heap/bins.h, heap/first_fit.h
BINS_COLUMNS = 32
BINS_ROWS = 14
BINS_ROW_BITMAP = 128
BINS_BITMAPS = 132
BINS_HEADS = 188
FIRST_FIT_HEAD = 128

CONSTANTS = {name: value for name, value in globals().items() if name.isupper()}

# invariants/rules.h: those that are checked here.
CLAIMS = {
    "H1": "tags are legal",
    "H2": "header and footer of a block agree",
    "H3": "no two neighbours are free",
    "H4": "blocks tile the extent from prologue to epilogue",
    "H5": "each free block is on exactly its list",
    "H6": "list links, heads and bitmaps agree",
    "H7": "counters equal the sums",
    "H8": "fixed fields of the control block are as initialised",
    "P1": "needed pages are mapped: present, writable, supervisor",
    "P2": "no frame is mapped twice",
    "P3": "nothing else is mapped",
    "P4": "recursive slot and boot's entries are intact",
    "P5": "no empty table, no half-prepared entry",
    "P6": "the TLB agrees with the tables",
    "P8": "the core works with interrupts disabled",
    "F1": "free frames are managed",
    "F2": "summary and hint agree with the bitmap",
    "F3": "frame counters equal the bits",
    "F4": "taken frames are exactly those in use",
    "F5": "managed frames are those of the memory map",
    "O1": "the core reads and writes metadata only in its own bytes, in bulk only one payload",
    "X1": "mapped pages equal the heap's count",
    "X2": "the heap's end is a page boundary in the window",
    "X3": "an unmapped page lies inside one sparse free block",
    "X4": "the heap knows whether all its pages are mapped",
}

# fuzz/op.h, in the order of enum op_kind: the word that starts an operation's line, and its
# arguments' letters (s slot, n size, a arg).
OPS = (
    ("a", "sn"), ("f", "s"), ("r", "sn"), ("m", "sna"), ("z", "san"), ("w", "s"), ("reclaim", "n"),
    ("pressure", "n"), ("refuse", "n"), ("refuse-on", "n"), ("interrupt", "asn"), ("map", "n"),
    ("unmap", "n"), ("check", ""), ("stats", ""), ("window", "na"), ("grow", "n"), ("shrink", "n"),
    ("append", "na"), ("greedy", "n"), ("drain", "a"), ("same", "s"), ("double-free", "s"),
    ("free-inner", "sn"),
    ("free-misaligned", "sn"), ("free-foreign", "n"), ("use-freed", "sn"), ("damage-header", "sa"),
    ("damage-footer", "sa"), ("damage-next", "sa"), ("damage-previous", "sa"), ("damage-link", "sa"),
    ("damage-realloc", "sa"),
)


def page_of(at):
    """The address of the page that holds `at`."""
    return at & ENTRY_FRAME


def slot_of(at):
    """The directory slot of an address."""
    return at >> TABLE_SHIFT


def index_of(at):
    """The table index of an address."""
    return at >> PAGE_SHIFT & TABLE_ENTRIES - 1


def frame_of(entry):
    """The frame that a table entry names."""
    return entry >> PAGE_SHIFT
