"""Machine code as bytes that run wherever they lie: an object file of LLVM's, laid out and linked once.

Code and its constants lie side by side and find each other by distance, so nothing in an image says where it is, and
running one needs neither LLVM nor a linker. That is so of ELF for x86-64, whose relocations are those of the System V
ABI's supplement; everything else is `Unlinkable`, and LLVM's own linker has it.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
import sys
from functools import cache
from typing import Any, NamedTuple

#: of ELF's section headers: their types and flags, and the numbers of sections that are none
BITS, SYMBOLS, ADDENDS = 1, 2, 4
WRITABLE, ALLOCATED, EXECUTABLE = 1, 2, 4
#: relocations that are distances of 32 bits: to a symbol, to a function
DISTANCES = (2, 4)
MACHINE = 62  # x86-64
#: of what is in an image: a vector of 512 bits lies at a multiple of 64
ALIGNMENT = 64
#: for unwinding, which functions that raise nothing do not need
UNWINDING = b".eh_frame"
READ, EXECUTE = 1, 4  # of mprotect
RETURN = b"\xc3"  # the least image


class Unlinkable(Exception):
    """An object that needs more than distances between its own parts."""


class Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry: int


@cache
def supported() -> bool:
    """Whether images run here: the processor is theirs, and memory may be made executable."""
    if sys.platform != "linux" or os.uname().machine != "x86_64" or sys.maxsize < 2**32:
        return False
    try:
        placed(RETURN)
    except OSError:
        return False
    return True


def linked(data: bytes, function: str) -> bytes:
    """The image of an object file, which begins with a function; Unlinkable says what it would need."""
    if data[:6] != b"\x7fELF\x02\x01" or struct.unpack_from("<HH", data, 16) != (1, MACHINE):
        raise Unlinkable("another kind of object")
    (start,) = struct.unpack_from("<Q", data, 40)
    _, count, names = struct.unpack_from("<HHH", data, 58)
    sections = [Section(*struct.unpack_from("<IIQQQQIIQQ", data, start + 64 * i)) for i in range(count)]
    code = bytearray()
    places: dict[int, int] = {}
    for i, section in sorted(enumerate(sections), key=lambda pair: not pair[1].flags & EXECUTABLE):
        unwinding = _text(data, sections[names], section.name) == UNWINDING
        if not section.flags & ALLOCATED or not section.size or unwinding:
            continue
        if section.flags & WRITABLE or section.kind != BITS or section.alignment > ALIGNMENT:
            raise Unlinkable("memory of its own")
        code += b"\0" * (-len(code) % max(section.alignment, 1))
        places[i] = len(code)
        code += data[section.offset : section.offset + section.size]
    for section in sections:
        if section.kind == ADDENDS and section.info in places:
            _relocate(code, data, sections, section, places)
    if not _starts(data, sections, places, function):
        raise Unlinkable(f"no {function} at its beginning")
    return bytes(code)


def _relocate(
    code: bytearray, data: bytes, sections: list[Section], section: Section, places: dict[int, int]
) -> None:
    """Write the distances that a section of relocations tells."""
    for at in range(section.offset, section.offset + section.size, 24):
        offset, kind, number, addend = struct.unpack_from("<QIIq", data, at)
        _, _, _, where, value, _ = _symbol(data, sections[section.link], number)
        if kind not in DISTANCES or where not in places:
            raise Unlinkable(f"relocation {kind} of what is elsewhere")
        place = places[section.info] + offset
        struct.pack_into("<i", code, place, places[where] + value + addend - place)


def _starts(data: bytes, sections: list[Section], places: dict[int, int], function: str) -> bool:
    """Whether the image begins with this function."""
    for section in sections:
        for number in range(section.size // 24 if section.kind == SYMBOLS else 0):
            name, _, _, where, value, _ = _symbol(data, section, number)
            if _text(data, sections[section.link], name) == function.encode():
                return where in places and places[where] + value == 0
    return False


def _symbol(data: bytes, section: Section, number: int) -> tuple[int, ...]:
    """Name, type, visibility, section, place and size of a symbol."""
    return struct.unpack_from("<IBBHQQ", data, section.offset + 24 * number)


def _text(data: bytes, section: Section, at: int) -> bytes:
    start = section.offset + at
    return data[start : data.index(b"\0", start)]


def placed(data: bytes) -> tuple[Any, int]:
    """What owns memory that holds an image and can be run but not written, and its address; OSError."""
    memory = mmap.mmap(-1, len(data))
    memory.write(data)
    held = ctypes.c_char.from_buffer(memory)
    address = ctypes.addressof(held)
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    if protect(ctypes.c_void_p(address), ctypes.c_size_t(len(data)), READ | EXECUTE):
        raise OSError(ctypes.get_errno(), "memory cannot be made executable")
    return (memory, held), address
