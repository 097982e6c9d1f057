"""`explain y wrt x`: one line for each value and each gradient, then the gradients themselves."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import Any

import numpy as np

from ..engine.explain.explanation import Explanation, Line
from ..engine.values.tensor import Tensor

#: gradients of more elements than this are shown by their statistics
MOST_SHOWN = 64
#: what is said of a line stands no further right than this
FURTHEST = 56
#: longer names are not waited for by the others
WIDEST_NAME = 24
#: the size of a gradient with a longer name is `|·|`
WIDEST_SIZE = 8
#: longer listings are cut in the middle
MOST_LINES = 400


def explain_text(found: Explanation, show: Callable[[Any], str], width: int | None = None) -> str:
    """The listing; `show` renders a value (PyTorch's repr in pipes).

    What is said of a line stands below it where both are wider than `width` columns.
    """
    lines = [(line, False) for line in found.values] + [(line, True) for line in found.gradients]
    names = min(max((len(line.name) for line, _ in lines), default=0), WIDEST_NAME)
    texts = [_code(line, names) for line, _ in lines]
    column = min(max(map(len, texts), default=0), FURTHEST)
    said = [_said(line, gradient) for line, gradient in lines]
    if width is not None:
        beside = [
            about for text, about in zip(texts, said, strict=True) if len(text) + len(about) + 5 <= width
        ]
        column = min(column, width - max(map(len, beside), default=0) - 5)
    shown = []
    for text, about in zip(texts, said, strict=True):
        line = f"{text:{column}}   # {about}"
        if width is not None and len(line) > width:
            line = f"{text}\n{' ' * (names + 3)}# {about}"
        shown.append(line)
    if len(shown) > MOST_LINES:
        half = MOST_LINES // 2
        shown[half:-half] = [f"# … {len(shown) - MOST_LINES} lines like these …"]
    last: list[str] = []
    for text, name, gradient in found.inputs:
        if name is None or gradient is None:
            last.append(f"d {found.root} / d {text} = 0: {found.root} does not depend on {text}")
        elif gradient.spec.numel <= MOST_SHOWN and not gradient.is_meta:
            value = show(gradient).splitlines()
            head = f"{name} = "
            if width is not None and len(head) + max(map(len, value)) > width:
                last.append("\n".join([f"# {name}:", *value]))
            else:
                last.append(head + f"\n{' ' * len(head)}".join(value))
    notes = [f"# {line}" for note in found.notes for line in wrap(note, (width or 1000) - 2)]
    if not found.complete:
        notes.append("# … is a value that no variable holds: give it a name to see it written")
    return "\n".join([*shown, *([""] if shown and last else []), *last, *notes])


def _code(line: Line, names: int) -> str:
    """A line as code; what a container holds is there already, and said in a comment."""
    if not line.text:
        return f"# {line.name}: a value that no variable holds"
    text = f"{line.name:{names}} = {line.text}"
    return text if line.name.isidentifier() and line.complete else f"# {text}"


def _said(line: Line, gradient: bool) -> str:
    """Shape, or the value of what is a single number; sizes of gradients."""
    t = line.value
    spec = line.spec
    if t is None or t.is_meta:
        return f"{spec.dtype.name}{list(spec.shape)}" if spec.shape else spec.dtype.name
    if spec.numel == 1 and not spec.dtype.is_complex:
        return f"{t.array.reshape(()).item():.5g}"
    kind = f"{spec.dtype.name}{list(spec.shape)}"
    if gradient or not line.text:
        short = line.name if len(line.name) <= WIDEST_SIZE else "·"
        return f"{kind}  {statistics(t, short if gradient else '')}"
    return kind


def statistics(t: Tensor, name: str) -> str:
    """`|dW| 0.04 … 0.21`, or the range of values."""
    values = np.asarray(t.array, np.complex128 if t.dtype.is_complex else np.float64)
    if not values.size:
        return "empty"
    if name:
        values = np.abs(values)
    elif t.dtype.is_complex:
        return ""
    low, high = np.nanmin(values).real, np.nanmax(values).real
    between = " … ".join(dict.fromkeys((f"{low:.3g}", f"{high:.3g}")))
    bad = int(np.size(values) - np.isfinite(values).sum())
    return (f"|{name}| " if name else "") + between + (f", {bad} not finite" if bad else "")
