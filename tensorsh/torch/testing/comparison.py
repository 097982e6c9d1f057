"""assert_close: two values, nested alike, whose numbers are close.

Each pair of leaves is compared as what both are (None, booleans, numbers, tensors); a `Mismatch` says what
differs and at which place, and the first of them becomes the error.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from ...engine.core.warn import warn
from ..namespace import torch

__name__ = "torch.testing._comparison"  # as PyTorch's functions say where they are

Path = tuple[Any, ...]

#: dtype → (rtol, atol); the rest is compared exactly
TOLERANCES = {
    torch.float16: (0.001, 1e-5),
    torch.bfloat16: (0.016, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
    torch.complex64: (1.3e-6, 1e-5),
    torch.complex128: (1e-7, 1e-7),
}
NUMBERS = {int: torch.int64, float: torch.float64, complex: torch.complex128}


class Mismatch(Exception):
    """What differs, and the place of it in the nested values."""

    def __init__(self, kind: type[Exception], text: str, path: Path):
        super().__init__(text)
        self.kind, self.text, self.path = kind, text, path

    def error(self, message: str | Callable[[str], str] | None) -> Exception:
        if isinstance(message, str):
            return self.kind(message)
        place = "".join(f"[{part!r}]" for part in self.path)
        text = f"{self.text}\n\nThe failure occurred for item {place}" if self.path else self.text
        return self.kind(message(text) if message is not None else text)


class Wanted(NamedTuple):
    """What of tensors is compared, and how closely."""

    allow_subclasses: bool
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_device: bool
    check_dtype: bool
    check_layout: bool
    check_stride: bool

    def tolerances(self, dtypes: Sequence[Any], path: Path) -> tuple[float, float]:
        """(rtol, atol): those that were given, or the loosest of the dtypes' own."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        if self.rtol is not None or self.atol is not None:
            missing = "rtol" if self.rtol is None else "atol"
            raise Mismatch(
                ValueError,
                f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.",
                path,
            )
        found = [TOLERANCES.get(dtype, (0.0, 0.0)) for dtype in dtypes]
        return max(rtol for rtol, _ in found), max(atol for _, atol in found)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """AssertionError unless |actual - expected| <= atol + rtol * |expected| everywhere, and dtypes, shapes and
    devices are the same. Sequences and mappings are compared item by item.

    msg   the error's text instead, or a function of the usual text
    """
    __tracebackhide__ = True
    wanted = Wanted(
        allow_subclasses, rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride
    )
    try:
        comparisons = list(_pairs(actual, expected, wanted, ()))
    except Mismatch as mismatch:
        raise mismatch.error(None) from None
    for compare in comparisons:
        try:
            compare()
        except Mismatch as mismatch:
            raise mismatch.error(msg) from None


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """`assert_close` as it was: dtypes may differ."""
    warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. Please "
        "use `torch.testing.assert_close()` instead. You can find detailed upgrade instructions in "
        "https://github.com/pytorch/pytorch/issues/61844.",
        FutureWarning,
    )
    actual = actual if isinstance(actual, torch.Tensor) else torch.tensor(actual)
    if not isinstance(expected, torch.Tensor):
        expected = torch.tensor(expected, dtype=actual.dtype)
    if rtol is None and atol is None:
        loose = {torch.float16: (1e-3, 1e-3), torch.float32: (1e-4, 1e-5), torch.float64: (1e-5, 1e-8)}
        found = [loose.get(value.dtype, (0.0, 0.0)) for value in (actual, expected)]
        rtol, atol = max(r for r, _ in found), max(a for _, a in found)
    assert_close(
        actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None
    )


def _pairs(actual: Any, expected: Any, wanted: Wanted, path: Path) -> Iterator[Callable[[], None]]:
    """The comparison of each pair of leaves."""
    if _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            raise Mismatch(
                AssertionError,
                f"The length of the sequences mismatch: {len(actual)} != {len(expected)}",
                path,
            )
        for i in range(len(actual)):
            yield from _pairs(actual[i], expected[i], wanted, (*path, i))
    elif isinstance(actual, Mapping) and isinstance(expected, Mapping):
        for key in _keys(actual, expected, path):
            yield from _pairs(actual[key], expected[key], wanted, (*path, key))
    else:
        yield _comparison(actual, expected, wanted, path)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _keys(actual: Mapping[Any, Any], expected: Mapping[Any, Any], path: Path) -> Collection[Any]:
    mine, other = set(actual), set(expected)
    if mine != other:
        raise Mismatch(
            AssertionError,
            "The keys of the mappings do not match:\n"
            f"Missing keys in the actual mapping: {sorted(other - mine)}\n"
            f"Additional keys in the actual mapping: {sorted(mine - other)}",
            path,
        )
    with suppress(TypeError):
        return sorted(mine)
    return mine


def _comparison(actual: Any, expected: Any, wanted: Wanted, path: Path) -> Callable[[], None]:
    both = (actual, expected)
    if actual is None or expected is None:
        return lambda: _same_none(actual, expected, path)
    if all(isinstance(value, bool | np.bool_) for value in both):
        return lambda: _same_flags(bool(actual), bool(expected), path)
    if all(isinstance(value, int | float | complex | np.number) for value in both):
        numbers = [value.item() if isinstance(value, np.number) else value for value in both]
        dtypes = [next(d for kind, d in NUMBERS.items() if isinstance(value, kind)) for value in numbers]
        tolerances = wanted.tolerances(dtypes, path)
        return lambda: _close_numbers(numbers[0], numbers[1], tolerances, wanted, path)
    tensors = _as_tensors(actual, expected, wanted)
    if tensors is None:
        raise Mismatch(
            TypeError,
            f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.",
            path,
        )
    tolerances = wanted.tolerances([tensor.dtype for tensor in tensors], path)
    return lambda: _close_tensors(tensors[0], tensors[1], tolerances, wanted, path)


def _as_tensors(actual: Any, expected: Any, wanted: Wanted) -> tuple[Any, Any] | None:
    if not isinstance(actual, type(expected)) and not isinstance(expected, type(actual)):
        return None
    if not wanted.allow_subclasses and type(actual) is not type(expected):
        return None
    with suppress(Exception):
        return torch.as_tensor(actual), torch.as_tensor(expected)
    return None


def _same_none(actual: Any, expected: Any, path: Path) -> None:
    if actual is not None or expected is not None:
        raise Mismatch(AssertionError, f"None mismatch: {actual} is not {expected}", path)


def _same_flags(actual: bool, expected: bool, path: Path) -> None:
    if actual is not expected:
        raise Mismatch(AssertionError, f"Booleans mismatch: {actual} is not {expected}", path)


def _close_numbers(
    actual: Any, expected: Any, tolerances: tuple[float, float], wanted: Wanted, path: Path
) -> None:
    if wanted.check_dtype and type(actual) is not type(expected):
        raise Mismatch(
            AssertionError, f"The (d)types do not match: {type(actual)} != {type(expected)}.", path
        )
    if actual == expected or (wanted.equal_nan and cmath.isnan(actual) and cmath.isnan(expected)):
        return
    difference = abs(actual - expected)
    rtol, atol = tolerances
    if not (cmath.isfinite(difference) and difference <= atol + rtol * abs(expected)):
        raise Mismatch(AssertionError, _numbers_differ(actual, expected, tolerances), path)


def _close_tensors(
    actual: Any, expected: Any, tolerances: tuple[float, float], wanted: Wanted, path: Path
) -> None:
    attributes = [
        ("shape", actual.shape, expected.shape, True),
        ("stride()", actual.stride(), expected.stride(), wanted.check_stride),
        ("device", actual.device, expected.device, wanted.check_device),
        ("dtype", actual.dtype, expected.dtype, wanted.check_dtype),
    ]
    for name, mine, other, checked in attributes:
        if checked and mine != other:
            raise Mismatch(
                AssertionError, f"The values for attribute '{name}' do not match: {mine} != {other}.", path
            )
    if actual.is_meta or expected.is_meta:
        return
    if actual.dtype != expected.dtype:
        dtype = torch.promote_types(actual.dtype, expected.dtype)
        actual, expected = actual.to(dtype), expected.to(dtype)
    rtol, atol = tolerances
    matches = torch.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=wanted.equal_nan)
    if matches.all():
        return
    if actual.ndim == 0:
        raise Mismatch(AssertionError, _numbers_differ(actual.item(), expected.item(), tolerances), path)
    raise Mismatch(AssertionError, _tensors_differ(actual, expected, matches, tolerances), path)


def _numbers_differ(actual: Any, expected: Any, tolerances: tuple[float, float]) -> str:
    difference = abs(actual - expected)
    relative = float("inf") if expected == 0 else difference / abs(expected)
    return _words(
        "Scalars",
        f"Expected {expected} but got {actual}.",
        (f"Absolute difference: {difference}", f"Relative difference: {relative}"),
        tolerances,
    )


def _tensors_differ(actual: Any, expected: Any, matches: Any, tolerances: tuple[float, float]) -> str:
    total = matches.numel()
    missed = total - int(matches.sum())
    if not (actual.dtype.is_floating_point or actual.dtype.is_complex):
        actual, expected = actual.to(torch.int64), expected.to(torch.int64)
    actual, expected = actual.detach(), expected.detach()
    absolute = (actual - expected).abs()
    absolute[matches] = 0
    relative = absolute / expected.abs()
    relative[matches] = 0
    return _words(
        "Tensor-likes",
        f"Mismatched elements: {missed} / {total} ({missed / total:.1%})",
        (_greatest("absolute", absolute), _greatest("relative", relative)),
        tolerances,
    )


def _greatest(kind: str, differences: Any) -> str:
    value, flat = differences.flatten().max(0)
    index = tuple([int(i) for i in np.unravel_index(int(flat), tuple(differences.shape))])
    return f"Greatest {kind} difference: {value.item()} at index {index}"


def _words(what: str, head: str, differences: tuple[str, str], tolerances: tuple[float, float]) -> str:
    rtol, atol = tolerances
    exact = rtol == 0 and atol == 0
    lines = [
        text if exact else f"{text} (up to {tolerance} allowed)"
        for text, tolerance in zip(differences, (atol, rtol), strict=True)
    ]
    return "\n".join([f"{what} are not {'equal' if exact else 'close'}!\n", head, *lines])
