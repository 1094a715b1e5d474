"""Rules H and X: control block, blocks, lists, sums."""

from .heap import bin_of
from .layout import *
from .violation import Violation


def check_control(check):
    """Rules H8 and X2. Raises where there is no extent to be walked."""
    heap = check.heap
    scene = check.scene
    fields = [(HEAP_MAGIC, HEAP_MAGIC_WORD)]
    if scene is not None:
        fields += [(HEAP_POLICY, scene.policy), (HEAP_KEY, scene.key),
                   (HEAP_FRAMES, scene.frames_at), (HEAP_LIMIT, scene.heap_limit)]
    for offset, expected in fields:
        if heap.field(offset) != expected:
            check.broken("H8", heap.at + offset, expected, heap.field(offset),
                         "field of the control block at")
    if heap.policy not in (HEAP_BINS, HEAP_FIRST_FIT):
        raise Violation("H8", heap.at + HEAP_POLICY, HEAP_BINS, heap.policy,
                        "field of the control block at")
    end = heap.end
    if end % PAGE_SIZE != 0 or not heap.at + CONTROL_SIZE + 8 <= end <= heap.limit:
        raise Violation("X2", heap.at + HEAP_END, heap.limit, end,
                        "end of the heap (expected: at most the limit) at")


class Blocks:
    """What a walk over the blocks counts."""

    def __init__(self):
        self.used_blocks = 0
        self.used_bytes = 0
        self.listed = set()  # free blocks but for the last one
        self.hole_pages = 0


def read_tag(heap, at):
    """The tag at `at`; without its page the walk cannot go on."""
    tag = heap.tag(at)
    if tag is None:
        raise Violation("P1", at, 1, 0, "page of the tag, not mapped,")
    return tag


def hole_pages(heap, at, size):
    """Pages of the hole of a sparse free block that are not mapped."""
    first = page_of(at + BLOCK_SIZE_MIN + 4 + PAGE_SIZE - 1)
    end = page_of(at + size - 4)
    return sum(not heap.machine.mapped(page) for page in range(first, end, PAGE_SIZE))


def check_blocks(check):
    """Rules H1 to H4."""
    heap = check.heap
    counted = check.blocks = Blocks()
    at = heap.first
    previous_free = False
    prologue = read_tag(heap, at - 4)
    if prologue != TAG_PROLOGUE:
        check.broken("H4", at - 4, TAG_PROLOGUE, prologue, "prologue at")
    while at < heap.epilogue:
        header = read_tag(heap, at)
        if not heap.legal(at, header):
            raise Violation("H1", at, heap.epilogue - at, header,
                            "tag (expected: the room for it) at")
        size = header & ~TAG_FLAGS
        free = not header & TAG_USED
        footer_at = at + size - 4
        footer = read_tag(heap, footer_at)
        if header != footer:
            check.broken("H2", footer_at, header, footer, "footer (expected: the header) at")
        if free and previous_free:
            check.broken("H3", at, 1, header, "free block behind a free block at")
        if not free:
            counted.used_blocks += 1
            counted.used_bytes += size
        else:
            if at + size != heap.epilogue:
                counted.listed.add(at)
            if header & TAG_SPARSE:
                counted.hole_pages += hole_pages(heap, at, size)
        previous_free = free
        at += size
    epilogue = read_tag(heap, heap.epilogue)
    if epilogue != TAG_EPILOGUE:
        check.broken("H4", heap.epilogue, TAG_EPILOGUE, epilogue, "epilogue at")


def read_link(heap, at):
    """A word of a member of a list."""
    word = heap.machine.word(at)
    if word is None:
        raise Violation("H6", at, 1, 0, "link to what is not mapped or aligned:")
    return word


def check_list(check, number, head, found):
    """Rules H5 and H6 along one list."""
    heap = check.heap
    previous = 0
    block = head
    while block != 0:
        tag = read_link(heap, block) ^ heap.key ^ block
        if tag & (TAG_USED | TAG_RESERVED):
            raise Violation("H5", block, 0, tag, "tag of a block on a list at")
        if number is not None and bin_of(tag & ~TAG_FLAGS) != number:
            check.broken("H5", block, bin_of(tag & ~TAG_FLAGS), number, "bin that holds the block at")
        if number is None and block <= previous:
            raise Violation("H5", block, previous, block, "block out of the order of addresses at")
        following = read_link(heap, block + 4)
        back = read_link(heap, block + 8)
        if back != previous:
            check.broken("H6", block, previous, back, "prev link of the block at")
        if block in found:
            raise Violation("H5", block, len(check.blocks.listed), len(found) + 1,
                            "more on the lists than free blocks, the last at")
        found.add(block)
        previous = block
        block = following


def check_row(check, row, found):
    """Rules H5 and H6 for a row of bins: the lists, then the bitmaps. A bin's bit is set exactly if
    its head is not empty, a row's if one of its bins is. Returns False if a list had no end."""
    heap = check.heap
    whole = True
    occupied = 0
    for column in range(BINS_COLUMNS):
        number = row * BINS_COLUMNS + column
        head = heap.field(BINS_HEADS + 4 * number)
        if head != 0:
            occupied |= 1 << column
            whole &= check.attempt(lambda check: check_list(check, number, head, found))
    bits = heap.field(BINS_BITMAPS + 4 * row)
    if bits != occupied:
        check.broken("H6", heap.at + BINS_BITMAPS + 4 * row, occupied, bits, "bitmap at")
    row_bit = heap.field(BINS_ROW_BITMAP) >> row & 1
    if row_bit != (occupied != 0):
        check.broken("H6", heap.at + BINS_ROW_BITMAP, occupied != 0, row_bit, "bitmap at")
    return whole


def check_lists(check):
    """Rules H5 and H6."""
    heap = check.heap
    found = set()
    if heap.policy == HEAP_FIRST_FIT:
        whole = check.attempt(lambda check: check_list(check, None, heap.field(FIRST_FIT_HEAD), found))
    else:
        whole = all([check_row(check, row, found) for row in range(BINS_ROWS)])
        rows = heap.field(BINS_ROW_BITMAP) >> BINS_ROWS
        if rows != 0:
            check.broken("H6", heap.at + BINS_ROW_BITMAP, 0, rows, "bitmap at")
    listed = check.blocks.listed
    if whole and found != listed:
        check.broken("H5", heap.at, len(listed), len(found),
                     "blocks on the lists (expected: the free blocks) of the heap at")
        for block in sorted(listed - found)[:4]:
            check.notes.append("the free block at %08x is on no list" % block)
        for block in sorted(found - listed)[:4]:
            check.notes.append("what is on a list at %08x is no free block, or the last" % block)


def check_sums(check):
    """Rules X1, X3, X4 and H7."""
    heap = check.heap
    at = heap.at
    pages = (heap.end - at) // PAGE_SIZE
    mapped = check.mapped_pages
    if heap.field(HEAP_MAPPED_PAGES) != mapped:
        check.broken("X1", at + HEAP_MAPPED_PAGES, mapped, heap.field(HEAP_MAPPED_PAGES),
                     "count of mapped pages at")
    if pages - mapped != check.blocks.hole_pages:
        check.broken("X3", at, check.blocks.hole_pages, pages - mapped,
                     "unmapped pages (expected: those in holes) of the heap at")
    dense = (heap.end - at - CONTROL_SIZE - 8) // 8 if pages == mapped else 0
    if heap.field(HEAP_DENSE) != dense:
        check.broken("X4", at + HEAP_DENSE, dense, heap.field(HEAP_DENSE),
                     "granules in mapped pages at")
    sums = ((HEAP_LIVE_BLOCKS, check.blocks.used_blocks, "count of used blocks at"),
            (HEAP_LIVE_BYTES, check.blocks.used_bytes, "bytes in used blocks at"))
    for offset, expected, what in sums:
        if heap.field(offset) != expected:
            check.broken("H7", at + offset, expected, heap.field(offset), what)
    peaks = ((HEAP_PEAK_BYTES, check.blocks.used_bytes, "peak of bytes in used blocks at"),
             (HEAP_PEAK_PAGES, mapped, "peak of mapped pages at"),
             (HEAP_PEAK_END, heap.end, "peak of the heap's end at"))
    for offset, now, what in peaks:
        if now > heap.field(offset):
            check.broken("H7", at + offset, now, heap.field(offset), what)
