"""A tensor as PyTorch prints it, byte for byte.

    tensor([[1.0000, 0.5000],
            [2.0000, 0.2500]], dtype=torch.float64, grad_fn=<MulBackward0>)

Three steps. `shown_elements` picks what is printed at all: everything, or only the edges of a large
tensor. `element_strings` gives every number of it the same notation and width: integers with a bare
dot, fixed or scientific, decided over all shown numbers together. `tensor_repr` lays the strings out
in brackets and lines, and adds the suffixes that say what the numbers can't.

A tensor here is anything with `array`, `shape`, `dtype`, `device`, `requires_grad` and `grad_fn`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, BadValue

PREFIX = "tensor("
_PROFILES: dict[str | None, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": float("inf"), "edgeitems": 3, "linewidth": 80},
}


class PrintOptions(NamedTuple):
    """What `set_printoptions` and `set_default_dtype` say about printing."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None
    default_dtype: str = "float32"

    def updated(
        self,
        precision: int | None = None,
        threshold: float | None = None,
        edgeitems: int | None = None,
        linewidth: int | None = None,
        profile: str | None = None,
        sci_mode: bool | None = None,
    ) -> PrintOptions:
        """The options after `set_printoptions(…)`: a profile first, then what is given; `sci_mode` always."""
        numbers = {
            "precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth
        }  # fmt: skip
        given: dict[str, Any] = {name: value for name, value in numbers.items() if value is not None}
        for name, value in given.items():
            allowed = (int, float) if name == "threshold" else int
            if isinstance(value, bool) or not isinstance(value, allowed):
                raise ArgumentError(
                    f"set_printoptions(): {name} must be a number, not {type(value).__name__}"
                )
            if value < 0:
                raise BadValue(f"set_printoptions(): {name} must not be negative, got {value}")
        # Like PyTorch, an unknown profile changes nothing.
        return self._replace(**{**_PROFILES.get(profile, {}), **given, "sci_mode": sci_mode})

    def as_dict(self) -> dict[str, Any]:
        """What `get_printoptions()` answers."""
        options = self._asdict()
        del options["default_dtype"]
        return options


PrintOptions.updated.__qualname__ = "set_printoptions"  # what Python's own messages call it
DEFAULT = PrintOptions()


def tensor_repr(
    t: Any, *, options: PrintOptions = DEFAULT, prefix: str = PREFIX, more: Sequence[str] = ()
) -> str:
    """What `repr(t)`, `str(t)` and `print(t)` give in PyTorch; `more` are suffixes that `t` does not tell of."""
    contents = contents_of(t, options, len(prefix))
    return attached(prefix + contents, [*_suffixes(t, options), *more], options, len(prefix))


def contents_of(t: Any, options: PrintOptions, indent: int) -> str:
    """The numbers of a tensor in brackets, the lines after the first indented."""
    if t.device.type == "meta":
        return "..."
    if 0 in t.shape:
        return "[]"
    shown, gaps = shown_elements(t.array, options)
    return _bracketed(element_strings(shown, options), shown.shape, gaps, options, indent)


# ------------------------------------------------------------------ which elements


def shown_elements(array: np.ndarray, options: PrintOptions = DEFAULT) -> tuple[np.ndarray, tuple[bool, ...]]:
    """The elements that are printed, and for each axis whether a `...` stands in its middle.

    Above `threshold` elements, an axis longer than 2·edgeitems keeps that many at each end. Only those
    are read, so the size of the array does not matter.
    """
    edge = options.edgeitems
    if not array.size > options.threshold:
        return array, (False,) * array.ndim
    gaps = tuple(length > 2 * edge for length in array.shape)
    if not any(gaps):
        return array, gaps
    kept = [
        np.r_[0:edge, length - edge : length] if gap else np.arange(length)
        for length, gap in zip(array.shape, gaps, strict=True)
    ]
    return array[np.ix_(*kept)], gaps


# ------------------------------------------------------------------ each element


class ElementStrings(list[str]):
    """The elements in row-major order, and `width`, the columns that lines are planned with."""

    width: int

    def __init__(self, strings: Iterable[str], width: int):
        super().__init__(strings)
        self.width = width


def element_strings(shown: np.ndarray, options: PrintOptions = DEFAULT) -> ElementStrings:
    """Each element as text, right-aligned to one width and in one notation."""
    if shown.dtype.kind in "biu":
        texts = list(map(str, shown.ravel().tolist()))
        return _aligned(texts, max(map(len, texts), default=1))
    if shown.dtype.kind == "c":
        real, imag = _float_strings(shown.real, options), _float_strings(shown.imag, options)
        pairs = zip(real, map(str.lstrip, imag), strict=True)
        joined = (a + ("" if b[0] == "-" else "+") + b + "j" for a, b in pairs)
        return ElementStrings(joined, real.width + imag.width + 1)
    return _float_strings(shown, options)


def _float_strings(shown: np.ndarray, options: PrintOptions) -> ElementStrings:
    """Floats in the notation that their finite, non-zero ones ask for.

    Scientific if the largest is above 1e8 or above 1000 times the smallest, or the smallest below
    1e-4; else a bare dot (`3.`) if all are integers; else `precision` digits.
    """
    values = shown.ravel().astype(np.float64)
    counted = np.isfinite(values) & (values != 0)
    numbers = values[counted]
    if not numbers.size:
        return _aligned(list(map(_integral, values.tolist())), 1)

    if options.sci_mode is None:
        magnitudes = np.abs(numbers)
        low, high = float(magnitudes.min()), float(magnitudes.max())
        scientific = high / low > 1000.0 or high > 1e8 or low < 1e-4
    else:
        scientific = options.sci_mode
    if scientific:
        notation = f"%.{options.precision}e".__mod__
    elif (numbers == np.ceil(numbers)).all():
        notation = _integral
    else:
        notation = f"%.{options.precision}f".__mod__

    texts = list(map(notation, values.tolist()))
    # Zeros, nan and inf do not widen the column: a "-0.0000" may stick out by one.
    return _aligned(texts, max(map(len, compress(texts, counted.tolist()))))


def _integral(value: float) -> str:
    text = f"{value:.0f}"
    return text if text.endswith(("f", "n")) else text + "."


def _aligned(texts: Sequence[str], width: int) -> ElementStrings:
    return ElementStrings([text.rjust(width) for text in texts], width)


# ------------------------------------------------------------------ brackets and lines


def _bracketed(
    strings: ElementStrings,
    shape: tuple[int, ...],
    gaps: tuple[bool, ...],
    options: PrintOptions,
    indent: int,
) -> str:
    """The nested brackets, built from the innermost axis outwards."""
    if not strings:
        return "[...]"  # a summary with no edges
    if not shape:
        return strings[0]
    *outer, length = shape
    start = indent + len(shape)  # where the elements of a vector begin
    per_line = max(1, (options.linewidth - start + 1) // (strings.width + 2))
    blocks = [
        _vector(_with_gap(strings[at : at + length], " ...", gaps[-1]), per_line, start)
        for at in range(0, len(strings), length)
    ]
    for axis in reversed(range(len(outer))):
        length = shape[axis]
        between = "," + "\n" * (len(outer) - axis) + " " * (indent + axis + 1)
        blocks = [
            "[" + between.join(_with_gap(blocks[at : at + length], "...", gaps[axis])) + "]"
            for at in range(0, len(blocks), length)
        ]
    return blocks[0]


def _vector(texts: list[str], per_line: int, start: int) -> str:
    lines = (", ".join(texts[at : at + per_line]) for at in range(0, len(texts), per_line))
    return "[" + (",\n" + " " * start).join(lines) + "]"


def _with_gap(items: list[str], mark: str, gap: bool) -> list[str]:
    middle = len(items) // 2
    return [*items[:middle], mark, *items[middle:]] if gap else items


# ------------------------------------------------------------------ suffixes


def _suffixes(t: Any, options: PrintOptions) -> list[str]:
    """`device='meta'`, `size=(0, 3)`, `dtype=torch.int32`, `grad_fn=<AddBackward0>`: what is not usual."""
    default = options.default_dtype
    usual = {default, "complex128" if default == "float64" else "complex64", "int64", "bool"}
    meta, empty = t.device.type == "meta", 0 in t.shape
    if meta or empty:
        usual = {default}  # there is no element to tell an int from a float by

    suffixes = []
    if t.device.type != "cpu":
        suffixes.append(f"device='{t.device}'")
    if meta or (empty and len(t.shape) != 1) or not (empty or options.edgeitems):
        suffixes.append(f"size={tuple(t.shape)}")
    if t.dtype.name not in usual:
        suffixes.append(f"dtype={t.dtype}")
    made_by = grad_fn_name(t)
    if made_by is not None:
        suffixes.append(f"grad_fn=<{made_by}>")
    elif t.requires_grad:
        suffixes.append("requires_grad=True")
    return suffixes


def grad_fn_name(t: Any) -> str | None:
    """The name of what made a tensor, None for a leaf, `Invalid` for a view that may no longer say.

    `torch::autograd::CopySlices` prints as `CopySlices`.
    """
    try:
        return None if t.grad_fn is None else t.grad_fn.name().rpartition("::")[2]
    except RuntimeError:
        return "Invalid"


def attached(text: str, suffixes: list[str], options: PrintOptions, indent: int, anew: bool = False) -> str:
    """Each suffix after the last line, or on a line of its own where it does not fit; `anew`: the first anyway."""
    used = len(text) - text.rfind("\n") + 1
    for i, suffix in enumerate(suffixes):
        if used + len(suffix) + 2 > options.linewidth or (anew and not i):
            text += ",\n" + " " * indent + suffix
            used = indent + len(suffix)
        else:
            text += ", " + suffix
            used += len(suffix) + 2
    return text + ")"
