"""What gdb shows of a heap: layout, machine, heap, lists, check, printers, commands; read in this
order. It shares no code with the heap nor with the checkers in C, and writes nothing."""

from . import commands, printers


def register():
    """Makes commands and pretty printers known to gdb."""
    commands.register()
    printers.register()
