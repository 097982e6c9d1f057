"""The bytecode of tensorsh's own modules in one file of the user's cache.

Python keeps that of each module in a file of its own, and a command imports 130 to 400 of them: to look for these, open
and read them takes a third of the time that is ours. What `enter` finds in the one file is read from there, a part of
it for each module; what it does not find is imported as ever, and `keep` puts it there too when the command has ended.

A part is used while its module's file has the time and the size that it had, as Python tells of its own. Nothing is
kept where Python writes no bytecode (`-B`, PYTHONDONTWRITEBYTECODE).
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import NamedTuple, cast
from zlib import adler32, crc32

from . import kept

PACKAGE = __name__.partition(".")[0]
FOLDER = os.path.dirname(__file__)

#: of other versions, and of checkouts that somebody works on, and their bytes
MOST, BYTES = 4, 1 << 26
#: bytes that are read at a time: modules lie there as they were imported, what is wanted together lies together
PIECE = 1 << 19
#: bytes before the table of parts that tell its length and its checksum
HEAD = 8


#: whether a package, time and size of the source, the bytecode
Content = tuple[bool, int, int, bytes | memoryview]


class Part(NamedTuple):
    """Where in the file the bytecode of a module is; `checksum` is its own, `time` and `size` its source's."""

    package: bool
    time: int
    size: int
    offset: int
    length: int
    checksum: int


class Finder:
    """Finds modules in the file, which is not left open: programs may look at what is.

    before  the modules that were there before
    parts   what the file has, without what has turned out to be of no use
    pieces  what has been read of it: number of the piece → bytes
    """

    def __init__(self) -> None:
        self.before = {*sys.modules}
        self.pieces: dict[int, memoryview] = {}
        self.parts = table(self.content(0, PIECE))

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        part = self.parts.get(name)
        if part is None:
            return None
        file = path_of(name, part.package)
        if source_of(file) != (part.time, part.size):
            del self.parts[name]
            return None
        spec = ModuleSpec(name, Loader(name, file, self), origin=file, is_package=part.package)
        spec.has_location = True
        if part.package:
            spec.submodule_search_locations = [os.path.dirname(file)]
        return spec

    def read(self, name: str) -> memoryview | None:
        """The bytecode of a module; None if there is none, or it is damaged."""
        part = self.parts.get(name)
        if part is None:
            return None
        content = self.content(part.offset, part.length)
        return content if adler32(content) == part.checksum else None

    def content(self, offset: int, length: int) -> memoryview:
        """These bytes of the file, or as many as there are."""
        first, last = offset // PIECE, (offset + length - 1) // PIECE
        for number in range(first, last + 1):
            if number not in self.pieces:
                self.pieces[number] = piece_of_file(number)
        found = [self.pieces[number] for number in range(first, last + 1)]
        content = found[0] if first == last else memoryview(b"".join(found))
        return content[offset - first * PIECE :][:length]

    def whole(self) -> Iterator[tuple[str, Content]]:
        """What is whole, and of modules that are as they were."""
        for name, part in self.parts.items():
            source = source_of(path_of(name, part.package))
            content = self.read(name) if source == (part.time, part.size) else None
            if content is not None:
                yield name, (part.package, part.time, part.size, content)

    def missing(self) -> list[ModuleType]:
        """The modules of ours that had to be looked for elsewhere."""
        return [
            module
            for name, module in list(sys.modules.items())
            if name.startswith(f"{PACKAGE}.") and name not in self.parts and name not in self.before
        ]


class Loader(SourceFileLoader):
    """Loads a module from its part of the file, or as Python does if that is damaged."""

    def __init__(self, name: str, path: str, finder: Finder):
        super().__init__(name, path)
        self.finder = finder

    def get_code(self, fullname: str) -> CodeType | None:
        content = self.finder.read(fullname)
        if content is not None:
            return cast(CodeType, marshal.loads(content))
        self.finder.parts.pop(fullname, None)
        return super().get_code(fullname)


def enter() -> Finder:
    """Import from the file, where there is one that can be trusted."""
    finder = Finder()
    sys.meta_path.insert(0, finder)
    return finder


def keep(finder: Finder) -> None:
    """Put what was imported from elsewhere into the file, beside what is good in it."""
    if sys.dont_write_bytecode:
        return
    found = [*filter(None, map(content_of, finder.missing()))]
    if found:
        kept.write(name_of_file(), together({**dict(finder.whole()), **dict(found)}), lambda content: b"")
        kept.forget("bytecode-", MOST, BYTES)


def content_of(module: ModuleType) -> tuple[str, Content] | None:
    """What there is to keep of a module; None if it is no file of ours, or has become another one meanwhile."""
    loader = getattr(module, "__loader__", None)
    name, package = module.__name__, hasattr(module, "__path__")
    path = path_of(name, package)
    before = source_of(path)
    if not isinstance(loader, SourceFileLoader) or loader.path != path or before is None:
        return None
    try:
        content = marshal.dumps(loader.get_code(name))
    except (OSError, SyntaxError):  # somebody is at work on it
        return None
    return (name, (package, *before, content)) if source_of(path) == before else None


def together(found: dict[str, Content]) -> bytes:
    """The content of a file."""
    offset = 0
    parts = {}
    for name, (package, time, size, content) in found.items():
        parts[name] = tuple(Part(package, time, size, offset, len(content), adler32(content)))
        offset += len(content)
    listed = marshal.dumps(parts)
    head = len(listed).to_bytes(4, "big") + crc32(listed).to_bytes(4, "big")
    return b"".join([head, listed, *(content for *_, content in found.values())])


def table(content: memoryview) -> dict[str, Part]:
    """What is in a file; nothing if it is damaged."""
    length = int.from_bytes(content[:4], "big")
    start = HEAD + length
    listed = content[HEAD:start]
    if not listed or crc32(listed).to_bytes(4, "big") != content[4:HEAD]:
        return {}
    return {
        name: Part(package, time, size, start + offset, *rest)
        for name, (package, time, size, offset, *rest) in marshal.loads(listed).items()
    }


def path_of(name: str, package: bool) -> str:
    """The file of a module of ours."""
    below = name[len(PACKAGE) :].replace(".", os.sep)
    return f"{FOLDER}{below}{os.sep}__init__.py" if package else f"{FOLDER}{below}.py"


def source_of(path: str) -> tuple[int, int] | None:
    """Time and size of a file, None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def piece_of_file(number: int) -> memoryview:
    return memoryview(kept.read(name_of_file(), lambda content: b"", number * PIECE, PIECE) or b"")


def name_of_file() -> str:
    """Of each Python, each folder and each `-O` its own."""
    whose = f"{sys.implementation.cache_tag} {sys.hexversion} {sys.flags.optimize} {FOLDER}"
    return f"bytecode-{crc32(whose.encode()):08x}.parts"
