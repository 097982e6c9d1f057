"""A displayed value for a person at a terminal: what it is in one quiet line, then its values.

    x: float32[2, 2]  cpu  requires_grad
    ╭                ╮
    │ 1.0000  0.5000 │
    │ 2.5000  1.0000 │
    ╰                ╯

Numbers are PyTorch's; `grid` lays them out. Host values are Python's repr, folded at the width of the
screen; a tuple of larger tensors shows each of them under its name or index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..kinds import kind_of
from ..kinds.aspects import Brackets
from ..text.host_repr import host_repr, is_tensor
from ..text.torch_repr import DEFAULT, PrintOptions, element_strings, grad_fn_name
from .grid import cell, grid
from .paint import Line, Segment, columns, line_width, painted, painter

MOST_ITEMS = 1000  # of a list; of a longer one the ends are shown, as of a tensor
DEEPEST = 8  # containers in containers that are laid out; what is deeper is Python's repr
LEFT_OUT = object()

#: the containers around a value, by identity: how deep it is, and whether it is one of them
Inside = tuple[int, ...]


def pretty_text(
    value: Any, name: str | None = None, *, color: bool, width: int, options: PrintOptions = DEFAULT
) -> str:
    """The value as lines of at most `width` columns (no number is broken), without a last newline."""
    paint = painter(color)
    named = name if is_tensor(value) and value.shape else None
    return "\n".join(painted(line, paint) for line in _lines(value, named, max(width, 20), options))


def _lines(
    value: Any, name: str | None, width: int, options: PrintOptions, inside: Inside = ()
) -> list[Line]:
    title: Line = ((f"{name}: ", "frame"),) if name else ()
    if is_tensor(value):
        return _tensor(value, title, width, options)
    children = _children(value, options, inside)
    if children is None:
        style = "string" if isinstance(value, str) else ""
        return _titled(title, host_repr(value, options=options).split("\n"), style)
    texts = ["…" if child is LEFT_OUT else host_repr(child, options=options) for _, child in children]
    brackets = _brackets(value)
    lines = "\n" in brackets.between  # whose parts stand on lines of their own anyway
    if lines or any(
        "\n" in text or (is_tensor(child) and len(text) + 2 > width)
        for text, (_, child) in zip(texts, children, strict=True)
    ):
        kind = brackets.opening.partition("(")[0] if lines else f"{type(value).__name__} of {len(value)}"
        return _sections((*title, (kind, "frame")), children, width, options, (*inside, id(value)))
    return _titled(title, _folded(value, width - line_width(title), options, inside))


# ------------------------------------------------------------------ tensors


def _tensor(t: Any, title: Line, width: int, options: PrintOptions) -> list[Line]:
    facts: list[Segment] = [(str(t.device), "frame")]
    if t.requires_grad:
        facts.append(("requires_grad", "gradient"))
    if t.grad_fn is not None:
        facts.append((f"grad_fn={grad_fn_name(t.grad_fn)}", "gradient"))
    spec = (f"{t.dtype.name}{list(t.shape)}", "frame")

    if t.device.type == "meta":
        return _header((*title, spec), [*facts, ("no values on meta", "frame")], width)
    if 0 in t.shape:
        return _header((*title, spec), [*facts, ("no elements", "frame")], width)
    if not t.shape:
        number = cell(element_strings(t.array, options)[0].strip())
        return _header((*title, *number), [spec, *facts], width)
    return [*_header((*title, spec), facts, width), *grid(t.array, width, options)]


def _header(start: Line, facts: Iterable[Segment], width: int) -> list[Line]:
    """The facts after `start`, two blanks apart, on further lines where they do not fit."""
    lines = [start]
    for fact in facts:
        if line_width(lines[-1]) + 2 + columns(fact[0]) > width:
            lines.append((("  ", ""), fact))
        else:
            lines[-1] = (*lines[-1], ("  ", ""), fact)
    return lines


# ------------------------------------------------------------------ containers


def _children(value: Any, options: PrintOptions, inside: Inside) -> list[tuple[str, Any]] | None:
    """Each element with the name it is found by; None if `value` is nothing to lay out."""
    if len(inside) == DEEPEST or id(value) in inside:
        return None
    kind = kind_of(type(value))
    if kind.brackets is None or kind.entries is None:
        return None
    entries, brackets = kind.entries(value), kind.brackets(value)
    if brackets.spelled:
        found = [(str(key), child) for key, child in entries]
    elif brackets.entry is not None:
        found = [(host_repr(key, options=options), child) for key, child in entries]
    else:
        found = [("" if at is None else f"[{at}]", child) for at, child in entries]
    if len(found) > MOST_ITEMS:
        edge = options.edgeitems
        found = [*found[:edge], ("", LEFT_OUT), *found[len(found) - edge :]]
    return found


def _sections(
    heading: Line, children: list[tuple[str, Any]], width: int, options: PrintOptions, inside: Inside
) -> list[Line]:
    """The heading, then each child under its name, indented."""
    lines = [heading]
    for name, child in children:
        if child is LEFT_OUT:
            lines.append((("  …", "frame"),))
            continue
        for line in _lines(child, name, width - 2, options, inside):
            lines.append((("  ", ""), *line) if line else ())
    return lines


def _folded(value: Any, width: int, options: PrintOptions, inside: Inside) -> list[str]:
    """The repr of a host value in lines; elements that are containers themselves get lines of their own."""
    children = _children(value, options, inside)
    text = host_repr(value, options=options)
    if not children or (len(children) == len(value) and columns(text) <= width):
        return [text]
    brackets = _brackets(value)
    before, between, after = brackets.entry or ("", "", "")
    closing = brackets.one * (len(children) == 1) + brackets.closing

    lines: list[str] = []
    longer = columns(brackets.opening) - 1  # than the blank in its place
    ended = True  # the last line takes nothing more
    for at, (key, child) in enumerate(children):
        label = f"{before}{key}{between}" if brackets.entry is not None and key else ""
        room = width - columns(label) - 2 - longer * (not lines)
        pieces = ["…"] if child is LEFT_OUT else _folded(child, room, options, (*inside, id(value)))
        pieces = [(" " * columns(label) if number else label) + piece for number, piece in enumerate(pieces)]
        pieces[-1] += (after if label else "") + ("," if at < len(children) - 1 else closing)
        nested = child is not LEFT_OUT and kind_of(type(child)).brackets is not None
        if (
            not (ended or nested)
            and columns(lines[-1]) + longer * (len(lines) == 1) + 1 + columns(pieces[0]) <= width
        ):
            lines[-1] += " " + pieces[0]
        else:
            lines += [" " + piece for piece in pieces]
        ended = nested
    lines[0] = brackets.opening + lines[0][1:]
    return [*lines, f"({len(value)} items)"] if len(value) > MOST_ITEMS else lines


def _brackets(value: Any) -> Brackets:
    brackets = kind_of(type(value)).brackets
    assert brackets is not None
    made: Brackets = brackets(value)
    return made


def _titled(title: Line, texts: list[str], style: str = "") -> list[Line]:
    """Lines of text, the first after the title, the others below it."""
    indent = " " * line_width(title)
    return [(*title, (texts[0], style)), *(((indent + text, style),) for text in texts[1:])]
