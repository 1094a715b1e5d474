"""Rules P and F, and those that only the emulator can tell: tables, TLB, frames."""

import gdb

from .layout import *
from .machine import read, words_of
from .violation import Violation

PROCESSOR_BITS = ENTRY_ACCESSED | ENTRY_DIRTY
KERNEL_PAGE = ENTRY_PRESENT | ENTRY_WRITABLE


def check_emulator(check):
    """Rules P8, O1 and P6, as the emulator has noted them in passing."""
    emulator = check.machine.emulator
    if emulator is None:
        return
    unlocked = int(emulator["unlocked"]["v"])
    if unlocked != 0:
        check.broken("P8", unlocked, 0, 1, "interrupts enabled at an access of the core to")
    trespass = int(emulator["trespass"]["v"])
    if trespass != 0:
        check.broken("O1", trespass, 0, 1,
                     "accessed by the core as metadata: word of a live payload at")
    if bool(emulator["freed_in_use"]):
        check.broken("P6", int(emulator["freed_frame"]["n"]), 0, 1,
                     "given back before its flush: frame")
    if bool(emulator["stale_used"]):
        use = emulator["stale_use"]
        check.broken("P6", int(use["page"]["v"]), int(use["entry"]), int(use["held"]),
                     "stale translation used (expected: the entry written) of page")


def check_boot(check, directory):
    """Rule P4: the root, the recursive slot, and what boot left."""
    machine = check.machine
    root = machine.root()
    boot = machine.boot_directory
    if boot is None:
        if frame_of(directory[RECURSIVE_SLOT]) != root:
            check.broken("P4", RECURSIVE_SLOT, root << PAGE_SHIFT, directory[RECURSIVE_SLOT],
                         "directory entry of slot")
        return
    if frame_of(boot[RECURSIVE_SLOT]) != root:
        check.broken("P4", DIRECTORY_AT, frame_of(boot[RECURSIVE_SLOT]), root,
                     "frame in CR3, the directory, seen at")
    for slot in [*range(PROBE_SLOT_DEVICE), PROBE_SLOT_KERNEL, RECURSIVE_SLOT]:
        if (directory[slot] ^ boot[slot]) & ~PROCESSOR_BITS:
            check.broken("P4", slot, boot[slot], directory[slot], "directory entry of slot")
    table = machine.table(PROBE_SLOT_KERNEL)
    if table is None or machine.boot_table is None:
        return
    for i, (entry, whole) in enumerate(zip(table, machine.boot_table)):
        if (entry ^ whole) & ~PROCESSOR_BITS:
            check.broken("P4", (PROBE_SLOT_KERNEL << TABLE_SHIFT) + i * PAGE_SIZE, whole, entry,
                         "boot's table entry for")


def rule_entry(check, at, entry):
    """Rules P1 and P2 for a present entry of directory or table."""
    flags = entry & ENTRY_FLAGS & ~PROCESSOR_BITS
    if flags != KERNEL_PAGE:
        check.broken("P1", at, KERNEL_PAGE, flags, "flags of the entry for")
    frame = frame_of(entry)
    if check.scene is not None and frame >= check.scene.frame_count:
        check.broken("F4", at, check.scene.frame_count, frame, "frame beyond memory in the entry for")
    elif frame in check.used:
        check.broken("P2", at, 0, frame, "frame mapped a second time at")
    else:
        check.used[frame] = at


def rule_P3(check, at, entry):
    """Only pages below the heap's end and the device's own pages are mapped."""
    if slot_of(at) == PROBE_SLOT_DEVICE:
        page = (at - DEVICE_WINDOW_AT) // PAGE_SIZE
        if check.scene is None:
            return
        expected = check.scene.device[page] if page < DEVICE_PAGES else 0xFFFFFFFF
        if expected != frame_of(entry):
            check.broken("P3", at, expected, frame_of(entry), "frame mapped in the device window at")
    elif check.heap is None or not check.heap.at <= at < check.heap.end:
        check.broken("P3", at, 0, entry, "entry mapped outside the heap at")


def check_table(check, slot, directory_entry):
    """A table of heap or device, and its entries."""
    first = slot << TABLE_SHIFT
    if not directory_entry & ENTRY_PRESENT:
        check.broken("P5", first, 0, directory_entry, "half-prepared directory entry for")
        return
    rule_entry(check, first, directory_entry)
    table = check.machine.table(slot)
    if table is None:
        check.broken("P1", first, 1, directory_entry, "no table in RAM for")
        return
    for i, entry in enumerate(table):
        if entry == 0:
            continue
        at = first + i * PAGE_SIZE
        check.mapped_pages += slot != PROBE_SLOT_DEVICE
        if not entry & ENTRY_PRESENT:
            check.broken("P5", at, 0, entry, "half-prepared entry for")
            continue
        rule_entry(check, at, entry)
        rule_P3(check, at, entry)
    if not any(table):
        check.broken("P5", first, 1, 0, "entries in the table for")


def check_tlb(check):
    """Rule P6: what the TLB would answer is what the tables say."""
    emulator = check.machine.emulator
    count = int(emulator["tlb_count"])
    pages = words_of(read(int(emulator["tlb_pages"]), 4 * count)) if count > 0 else ()
    tlb = int(emulator["tlb"])
    for page in pages or ():
        held = words_of(read(tlb + 4 * page, 4))[0]
        if held & EMULATOR_STALE:
            held = held & ~EMULATOR_STALE | ENTRY_PRESENT
        entry = check.machine.entry(page << PAGE_SHIFT)
        if held & ENTRY_PRESENT and (held ^ entry) & (ENTRY_FRAME | KERNEL_PAGE):
            check.broken("P6", page << PAGE_SHIFT, entry, held, "stale TLB entry of page")


def check_paging(check):
    """Rules P1 to P6."""
    directory = check.machine.directory()
    if directory is None:
        raise Violation("P4", DIRECTORY_AT, 1, check.machine.root(),
                        "directory, not in memory (found: its frame), seen at")
    check_boot(check, directory)
    for slot in range(PROBE_SLOT_DEVICE, RECURSIVE_SLOT):
        if directory[slot] != 0 and slot != PROBE_SLOT_KERNEL:
            check_table(check, slot, directory[slot])
    for page, frame in enumerate(check.scene.device if check.scene is not None else ()):
        at = DEVICE_WINDOW_AT + page * PAGE_SIZE
        if frame != 0xFFFFFFFF and not check.machine.mapped(at):
            check.broken("P1", at, frame, 0, "frame of the device's page, not mapped,")
    if check.machine.emulator is not None:
        try:
            check_tlb(check)
        except (gdb.error, TypeError):
            check.notes.append("the TLB cannot be read")


def check_word(check, w, word, managed):
    """Rules F1, F2, F4 and F5 for a word of the bitmap; `managed` is what the memory map says."""
    bitmap = check.bitmap
    first = 32 * w
    if managed is not None and bitmap.managed[w] != managed:
        check.broken("F5", first, managed, bitmap.managed[w], "managed bits from frame")
    if word & ~bitmap.managed[w]:
        check.broken("F1", first, bitmap.managed[w], word, "free bits from frame")
    summary = bitmap.summary[w // 32] >> w % 32 & 1
    if summary != (word != 0):
        check.broken("F2", first, word != 0, summary, "summary bit of the word from frame")
    if word != 0 and w // 32 < bitmap.hint:
        check.broken("F2", first, bitmap.hint, word, "free below the hint: frame")
    taken = bitmap.managed[w] & ~word
    differ = taken ^ check.used_words.get(w, 0)
    for bit in range(32):
        if differ >> bit & 1 and not taken >> bit & 1:
            check.broken("F4", first + bit, 1, 0, "in use but not taken: frame")
        elif differ >> bit & 1 and check.scene is not None:
            check.broken("F4", first + bit, 0, 1, "taken but not in use: frame")


def check_frames(check):
    """Rules F1 to F5, against the frames found in use."""
    bitmap = check.bitmap
    scene = check.scene
    for frame in sorted(scene.held if scene is not None else ()):
        if frame in check.used:
            check.broken("P2", frame, 0, 1, "held by another user and mapped as well: frame")
        check.used[frame] = None
    if scene is None:
        check.notes.append("no session: frames that are taken and not mapped may be somebody's")
    elif bitmap.count != scene.frame_count:
        raise Violation("F3", bitmap.at + FRAMES_COUNT, scene.frame_count, bitmap.count,
                        "count of frames covered at")
    for frame in check.used:
        check.used_words[frame // 32] = check.used_words.get(frame // 32, 0) | 1 << frame % 32
    managed = scene.managed() if scene is not None else None
    for w, word in enumerate(bitmap.free):
        check_word(check, w, word, None if managed is None else managed >> 32 * w & 0xFFFFFFFF)
    for offset, words, found, what in (
            (FRAMES_FREE, bitmap.free, bitmap.free_count, "count of free frames at"),
            (FRAMES_MANAGED, bitmap.managed, bitmap.managed_count, "count of managed frames at")):
        expected = sum(bin(word).count("1") for word in words)
        if expected != found:
            check.broken("F3", bitmap.at + offset, expected, found, what)
