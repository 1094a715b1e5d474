"""kheap check: the rules of invariants/check.h anew, in the same order and with the same words, so
that the first rule found broken here is the one that check_all names. Unlike check_all it goes on
behind a broken rule where it can."""

from . import check_heap, check_pages
from .heap import Bitmap, Heap
from .layout import *
from .machine import Refused
from .violation import Violation

VIOLATIONS_MAX = 20


class Enough(Exception):
    """As many violations were found as are shown."""


class Check:
    """One look at everything. `violations` are the broken rules, `notes` what could not be told."""

    def __init__(self, machine, scene, at=None):
        self.machine = machine
        self.scene = scene if at is None or scene is not None and at == scene.heap_at else None
        self.at = at
        self.violations = []
        self.notes = []
        self.used = {}  # frame: the address for which it is used
        self.used_words = {}  # the same as a bitset
        self.mapped_pages = 0
        self.blocks = None
        self.bitmap = None
        self.heap = None

    def broken(self, rule, at, expected, found, what):
        """Notes a violation."""
        if len(self.violations) >= VIOLATIONS_MAX:
            raise Enough
        self.violations.append(Violation(rule, at, expected, found, what))

    def attempt(self, part):
        """Runs a part of the check. Returns False if it had to stop early."""
        try:
            part(self)
        except Violation as violation:
            self.violations.append(violation)
            return False
        return True

    def run(self):
        """The whole check."""
        try:
            self.parts()
        except Enough:
            self.notes.append("more than %d: the rest is not shown" % VIOLATIONS_MAX)

    def parts(self):
        """In the order of check_all."""
        self.attempt(check_pages.check_emulator)
        self.open_heap()
        whole = self.heap is not None and self.attempt(check_heap.check_control)
        self.attempt(check_pages.check_paging)
        if whole and self.attempt(check_heap.check_blocks):
            self.attempt(check_heap.check_lists)
            self.attempt(check_heap.check_sums)
        elif self.heap is not None:
            self.notes.append("lists and sums were not looked at: the blocks cannot be told")
        if self.find_bitmap():
            self.attempt(check_pages.check_frames)
        if not self.machine.interrupts_enabled():
            self.notes.append("interrupts are disabled: inside a call of the heap what it is half "
                              "done with looks broken")

    def open_heap(self):
        """The heap, if there is one: a session has none before it has made it."""
        scene = self.scene
        if scene is not None and not scene.heap_made:
            self.notes.append("the session has no heap yet")
            return
        at = scene.heap_at if scene is not None else self.at
        at = HEAP_WINDOW_START if at is None else at
        if scene is not None and self.machine.page(at) is None:
            self.broken("P1", at, 1, 0, "page of the control block, not mapped,")
            return
        self.heap = Heap(self.machine, at, believed=scene is not None)
        if scene is not None:  # who made the heap knows better than the heap what it is
            self.heap.key = scene.key
            self.heap.policy = scene.policy
            self.heap.frames_at = scene.frames_at
            self.heap.limit = scene.heap_limit

    def find_bitmap(self):
        """The frame bitmap. Returns False if there is none."""
        at = self.scene.frames_at if self.scene is not None else 0
        at = self.heap.frames_at if self.heap is not None else at
        if at == 0 or self.scene is not None and self.scene.frame_count == 0:
            self.notes.append("there is no frame bitmap yet")
            return False
        try:
            self.bitmap = Bitmap(self.machine, at)
        except Refused as refused:
            self.notes.append("rules F were not looked at: %s" % refused)
            return False
        return True


def rules_checked(check):
    """The rules that this check can tell, by their ids."""
    rules = set(CLAIMS)
    if check.machine.emulator is None:
        rules -= {"P6", "P8", "O1"}
    if check.scene is None:
        rules -= {"F5"}
    if check.heap is None:
        rules = {rule for rule in rules if rule[0] not in "HX"}
    if check.bitmap is None:
        rules = {rule for rule in rules if rule[0] != "F"}
    return sorted(rules)
