"""The machine under the heap, as gdb can see it: a live process, a core file of one, or a guest.

Memory is read as it stands: through the page tables in it, never through the emulator's TLB. A
machine is made for one command and remembers what it has read."""

import struct

import gdb

from .layout import *


class Refused(Exception):
    """The command cannot be carried out; the text says why and what to do."""


def read(address, size_bytes):
    """Bytes of the target, or None where it has none."""
    try:
        return gdb.selected_inferior().read_memory(address, size_bytes).tobytes()
    except gdb.MemoryError:
        return None


def words_of(data):
    """Little-endian 32-bit words."""
    return None if data is None else struct.unpack("<%dI" % (len(data) // 4), data)


def symbol(name, static=False):
    """The value of a variable with debugging information, or None if there is none of that name."""
    found = (gdb.lookup_static_symbol if static else gdb.lookup_global_symbol)(name)
    if found is None:
        return None
    try:
        value = found.value()
        if value.is_optimized_out:
            raise Refused("`%s' was optimised out: compile with less optimisation" % name)
        value.fetch_lazy()
        return value
    except (gdb.MemoryError, gdb.error) as error:
        raise Refused("`%s' cannot be read: %s" % (name, error)) from None


class Machine:
    """What the commands ask of a machine. Words are tuples of TABLE_ENTRIES numbers, a page each."""

    what = None  # in words, for people
    boot_directory = None
    boot_table = None
    emulator = None

    def __init__(self):
        self.pages = {}
        self.tables = {}

    def root(self):
        """The frame of the directory."""
        raise NotImplementedError

    def directory(self):
        """The words of the directory; None if it is not in memory."""
        return self.frame(self.root())

    def frame(self, frame):
        """The words of a frame; None outside memory."""
        raise NotImplementedError

    def table(self, slot):
        """The words of the table in a slot of the directory; None if there is none."""
        if slot not in self.tables:
            directory = self.directory()
            entry = directory[slot] if directory is not None else 0
            present = entry & ENTRY_PRESENT and not entry & ENTRY_PAGE_SIZE
            self.tables[slot] = self.read_table(slot, entry) if present else None
        return self.tables[slot]

    def read_table(self, slot, entry):
        """The words of the table in `slot`, to which `entry` leads."""
        del slot
        return self.frame(frame_of(entry))

    def entry(self, at):
        """The table entry for an address; 0 if there is no table."""
        table = self.table(slot_of(at))
        return 0 if table is None else table[index_of(at)]

    def mapped(self, at):
        """True if the page of `at` is mapped."""
        return bool(self.entry(at) & ENTRY_PRESENT)

    def page(self, at):
        """The words of the page that holds `at`; None if it is not mapped."""
        page = page_of(at)
        if page not in self.pages:
            self.pages[page] = self.read_page(page) if self.mapped(page) else None
        return self.pages[page]

    def read_page(self, page):
        """The words of a page that is mapped."""
        return self.frame(frame_of(self.entry(page)))

    def word(self, at):
        """The aligned word at `at`; None if it is not mapped or not aligned."""
        page = self.page(at) if at % 4 == 0 and 0 <= at < 1 << 32 else None
        return None if page is None else page[at % PAGE_SIZE // 4]

    def place(self, at):
        """Where gdb finds the byte that a mapped address leads to."""
        return at

    def interrupts_enabled(self):
        """The interrupt flag: with it clear, the core may be at work."""
        return True


class Emulator(Machine):
    """struct emulator of a host process (mmu_x86/emulator/emulator.h)."""

    what = "the emulator's RAM"

    def __init__(self, emulator):
        super().__init__()
        self.emulator = emulator
        self.ram = int(emulator["ram"])
        self.used = int(emulator["frame_used"])
        self.frame_count = int(emulator["frame_count"])
        self.frames = {}
        if self.ram == 0 or self.frame_count == 0:
            raise Refused("the emulator is not switched on: let the program run up to its session")
        self.boot_directory = words_of(read(int(emulator["boot_directory"].address), PAGE_SIZE))
        self.boot_table = words_of(read(int(emulator["boot_table"].address), PAGE_SIZE))

    def root(self):
        return int(self.emulator["root"]["n"])

    def frame(self, frame):
        if frame >= self.frame_count:
            return None
        if frame not in self.frames:
            used = read(self.used + frame, 1)
            # One that was never accessed gets its garbage when it is.
            data = bytes([PROBE_GARBAGE]) * PAGE_SIZE
            if used is None or used[0] != 0:
                data = read(self.ram + frame * PAGE_SIZE, PAGE_SIZE)
            self.frames[frame] = words_of(data)
        return self.frames[frame]

    def place(self, at):
        return self.ram + (self.entry(at) & ENTRY_FRAME | at % PAGE_SIZE)

    def interrupts_enabled(self):
        return bool(self.emulator["interrupts_enabled"])


class Window(Machine):
    """struct window of a host process (mmu_x86/window/window.h): plain memory, frames are tokens."""

    what = "plain memory of the window port"

    def __init__(self, window):
        super().__init__()
        self.window = window
        self.base = int(window["base"])
        self.tables_at = int(window["tables"])
        if self.tables_at == 0:
            raise Refused("the window is not open: let the program run up to its session")
        self.boot_directory = words_of(read(int(window["boot_directory"].address), PAGE_SIZE))
        self.boot_table = words_of(read(int(window["boot_table"].address), PAGE_SIZE))

    def root(self):
        return int(self.window["root"]["n"])

    def directory(self):
        return self.read_table(RECURSIVE_SLOT, 0)

    def read_table(self, slot, entry):
        return words_of(read(self.tables_at + slot * PAGE_SIZE, PAGE_SIZE))

    def frame(self, frame):
        return None

    def place(self, at):
        return self.tables_at + (at - TABLES_AT) if at >= TABLES_AT else self.base + at

    def read_page(self, page):
        return words_of(read(self.place(page), PAGE_SIZE))

    def interrupts_enabled(self):
        return bool(self.window["interrupts_enabled"])


class Guest(Machine):
    """An i386 with paging on, at the other end of a stub. QEMU's shows physical memory as well; of
    any other the tables are read through the directory's recursive slot."""

    def __init__(self):
        super().__init__()
        self.physical = self.packet("qqemu.PhyMemMode").isdigit()
        self.frames = {}
        self.what = "physical memory of the guest" if self.physical else "the guest's own view"
        if not self.register("cr0") >> 31:
            raise Refused("the guest has not turned paging on yet: let it run")
        for name, boot in (("boot_entries", "boot_directory"), ("boot_table_entries", "boot_table")):
            value = symbol(name, static=True)
            if value is not None:
                setattr(self, boot, words_of(read(int(value.address), PAGE_SIZE)))
        if self.boot_directory is not None and self.boot_directory[RECURSIVE_SLOT] == 0:
            self.boot_directory = None  # the kernel has not noted them yet
            self.boot_table = None

    @staticmethod
    def packet(text):
        """A stub's answer to a packet; nothing if the target takes none."""
        try:
            answer = gdb.execute("maintenance packet " + text, to_string=True)
        except gdb.error:
            return ""
        return answer.rpartition("received: ")[2].strip().strip('"')

    @staticmethod
    def register(name):
        """A control register."""
        try:
            return int(gdb.selected_frame().read_register(name)) & 0xFFFFFFFF
        except (gdb.error, ValueError):
            raise Refused("this target shows no register %s: a guest in QEMU does" % name) from None

    def root(self):
        return frame_of(self.register("cr3"))

    def directory(self):
        if self.physical:
            return super().directory()
        return words_of(read(DIRECTORY_AT, PAGE_SIZE))

    def read_table(self, slot, entry):
        if self.physical:
            return super().read_table(slot, entry)
        return words_of(read(TABLES_AT + slot * PAGE_SIZE, PAGE_SIZE))

    def frame(self, frame):
        if not self.physical:
            return None
        if frame not in self.frames:
            self.packet("Qqemu.PhyMemMode:1")
            try:
                self.frames[frame] = words_of(read(frame << PAGE_SHIFT, PAGE_SIZE))
            finally:
                self.packet("Qqemu.PhyMemMode:0")
        return self.frames[frame]

    def read_page(self, page):
        if self.physical:
            return super().read_page(page)
        return words_of(read(page, PAGE_SIZE))

    def interrupts_enabled(self):
        return bool(self.register("eflags") >> 9 & 1)


def find():
    """The machine of the program or guest at hand."""
    for name, kind in (("emulator", Emulator), ("window", Window)):
        value = symbol(name)
        if value is not None and value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
            return kind(value)
    if gdb.selected_inferior().pid == 0:
        raise Refused("there is no process, core file or guest: `run', `core', or `target remote'")
    try:
        name = gdb.selected_frame().architecture().name()
    except gdb.error as error:
        raise Refused("nothing to look at: %s" % error) from None
    if name in ("i386", "i8086"):
        return Guest()
    raise Refused("no machine here: neither `emulator' nor `window' is a variable of the program "
                  "(build it with -g), and %s is no i386 guest" % name)
