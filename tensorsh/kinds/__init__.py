"""What is known of each kind of value that a program can hold: one description each, which all others read.

A list, a dictionary, a function, an optimiser, an instance of a program's class are such kinds. `Kind` says what
there is to say of one; `describe` enters it, in the file of the kind or where the class is defined; `kind_of` finds
it. Who walks values (undo, the compiler of loops, printing, JSON, trees) lists no types: a new kind is a new
description.
"""

from .kind import ALL, ATOMS, FIXED, Kind, describe, described_in, kind_of, same

__all__ = ["ALL", "ATOMS", "FIXED", "Kind", "describe", "described_in", "kind_of", "same"]
