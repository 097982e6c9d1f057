"""Loops over small arrays that lie in memory in whatever way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .code import ATTRIBUTES, STORED, TYPES, Code, literal
from .numpy_loops import HEAD
from .operands import Bases, Operand


class Nest:
    """Writes a function of nests of loops.

    It is called with a table of the addresses in `fixed`, and with what is named in `given` (`Bases`). Its text does
    not say where anything is, so that what does the same with other arrays is the same text.
    """

    def __init__(self, bases: Bases) -> None:
        self.code = Code()
        self.given, self.fixed, self.numbers = bases.given, bases.fixed, bases.numbers
        self.bases: dict[int | str | None, str] = {}
        self.labels = self.rooms = 0
        self.metadata: list[str] = []
        self.head: list[str] = []
        for k, address in enumerate(self.fixed):
            self.bases[address] = self._from_table(f"%fixed{k}", k)
        for k, name in enumerate(self.given):
            self.bases[name] = f"%p{k}" if name in self.numbers else self._data(f"%p{k}")

    def text(self) -> str:
        c = self.code
        kinds = [("double" if name in self.numbers else "ptr") for name in self.given]
        parameters = ", ".join(["ptr %table", *(f"{kind} %p{i}" for i, kind in enumerate(kinds))])
        room = ["%args = alloca [3 x ptr]", "%dims = alloca [4 x i64]", "%steps = alloca [9 x i64]"]
        return "\n".join(
            [
                f"define void @group({parameters}) #0 {{", "entry:",
                *(f"  {line}" for line in (*room, *self.head)),
                *c.lines, "  ret void", "}", *sorted(c.declared), *self.metadata,
                ATTRIBUTES, "",
            ]
        )  # fmt: skip

    # ---------------------------------------------------------------- operands

    def _from_table(self, name: str, k: int) -> str:
        """The register with address k of the table."""
        self.head.append(f"{name}_at = getelementptr ptr, ptr %table, i64 {k}")
        self.head.append(f"{name} = load ptr, ptr {name}_at")
        return name

    def _data(self, name: str) -> str:
        """The register with the address of an object's elements."""
        self.head.append(f"{name}_field = getelementptr i8, ptr {name}, i64 {HEAD}")
        self.head.append(f"{name}_data = load ptr, ptr {name}_field")
        return f"{name}_data"

    def _fetch(self, x: Operand, at: Sequence[str], strides: Sequence[int], group: str, kind: str) -> str:
        """The element of an operand in the loops `at`, as LLVM's type `kind`."""
        if x.value is not None:
            return literal(x.value, kind)
        if x.number:
            return self.code.cast(self.bases[x.place], "double", kind)
        place = self._place(x, at, strides)
        found = self.code.add(f"load {STORED[x.dtype.name]}, ptr {place}{group}")
        if x.dtype.name == "bool":
            found = self.code.compare("ne", "i8", found, "0")
        return self.code.cast(found, TYPES[x.dtype.name], kind)

    def _place(self, x: Operand, at: Sequence[str], strides: Sequence[int]) -> str:
        c, place = self.code, self.bases[x.place]
        for index, stride in zip(at, strides, strict=True):
            if stride:
                step = index if stride == 1 else c.binary("mul", "i64", index, str(stride))
                place = c.add(f"getelementptr i8, ptr {place}, i64 {step}")
        return place

    def _put(self, x: Operand, value: str, at: Sequence[str], strides: Sequence[int], group: str) -> None:
        if x.dtype.name == "bool":
            value = self.code.add(f"zext i1 {value} to i8")
        place = self._place(x, at, strides)
        self.code.line(f"store {STORED[x.dtype.name]} {value}, ptr {place}{group}")

    # ---------------------------------------------------------------- loops

    def _nest(
        self,
        shape: Sequence[int],
        strides: Sequence[Sequence[int]],
        body: Callable[[list[str], list[list[int]], str], None],
        parallel: bool = True,
    ) -> None:
        """Loops over `shape`, in which operands advance by `strides`; neighbouring loops become one where they can.

        `body(indices, strides, group)` writes the innermost; `group` marks loads and stores of loops whose turns do
        not depend on each other.
        """
        shape, strides = merged(shape, strides)
        c, group = self.code, ""
        if parallel and shape:
            k = len(self.metadata)
            self.metadata += [
                f"!{k} = distinct !{{}}",
                f"!{k + 1} = distinct !{{!{k + 1}, !{k + 2}}}",
                f'!{k + 2} = !{{!"llvm.loop.parallel_accesses", !{k}}}',
            ]
            group, end = f", !llvm.access.group !{k}", f", !llvm.loop !{k + 1}"
        else:
            end = ""
        names = []
        for n in shape:
            self.labels += 1
            k = self.labels
            c.line(f"br label %before{k}")
            c.label(f"before{k}")
            c.line(f"br label %loop{k}")
            c.label(f"loop{k}")
            c.line(f"%i{k} = phi i64 [ 0, %before{k} ], [ %i{k}_next, %end{k} ]")
            names.append((k, n))
        body([f"%i{k}" for k, _ in names], [list(s) for s in strides], group)
        for depth, (k, n) in enumerate(reversed(names)):
            c.line(f"br label %end{k}")
            c.label(f"end{k}")
            c.line(f"%i{k}_next = add nuw nsw i64 %i{k}, 1")
            c.line(f"%i{k}_more = icmp ult i64 %i{k}_next, {n}")
            c.line(f"br i1 %i{k}_more, label %loop{k}, label %after{k}{end if depth == 0 else ''}")
            c.label(f"after{k}")

    def room(self, size: int) -> str:
        """So many bytes of the function's own."""
        self.rooms += 1
        self.head.append(f"%room{self.rooms} = alloca [{size} x i8], align 64")
        return f"%room{self.rooms}"

    def _moved(self, x: Operand, place: str) -> Operand:
        """The operand from another place on."""
        self.bases[place] = place
        return Operand(place, x.shape, x.strides, x.dtype)


def broadcast(x: Operand, shape: tuple[int, ...]) -> list[int]:
    """The strides of an operand in loops over `shape`."""
    missing = len(shape) - len(x.shape)
    return [0] * missing + [0 if n == 1 else s for n, s in zip(x.shape, x.strides, strict=True)]


def merged(shape: Sequence[int], strides: Sequence[Sequence[int]]) -> tuple[list[int], list[list[int]]]:
    """Fewer loops over the same elements, in the same order."""
    found: list[int] = []
    kept: list[list[int]] = [[] for _ in strides]
    for d, n in enumerate(shape):
        if n == 1:
            continue
        if found and all(k[-1] == s[d] * n for k, s in zip(kept, strides, strict=True)):
            found[-1] *= n
            for k, s in zip(kept, strides, strict=True):
                k[-1] = s[d]
        else:
            found.append(n)
            for k, s in zip(kept, strides, strict=True):
                k.append(s[d])
    return found, kept
