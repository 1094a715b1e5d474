"""Commands and pretty printers that show a kheap heap in gdb.

    (gdb) source invariants/gdb/kheap-gdb.py
    (gdb) help kheap

invariants/gdb/README.md says on what they work and how they are loaded without being asked for.
"""

import os
import sys


def load():
    """Imports the package beside this file anew, and leaves no compiled files in the sources."""
    here = os.path.dirname(os.path.realpath(__file__))
    for name in [name for name in sys.modules if name.split(".")[0] == "kheap_gdb"]:
        del sys.modules[name]
    kept = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, here)
    try:
        import kheap_gdb

        kheap_gdb.register()
    finally:
        sys.path.remove(here)
        sys.dont_write_bytecode = kept


load()
