"""`tqdm`: going through items with a bar on the terminal, in tqdm's words.

Where standard error is a terminal that can erase what it shows, the bar is that of `track`; elsewhere nothing is
drawn. Counting, descriptions and `str(bar)` are tqdm's, so that a program that asks a bar how far it is hears
what tqdm says.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from numbers import Number
from typing import Any

from ..train.data import progress

BLOCKS = " ▏▎▍▌▋▊▉█"


class tqdm:
    """A bar over `iterable`, or one that `update` moves."""

    monitor_interval = 10

    def __init__(
        self,
        iterable: Iterable[Any] | None = None,
        desc: str | None = None,
        total: float | None = None,
        leave: bool | None = True,
        file: Any = None,
        ncols: int | None = None,
        mininterval: float = 0.1,
        maxinterval: float = 10.0,
        miniters: float | None = None,
        ascii: bool | str | None = None,
        disable: bool | None = False,
        unit: str = "it",
        unit_scale: bool | float = False,
        dynamic_ncols: bool = False,
        smoothing: float = 0.3,
        bar_format: str | None = None,
        initial: float = 0,
        position: int | None = None,
        postfix: Any = None,
        unit_divisor: float = 1000,
        write_bytes: bool = False,
        lock_args: Any = None,
        nrows: int | None = None,
        colour: str | None = None,
        delay: float = 0.0,
        gui: bool = False,
        **kwargs: Any,
    ):
        if kwargs:
            name = next(iter(kwargs))
            raise TqdmKeyError("Unknown argument(s): " + str({name: kwargs[name]}))
        if total is None and iterable is not None:
            try:
                total = len(iterable)  # type: ignore[arg-type]
            except (TypeError, AttributeError):
                total = None
        if total == float("inf"):
            total = None
        self.iterable = iterable
        self.desc = desc or ""
        self.total = total
        self.leave = leave
        self.ncols = ncols
        self.ascii = ascii
        self.disable = bool(disable)
        self.unit = unit
        self.unit_scale = unit_scale
        self.unit_divisor = unit_divisor
        self.bar_format = bar_format
        self.initial = initial
        self.n = initial
        self.pos = position or 0
        self.colour = colour
        self.postfix: str | None = None
        self.start_t = self.last_print_t = time.monotonic()
        self._bar: Any = None  # what stands for it on the terminal
        if isinstance(postfix, dict):
            self.set_postfix(refresh=False, **postfix)
        elif postfix is not None:
            self.set_postfix_str(str(postfix), refresh=False)
        if iterable is None:
            self.refresh()

    def __iter__(self) -> Iterator[Any]:
        if self.iterable is None:
            raise TypeError("'NoneType' object is not iterable")
        if self.disable:
            yield from self.iterable
            return
        screen = progress.get("screen")
        try:
            for item in self.iterable:
                if screen is not None:
                    self._draw(screen)
                yield item
                self.n += 1
        finally:
            self.close()

    def __len__(self) -> int:
        if self.iterable is None:
            return self.total  # type: ignore[return-value]
        return len(self.iterable) if isinstance(self.iterable, Sized) else (self.total or 0)  # type: ignore[return-value]

    def __bool__(self) -> bool:
        if self.total is not None:
            return self.total > 0
        if self.iterable is None:
            raise TypeError("bool() undefined when iterable == total == None")
        return bool(self.iterable)

    def __reversed__(self) -> Iterator[Any]:
        original, self.iterable = self.iterable, reversed(self.iterable)  # type: ignore[call-overload]
        try:
            return iter(list(self))
        finally:
            self.iterable = original

    def __contains__(self, item: Any) -> bool:
        return item in (iter(self) if self.iterable is None else self.iterable)

    def __enter__(self) -> tqdm:
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return self.format_meter(**self.format_dict)

    # ---------------------------------------------------------------- moving it

    def update(self, n: float | None = 1) -> bool | None:
        """Go on by `n`."""
        if self.disable:
            return None
        self.n += n or 0
        self.refresh()
        return None

    def reset(self, total: float | None = None) -> None:
        """Back to 0, with another total."""
        self.n = 0
        if total is not None:
            self.total = total
        self.start_t = time.monotonic()
        self.refresh()

    def close(self) -> None:
        """Take the bar away."""
        if (screen := progress.get("screen")) is not None:
            if self._bar is not None:
                screen.remove(self._bar)

    def refresh(self, nolock: bool = False, lock_args: Any = None) -> bool:
        """Draw the bar anew."""
        if not self.disable and (screen := progress.get("screen")) is not None:
            self._draw(screen)
        return True

    def clear(self, nolock: bool = False) -> None:
        """Nothing: the bar is erased before anything else is written."""

    def unpause(self) -> None:
        """Count the time from now."""

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Draw the bar anew."""
        return self.refresh()

    def moveto(self, n: int) -> None:
        """Nothing: bars are drawn below each other."""

    # ---------------------------------------------------------------- what it says

    def set_description(self, desc: str | None = None, refresh: bool | None = True) -> None:
        """The text before the bar, followed by a colon."""
        self.set_description_str(f"{desc}: " if desc else "", refresh)

    def set_description_str(self, desc: str | None = None, refresh: bool | None = True) -> None:
        """The text before the bar as it is."""
        self.desc = desc or ""
        if refresh:
            self.refresh()

    def set_postfix(self, ordered_dict: Any = None, refresh: bool | None = True, **kwargs: Any) -> None:
        """Names and values after the bar: numbers to three digits."""
        shown = dict(ordered_dict or {}) | {key: kwargs[key] for key in sorted(kwargs)}
        parts = []
        for key, value in shown.items():
            text = self.format_num(value) if isinstance(value, Number) else str(value)
            parts.append(f"{key}={text.strip()}")
        self.set_postfix_str(", ".join(parts), bool(refresh))

    def set_postfix_str(self, s: str = "", refresh: bool = True) -> None:
        """The text after the bar."""
        self.postfix = str(s)
        if refresh:
            self.refresh()

    @classmethod
    def write(cls, s: str, file: Any = None, end: str = "\n", nolock: bool = False) -> None:
        """Print above the bars."""
        file = sys.stdout if file is None else file
        file.write(s)
        file.write(end)

    @property
    def format_dict(self) -> dict[str, Any]:
        """What `format_meter` takes."""
        return {
            "n": self.n,
            "total": self.total,
            "elapsed": time.monotonic() - self.start_t,
            "ncols": self.ncols,
            "prefix": self.desc,
            "ascii": bool(self.ascii),
            "unit": self.unit,
            "unit_scale": self.unit_scale,
            "rate": None,
            "postfix": self.postfix,
            "unit_divisor": self.unit_divisor,
            "initial": self.initial,
        }

    # ---------------------------------------------------------------- tqdm's texts

    @staticmethod
    def format_sizeof(num: float, suffix: str = "", divisor: float = 1000) -> str:
        """`1.00k`, `25.3M`."""
        for unit in ("", "k", "M", "G", "T", "P", "E", "Z"):
            if abs(num) < 999.5:
                digits = 2 if abs(num) < 99.95 and abs(num) < 9.995 else 1 if abs(num) < 99.95 else 0
                if unit:
                    return f"{num:1.{digits}f}{unit}{suffix}"
                return f"{num:3.0f}{suffix}" if digits == 0 else f"{num:1.{digits}f}{suffix}"
            num /= divisor
        return f"{num:3.1f}Y{suffix}"

    @staticmethod
    def format_interval(t: float) -> str:
        """`00:05`, `1:02:03`."""
        sign = "-" if t < 0 else ""
        minutes, seconds = divmod(abs(int(t)), 60)
        hours, minutes = divmod(minutes, 60)
        return (
            f"{sign}{hours:d}:{minutes:02d}:{seconds:02d}" if hours else f"{sign}{minutes:02d}:{seconds:02d}"
        )

    @staticmethod
    def format_num(n: Any) -> str:
        """A number to three digits."""
        text = f"{n:.3g}".replace("e+0", "e+").replace("e-0", "e-")
        whole = str(n)
        return text if len(text) < len(whole) else whole

    @staticmethod
    def format_meter(
        n: float,
        total: float | None,
        elapsed: float,
        ncols: int | None = None,
        prefix: str | None = "",
        ascii: bool = False,
        unit: str = "it",
        unit_scale: bool | float = False,
        rate: float | None = None,
        bar_format: str | None = None,
        postfix: str | None = None,
        unit_divisor: float = 1000,
        initial: float = 0,
        **others: Any,
    ) -> str:
        """` 50%|█████     | 5/10 [00:01<00:01,  4.00it/s]`."""
        if total is not None and n >= total + 0.5:
            total = None
        if unit_scale and unit_scale not in (True, 1):
            total = None if total is None else total * unit_scale
            n, rate, unit_scale = n * unit_scale, rate and rate * unit_scale, False
        if rate is None and elapsed:
            rate = (n - initial) / elapsed
        show = (lambda x: tqdm.format_sizeof(x, divisor=unit_divisor)) if unit_scale else str
        inverse = 1 / rate if rate else None
        per_second = (
            f"{tqdm.format_sizeof(rate) if unit_scale else f'{rate:5.2f}'}{unit}/s" if rate else f"?{unit}/s"
        )
        speed = f"{inverse:5.2f}s/{unit}" if inverse and inverse > 1 else per_second
        start = prefix[:-2] if prefix and prefix.endswith(": ") else prefix
        start = f"{start}: " if start else ""
        passed = tqdm.format_interval(elapsed)
        after = f", {postfix}" if postfix else ""
        if total is None:
            return f"{start}{show(n)}{unit} [{passed}, {speed}{after}]"
        left = tqdm.format_interval((total - n) / rate) if rate and total else "?"
        part = n / total if total else 1.0
        left_side = f"{start}{part * 100:3.0f}%|"
        right_side = f"| {show(n)}/{show(total)} [{passed}<{left}, {speed}{after}]"
        width = 10 if ncols is None else max(1, ncols - len(left_side) - len(right_side))
        return left_side + _filled(part, width, " 123456789#" if ascii else BLOCKS) + right_side

    # ---------------------------------------------------------------- on the terminal

    def _draw(self, screen: Any) -> None:
        if self._bar is None:
            self._bar = screen.bar()
        label = (self.desc.removesuffix(": ") + (f" ({self.postfix})" if self.postfix else "")).strip()
        self._bar.label, self._bar.done, self._bar.total = label or None, self.n, self.total
        screen.show(self._bar)


def _filled(part: float, width: int, blocks: str) -> str:
    steps = len(blocks) - 1
    full, rest = divmod(int(part * width * steps), steps)
    bar = blocks[-1] * full
    return bar + (blocks[rest] + blocks[0] * (width - full - 1) if full < width else "")


class tqdm_asyncio(tqdm):
    """The bar of `tqdm.auto`, which asks for an iterator when it is made, and for another when it is gone through.

    A loader draws a number for each, so the numbers drawn after it are others than with `tqdm.tqdm`.
    """

    def __init__(self, iterable: Any = None, *args: Any, **kwargs: Any):
        super().__init__(iterable, *args, **kwargs)
        self.iterable_awaitable = False
        if iterable is not None:
            if not hasattr(iterable, "__next__"):
                iterable = self.iterable_iterator = iter(iterable)
            self.iterable_next = iterable.__next__


def trange(*args: Any, **kwargs: Any) -> tqdm:
    """`tqdm(range(*args), **kwargs)`."""
    return tqdm(range(*args), **kwargs)


def auto_trange(*args: Any, **kwargs: Any) -> tqdm:
    """`tqdm.auto.tqdm(range(*args), **kwargs)`."""
    return tqdm_asyncio(range(*args), **kwargs)


def tenumerate(iterable: Any, start: int = 0, total: float | None = None, **kwargs: Any) -> Any:
    """`enumerate` with a bar."""
    return enumerate(tqdm_asyncio(iterable, total=total, **kwargs), start)


def tzip(iter1: Any, *others: Any, **kwargs: Any) -> Iterator[Any]:
    """`zip` with a bar."""
    yield from zip(tqdm_asyncio(iter1, **kwargs), *others, strict=False)


def tmap(function: Any, *sequences: Any, **kwargs: Any) -> Iterator[Any]:
    """`map` with a bar."""
    for each in tzip(*sequences, **kwargs):
        yield function(*each)


class TqdmKeyError(KeyError):
    """An argument that tqdm does not take."""


class TqdmTypeError(TypeError):
    """A value that tqdm does not take."""


class TqdmWarning(Warning):
    """What tqdm warns with."""


for each in (tqdm, trange, tenumerate, tzip, tmap, TqdmKeyError, TqdmTypeError, TqdmWarning):
    each.__module__ = "tqdm.std"
tqdm_asyncio.__module__, auto_trange.__module__ = "tqdm.asyncio", "tqdm.auto"
auto_trange.__name__ = auto_trange.__qualname__ = "trange"
