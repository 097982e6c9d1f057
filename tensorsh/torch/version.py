"""torch.version: which PyTorch this is like."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["__version__", "cuda", "debug", "git_version", "hip", "rocm", "xpu"]

_VERSION = re.compile(
    r"v?(\d+(?:\.\d+)*)(?:[._-]?(a|b|rc|alpha|beta)[._-]?(\d*))?(?:\.post(\d+))?(?:\.dev(\d+))?(?:\+(.+))?$"
)


class TorchVersion(str):
    """A version, which compares with others as versions do: "2.13" > "2.9", and (2, 9) may be written, too."""

    __slots__ = ()

    def __lt__(self, other: Any) -> bool:
        return _key(self) < _key(other)

    def __le__(self, other: Any) -> bool:
        return _key(self) <= _key(other)

    def __gt__(self, other: Any) -> bool:
        return _key(self) > _key(other)

    def __ge__(self, other: Any) -> bool:
        return _key(self) >= _key(other)

    def __eq__(self, other: object) -> bool:
        try:
            return _key(self) == _key(other)
        except ValueError:
            return str.__eq__(self, other) is True

    def __hash__(self) -> int:
        return str.__hash__(self)


TorchVersion.__module__ = "torch.torch_version"  # as `print(type(x))` shows it


def _key(version: Any) -> tuple[Any, ...]:
    """What orders versions; ValueError for what is none."""
    text = version if isinstance(version, str) else ".".join(map(str, version))
    match = _VERSION.match(str.__str__(text))
    if match is None:
        raise ValueError(f"Invalid version: '{text}'")
    release, stage, number, after, development, local = match.groups()
    numbers = [int(part) for part in release.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    before = ("z", 0) if stage is None else (stage[:1], int(number or 0))
    if development is not None and stage is None:
        before = ("", 0)
    return (
        tuple(numbers),
        before,
        int(after or -1),
        float("inf") if development is None else int(development),
        local or "",
    )


__version__ = TorchVersion("2.13.0+cpu")
cuda = hip = rocm = xpu = None
debug = False
git_version = "cf30153c4c131c8164ee7798e5022d810682e2cb"
