"""A broken rule with its evidence, as in invariants/violation.h."""

from .layout import CLAIMS


class Violation(Exception):
    """Raised where nothing behind it can be believed."""

    def __init__(self, rule, at, expected, found, what):
        super().__init__(rule)
        self.rule, self.at, self.expected, self.found, self.what = rule, at, expected, found, what

    def __str__(self):
        return "%s: %s: %s %08x: expected %08x, found %08x" % (
            self.rule, CLAIMS[self.rule], self.what, self.at, self.expected & 0xFFFFFFFF,
            self.found & 0xFFFFFFFF)
