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

from functools import partial
from typing import Any

from ..engine.values.columns import columns_of
from ..kinds import kind_of
from ..kinds.aspects import Brackets
from ..text.host_repr import host_repr, is_tensor
from ..text.torch_repr import DEFAULT, PrintOptions, element_strings, grad_fn_name
from ..text.width import columns
from .grid import grid
from .outline import outline_of, tree
from .paint import Line, Segment, folded, line_width, painted, painter
from .screen import UNICODE, Marks, Screen
from .statistics import statistics
from .tones import tones

MOST_ITEMS = 1000  # of a list; of a longer one the ends are shown, as of a tensor
MOST_NAMES = 20  # of columns
DEEPEST = 8  # containers in containers that are laid out; what is deeper is Python's repr
LEFT_OUT = object()

#: the containers around a value, by identity: how deep it is, and whether it is one of them
Inside = tuple[int, ...]


def pretty_text(
    value: Any,
    name: str | None = None,
    *,
    color: bool,
    width: int,
    options: PrintOptions = DEFAULT,
    marks: Marks = UNICODE,
) -> str:
    """The value as lines of at most `width` columns (no number is broken), without a last newline."""
    paint = painter(color)
    named = name if (is_tensor(value) and value.shape) or outline_of(value) else None
    screen = Screen(max(width, 20), options, marks)
    return "\n".join(painted(line, paint) for line in _lines(value, named, screen))


def _lines(value: Any, name: str | None, screen: Screen, inside: Inside = ()) -> list[Line]:
    if is_tensor(value):
        return _tensor(value, _title(name), screen)
    if outline_of(value) is not None:
        return tree(value, name, screen, partial(_brief, screen=screen))
    title = _title(name)
    children = _children(value, screen, inside)
    if children is None:
        style = "string" if isinstance(value, str) else ""
        return _titled(title, host_repr(value, options=screen.options).split("\n"), style)
    texts = [
        screen.marks.gap if child is LEFT_OUT else host_repr(child, options=screen.options)
        for _, child in children
    ]
    brackets = _brackets(value)
    lines = "\n" in brackets.between  # whose parts stand on lines of their own anyway
    if lines or any(
        "\n" in text or (is_tensor(child) and len(text) + 2 > screen.width) or outline_of(child) is not None
        for text, (_, child) in zip(texts, children, strict=True)
    ):
        kind = brackets.opening.partition("(")[0] if lines or brackets.spelled else _counted(value)
        return _sections((*title, (kind, "frame")), children, screen, (*inside, id(value)))
    return _titled(title, _folded(value, screen.narrower(line_width(title)), inside))


def _title(name: str | None) -> Line:
    return ((f"{name}: ", "frame"),) if name else ()


def _counted(value: Any) -> str:
    return f"{type(value).__name__} of {len(value)}"


def _brief(value: Any, screen: Screen) -> tuple[list[Segment], list[tuple[str, Any]]]:
    """A part of a tree in its line, and what is in it if that is too much for a line."""
    if is_tensor(value):
        number = cells(value, screen) if not value.shape and value.device.type != "meta" else []
        return [*number, (_spec(value), ""), *(fact for fact in _facts(value) if fact[0] != "cpu")], []
    if kind_of(type(value)).brackets is not None and len(value) > MOST_ITEMS:
        return [(_counted(value), "frame")], []
    text = host_repr(value, options=screen.options)
    children = _children(value, screen, ())
    if children is not None and (
        "\n" in text
        or len(text) > screen.width // 2
        or any(is_tensor(child) or outline_of(child) is not None for _, child in children)
    ):
        parts = [(name.strip("'[]"), child) for name, child in children if child is not LEFT_OUT and name]
        if len(parts) == len(children):
            return [(_counted(value), "frame")], parts
    first, more, _ = text.partition("\n")
    first, more = first[: screen.width], more or first[screen.width :]
    return [(first + (screen.marks.gap if more else ""), "string" if isinstance(value, str) else "")], []


# ------------------------------------------------------------------ tensors


def _tensor(t: Any, title: Line, screen: Screen) -> list[Line]:
    facts, spec, width = _facts(t), (_spec(t), "frame"), screen.width
    if t.device.type == "meta":
        return folded((*title, spec), [*facts, ("no values on meta", "frame")], width)
    if 0 in t.shape:
        return folded((*title, spec), [*facts, ("no elements", "frame")], width)
    if not t.shape:
        return folded((*title, *cells(t, screen)), [spec, *facts], width)
    lines, cut = grid(t.array, screen)
    counted = folded((), statistics(t.array, screen), width) if cut else []
    return [*folded((*title, spec), facts, width), *_named(t, screen), *counted, *lines]


def _named(t: Any, screen: Screen) -> list[Line]:
    """The names of a table's columns, as many as there are for screens to show."""
    table = columns_of(t)
    if table is None:
        return []
    names = [" ".join(name.split()) or "?" for name in table.names]
    edge = MOST_NAMES // 2
    if len(names) > MOST_NAMES:
        names[edge:-edge] = [screen.marks.gap]
    found = folded((("columns", "frame"),), [(name, "") for name in names], screen.width)
    return [line for line in found if line_width(line) <= screen.width]


def _spec(t: Any) -> str:
    return f"{t.dtype.name}{list(t.shape)}"


def cells(t: Any, screen: Screen) -> list[Segment]:
    """The number of a tensor without dimensions."""
    style = tones(t.array)[0]  # of a number alone the size says nothing
    text = element_strings(t.array, screen.options)[0].strip()
    return [(text, "" if style[:3] in ("pos", "neg") else style)]


def _facts(t: Any) -> list[Segment]:
    """The device, and what there is to say of the gradient."""
    facts: list[Segment] = [(str(t.device), "frame")]
    if t.requires_grad:
        facts.append(("requires_grad", "gradient"))
    made_by = grad_fn_name(t)
    if made_by is not None:
        facts.append((f"grad_fn={made_by}", "gradient"))
    elif t.requires_grad:
        facts.append(("leaf", "gradient"))
    return facts


# ------------------------------------------------------------------ containers


def _children(value: Any, screen: Screen, inside: Inside) -> list[tuple[str, Any]] | None:
    """Each element with the name it is found by; None if `value` is nothing to lay out."""
    if len(inside) == DEEPEST or id(value) in inside:
        return None
    kind = kind_of(type(value))
    if kind.brackets is None or kind.entries is None:
        return None
    options = screen.options
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


def _sections(heading: Line, children: list[tuple[str, Any]], screen: Screen, inside: Inside) -> list[Line]:
    """The heading, then each child under its name, indented."""
    lines = [heading]
    for name, child in children:
        if child is LEFT_OUT:
            lines.append(((f"  {screen.marks.gap}", "frame"),))
            continue
        for line in _lines(child, name, screen.narrower(2), inside):
            lines.append((("  ", ""), *line) if line else ())
    return lines


def _folded(value: Any, screen: Screen, inside: Inside) -> list[str]:
    """The repr of a host value in lines; elements that are containers themselves get lines of their own."""
    children, width = _children(value, screen, inside), screen.width
    text = host_repr(value, options=screen.options)
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
        room = screen.narrower(columns(label) + 2 + longer * (not lines))
        pieces = [screen.marks.gap] if child is LEFT_OUT else _folded(child, room, (*inside, id(value)))
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
