"""An instance or a module as a tree: what is in it by name, with shapes, and how many parameters there are.

    model: Sequential                             params   bytes
    ├─ 0: Linear   weight[8, 4]  bias[8]              40   160 B
    ├─ 1: Dropout  p=0.5, inplace=False
    └─ 2: Linear   weight[3, 8]  bias[3]              27   108 B
    67 parameters  all trainable  268 B  float32  cpu  training

What a kind of value holds is in its `outline`. Parts that follow each other and look the same are drawn once,
`0-5: 6 × Block`, with the sum of their parameters. A tensor that several parts share counts once in the last line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ..kinds import kind_of
from ..kinds.aspects import Outline
from ..text.host_repr import is_tensor
from ..text.width import columns
from .paint import Line, Segment, folded, line_width
from .screen import Screen

DEEPEST = 16
LEAST_DETAILS = 14  # columns: with fewer there are none
MOST_BUFFERS = 2  # that are named
OPTIONAL = "note"  # the style of settings, which shapes mostly tell

#: a value that has no outline: what stands in its line, and what is in it where that does not say all
Brief = Callable[[Any], tuple[list[Segment], list[tuple[str, Any]]]]


@dataclass(slots=True)
class Node:
    """One value of the tree: its name, the name of its class, what is in it, and the tensors counted with it."""

    label: str
    title: str
    details: list[Segment]
    children: list[Node] = field(default_factory=list)
    tensors: list[tuple[Any, bool]] = field(default_factory=list)  # and whether it is a parameter
    times: int = 1

    @property
    def looks(self) -> tuple[Any, ...]:
        """What it shares with its like."""
        return self.title, self.details, [(child.label, child.looks) for child in self.children]

    def all_tensors(self) -> Iterator[tuple[Any, bool]]:
        yield from self.tensors
        for child in self.children:
            yield from child.all_tensors()


@dataclass(frozen=True, slots=True)
class Row:
    """One line: branches, name and class; shapes or settings; parameters and bytes, empty where there are none."""

    left: Line
    details: list[Segment]
    count: str
    bytes: str
    style: str = ""


def outline_of(value: Any) -> Outline | None:
    """How a value is drawn as a tree; None if it is not."""
    made = kind_of(type(value)).outline
    outline: Outline | None = None if made is None else made(value)
    return outline


def tree(value: Any, name: str | None, screen: Screen, brief: Brief) -> list[Line]:
    """The lines of a value that has an outline."""
    root = _node(value, name or "", brief, ())
    every = {id(tensor): (tensor, counted) for tensor, counted in root.all_tensors()}
    summed = any(counted for _, counted in every.values())
    rows = [_row(root, (), screen, False), *_rows(_folded(root), "", screen)]
    lines = _table(rows, summed, screen)
    return [*lines, *folded((), _total(list(every.values()), value), screen.width)] if summed else lines


# ------------------------------------------------------------------ what there is


def _node(value: Any, label: str, brief: Brief, inside: tuple[int, ...]) -> Node:
    if len(inside) == DEEPEST or id(value) in inside:
        return Node(label, "", [(f"{type(value).__name__}, as above", "frame")])
    outline = outline_of(value)
    if outline is None:
        details, parts = brief(value)
        node = Node(label, "", details)
        if is_tensor(value) and value.requires_grad and value.is_leaf:
            node.tensors.append((value, True))
    else:
        numbers, parts = list(outline.numbers), list(outline.parts)
        node = Node(label, outline.title, _details(outline.note, numbers))
        node.tensors += [(tensor, counted) for _, tensor, counted in numbers]
    node.children = [_node(part, key, brief, (*inside, id(value))) for key, part in parts]
    return node


def _details(note: str, numbers: list[tuple[str, Any, bool]]) -> list[Segment]:
    shapes: list[Segment] = []
    buffers: list[Segment] = []
    for name, tensor, counted in numbers:
        try:
            text = f"{name}{list(tensor.shape)}"
        except (RuntimeError, ValueError):
            text = f"{name}[?]"  # not known before it has seen data
        if counted:
            shapes.append((text, ""))
        else:
            buffers.append((text, "frame"))
    if shapes and not any(tensor.requires_grad for _, tensor, counted in numbers if counted):
        shapes.insert(0, ("frozen", "odd"))
    if len(buffers) > MOST_BUFFERS:
        buffers = [(f"{len(buffers)} buffers", "frame")]
    settings = [(line.strip(), OPTIONAL) for line in note.split("\n") if line.strip()]
    return [*shapes, *buffers, *settings]


def _folded(node: Node) -> list[Node]:
    """The parts, numbered ones that look the same and follow each other as one."""
    found: list[Node] = []
    for _, group in groupby(enumerate(node.children), key=lambda each: _likeness(*each)):
        first, *more = (each for _, each in group)
        if more:
            first.label, first.times = f"{first.label}-{more[-1].label}", 1 + len(more)
            first.tensors += [each for other in more for each in other.all_tensors()]
        found.append(first)
    return found


def _likeness(number: int, node: Node) -> Any:
    return repr(node.looks) if node.title and node.children and node.label.isdecimal() else number


# ------------------------------------------------------------------ lines


def _rows(parts: list[Node], stem: str, screen: Screen) -> Iterator[Row]:
    marks = screen.marks
    for part in parts:
        last = part is parts[-1]
        yield _row(
            part, ((stem + (marks.last if last else marks.branch), "frame"),), screen, bool(part.children)
        )
        yield from _rows(_folded(part), stem + (marks.blank if last else marks.line), screen)


def _row(node: Node, stem: Line, screen: Screen, sums: bool) -> Row:
    each = {id(tensor): tensor for tensor, counted in node.all_tensors() if counted}
    held = {id(tensor): tensor for tensor, _ in node.all_tensors()}
    times = f"{node.times} {screen.marks.times} " if node.times > 1 else ""
    label = f"{node.label}: " if node.label and node.title else node.label
    left = (*stem, (label, "frame"), (f"{times}{node.title}", ""))
    count = sum(map(_numel, each.values())) if stem else 0
    size = sum(map(_bytes, held.values())) if stem else 0
    return Row(
        left,
        node.details,
        f"{count:,}" if count else "",
        bytes_text(size) if count else "",
        "frame" if sums else "",
    )


def _table(rows: list[Row], counted: bool, screen: Screen) -> list[Line]:
    """The rows in columns; where the screen is narrow, bytes go first, then the details."""
    (root, *parts), gap = rows, screen.marks.gap
    if not parts:
        details = [each for item in root.details for each in _cut([item], screen.width - 2, gap)]
        return folded(root.left, details, screen.width)
    wanted = max(line_width(_spaced(row.details)) for row in rows)
    least = min(wanted, LEAST_DETAILS)
    left = max(line_width(row.left) for row in rows)
    count = max(len("params"), *(len(row.count) for row in rows)) + 2 if counted else 0
    size = max(len("bytes"), *(len(row.bytes) for row in rows)) + 3 if counted else 0
    if wanted:
        left = min(left, screen.width // 2)
    if left + 2 + least + count + size > screen.width:
        size = 0
    room = min(wanted, screen.width - left - 2 - count - size)
    chosen = [_chosen(row.details, room, gap) if room >= least else [] for row in rows]
    room = max(map(line_width, chosen))
    left = min(left, screen.width - count - size - (room + 2 if room else 0))
    ends = left + (room + 2 if room else 0) + count, left + (room + 2 if room else 0) + count + size
    lines = []
    for row, details in zip(rows, chosen, strict=True):
        line = _cut(list(row.left), left, gap)
        if details:
            line = _padded(line, left + 2) + details
        titles = ("params", "bytes") if row is root and counted else (row.count, row.bytes)
        for text, end in zip(titles, ends if size else ends[:1], strict=False):
            if text:
                line = [*_padded(line, end - len(text)), (text, "frame" if row is root else row.style)]
        lines.append(tuple(line))
    return lines


def _chosen(details: list[Segment], room: int, gap: str) -> list[Segment]:
    """The details that there is room for; a single one is cut, settings beside shapes go without a word."""
    needed = [item for item in details if item[1] != OPTIONAL] or details
    kept: list[Segment] = []
    for item in needed:
        reserve = 0 if item is needed[-1] else len(gap) + 1
        if line_width(_spaced([*kept, item])) + reserve > room:
            return [*_spaced(kept), (f" {gap}", "frame")] if kept else _cut([item], room, gap)
        kept.append(item)
    return _spaced(details if line_width(_spaced(details)) <= room else kept)


def _spaced(details: list[Segment]) -> list[Segment]:
    """Two blanks between one and the next."""
    return [each for item in details for each in (("  ", ""), item)][1:]


def _padded(line: list[Segment], width: int) -> list[Segment]:
    return [*line, (" " * (width - line_width(line)), "")]


def _cut(line: list[Segment], width: int, gap: str) -> list[Segment]:
    """The line, or as much of it as there is room for, and a gap."""
    if line_width(line) <= width:
        return line
    kept: list[Segment] = []
    room = width - len(gap)
    for text, style in line:
        part = text
        while columns(part) > room:
            part = part[:-1]
        kept.append((part, style))
        room -= columns(part)
        if part != text:
            break
    return [*kept, (gap, "frame")]


def _total(tensors: list[tuple[Any, bool]], value: Any) -> list[Segment]:
    """The last line: parameters, how many are trained, bytes, dtypes, devices, the mode of a module."""
    parameters = [tensor for tensor, counted in tensors if counted]
    count, trained = sum(map(_numel, parameters)), sum(_numel(t) for t in parameters if t.requires_grad)
    others = sum(_numel(tensor) for tensor, counted in tensors if not counted)
    facts = [f"{count:,} parameter{'s' * (count != 1)}"]
    facts.append("all trainable" if trained == count else f"{trained:,} trainable" if trained else "frozen")
    if others:
        facts.append(f"{others:,} in buffers")
    facts.append(bytes_text(sum(_bytes(tensor) for tensor, _ in tensors)))
    facts += dict.fromkeys(tensor.dtype.name for tensor in parameters)
    facts += dict.fromkeys(str(tensor.device) for tensor in parameters)
    mode = getattr(value, "training", None)
    if isinstance(mode, bool):
        facts.append("training" if mode else "evaluating")
    return [(fact, "frame") for fact in facts]


def _numel(tensor: Any) -> int:
    try:
        return int(tensor.numel())
    except (RuntimeError, ValueError):  # not known before it has seen data
        return 0


def _bytes(tensor: Any) -> int:
    return _numel(tensor) * int(tensor.dtype.itemsize)


def bytes_text(number: int) -> str:
    """Three digits and a unit."""
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.3g} {unit}"
