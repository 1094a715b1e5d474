"""Pretty printers for the types of the core and its harness. `print/r' shows what is under them."""

import gdb
import gdb.printing

from . import machine
from .heap import find_heap, find_scene, tag_text
from .layout import CLAIMS, HEAP_FIRST_FIT, OPS, TAG_FLAGS


def op_text(op):
    """An operation as the text form has it (fuzz/op_line.c)."""
    kind = int(op["kind"])
    if not 0 <= kind < len(OPS):
        return "no operation: kind %d" % kind
    word, letters = OPS[kind]
    text = word
    for letter in letters:
        number = int(op[{"s": "slot", "n": "size", "a": "arg"}[letter]])
        hexadecimal = word == "free-foreign" or word.startswith("damage-") and letter == "a"
        text += (" 0x%x" if hexadecimal else " %d") % number
    return text


def block_text(at):
    """What the heap at hand says of a block; nothing where there is none."""
    try:
        here = machine.find()
        return ": " + tag_text(find_heap(here, find_scene()).tag(at))
    except (machine.Refused, gdb.error):
        return ""


def rule_text(violation):
    """The id of a rule, from the enumerator's name."""
    return str(violation["rule"]).replace("RULE_", "")


def violation_text(violation):
    """As violation_line has it."""
    rule = rule_text(violation)
    if rule == "NONE":
        return "none"
    what = violation["what"]
    return "%s: %s: %s %08x: expected %08x, found %08x" % (
        rule, CLAIMS.get(rule, "a rule of the session"),
        what.string(errors="replace") if int(what) != 0 else "", int(violation["at"]),
        int(violation["expected"]), int(violation["found"]))


def verdict_text(verdict):
    """As verdict_line has it, without a name."""
    text = "ok"
    if not bool(verdict["ok"]):
        text = "violation rule=%s operation=%d" % (rule_text(verdict["violation"]),
                                                   int(verdict["operation"]))
    return "%s operations=%d applied=%d digest=%016x" % (
        text, int(verdict["operation_count"]), int(verdict["applied_count"]),
        int(verdict["digest"]))


def heap_text(heap):
    """The handle of a heap."""
    policy = "first-fit" if int(heap["policy"]) == HEAP_FIRST_FIT else "bins"
    return "%s heap at %08x, key %08x" % (policy, int(heap["at"]["v"]), int(heap["key"]))


def tag_value_text(tag):
    """A decoded tag."""
    word = int(tag["word"])
    return tag_text(word) if word & ~TAG_FLAGS or word else "0"


TEXTS = {
    "vaddr_t": lambda value: "0x%08x" % int(value["v"]),
    "frame_t": lambda value: "frame 0x%x" % int(value["n"]),
    "block_t": lambda value: "block 0x%08x%s" % (int(value["at"]), block_text(int(value["at"]))),
    "tag_t": tag_value_text,
    "heap": heap_text,
    "op": op_text,
    "violation": violation_text,
    "verdict": verdict_text,
}


class Printer:
    """A value as one line of text."""

    def __init__(self, value, text):
        self.value = value
        self.text = text

    def to_string(self):
        """What gdb shows."""
        try:
            return self.text(self.value)
        except gdb.MemoryError as error:
            return "<%s>" % error


class Lookup(gdb.printing.PrettyPrinter):
    """Finds the printer for a value by its type's name: a typedef's, or a struct's tag."""

    def __init__(self):
        super().__init__("kheap", [gdb.printing.SubPrettyPrinter(name) for name in TEXTS])

    def __call__(self, value):
        kind = value.type.unqualified()
        if kind.strip_typedefs().code != gdb.TYPE_CODE_STRUCT:
            return None
        text = TEXTS.get(kind.name) or TEXTS.get(kind.strip_typedefs().tag)
        return Printer(value, text) if text is not None else None


def register():
    """Makes the printers known to gdb, once."""
    gdb.printing.register_pretty_printer(None, Lookup(), replace=True)
