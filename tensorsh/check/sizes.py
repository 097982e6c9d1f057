"""Sizes that nobody knows, and whether an error is there for all of them.

Each such size is a prime number of its own, larger than the sizes that programs write: operations infer with it as with
any other, and it is known again in what they give, also as a factor, a part, or with something added. What an error
has to do with it is tried out: the operation is asked again with other sizes in its place, above all with those
that it is beside. An error is one if it is there for all of them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from math import prod
from types import MethodType
from typing import Any

from ..engine.core import context
from ..engine.core.dtype import int64
from ..engine.core.spec import spec
from ..engine.records.op import registry
from ..engine.values.tensor import Tensor, make_tensor
from ..engine.values.view_bases import memory
from ..errors import facts_of, text_of
from ..kinds.ownership import PROGRAM_FILE
from ..lang.run.annotate import Sizes as NamedSizes
from .unknown import certain

#: sizes from here on may stand for one that nobody knows
LEAST = 1_000
FIRST, BETWEEN, MOST = 10_007, 331, 40
#: how far from a multiple of one is still counted from it, and how far from a part of one
NEAR, NEAR_PART = 64, 8
#: parts of one that are known again: halves of strides, quarters of pools
PARTS = (1, 2, 4, 8, 3)
#: other sizes that are tried for one error
TRIES = 400


def primes() -> list[int]:
    found: list[int] = []
    n = FIRST
    while len(found) < MOST:
        if all(n % d for d in range(2, int(n**0.5) + 1)):
            found.append(n)
            n += BETWEEN
        n += 1
    return found


class Sizes:
    """Those of one file: what stands for each, by what brought it up."""

    def __init__(self) -> None:
        self.free = primes()
        self.trying = False
        self.clear()

    def clear(self) -> None:
        self.made: dict[Any, int] = {}
        self.known: dict[int, bool] = {}
        self.reckoned: set[int] = set()  # what the program has made of some
        self.asked: dict[Any, int] = {}
        self.judged: dict[int, BaseException] = {}
        self.masks: dict[int, tuple[Tensor, int]] = {}

    def fresh(self, key: Any) -> int | None:
        """What stands for the size that `key` brings up, the same each time; None if there are too many."""
        if key not in self.made:
            if len(self.made) == MOST:
                return None
            self.made[key] = self.free[len(self.made)]
            self.known.clear()
        return self.made[key]

    def at(self, site: Any) -> int | None:
        """What stands for a size that is asked for at a place in the program, another one each time."""
        count = self.asked[site] = self.asked.get(site, 0) + 1
        return self.fresh((*site, count)) if count <= 4 else None

    def of_mask(self, mask: Tensor) -> int | None:
        """What stands for the number of places where a mask is true."""
        if id(mask) not in self.masks:
            n = self.at(program_place())
            if n is None:
                return None
            self.masks[id(mask)] = mask, n
        return self.masks[id(mask)][1]

    def primes_of(self, n: int) -> tuple[int, ...] | None:
        """The sizes whose product, or a multiple of it, `n` is; None if it is not exactly one."""
        found = []
        for p in self.made.values():
            while n % p == 0:
                found.append(p)
                n //= p
        return tuple(found) if found and n < LEAST * LEAST else None

    def stands(self, n: int) -> bool:
        """Whether a size depends on one that nobody knows."""
        if n < LEAST or not self.made:
            return False
        if n in self.reckoned:
            return True
        if n not in self.known:
            self.known[n] = self._stands(n)
        return self.known[n]

    def _stands(self, n: int) -> bool:
        for p in self.made.values():
            for part in PARTS:
                rest = n * part % p
                if min(rest, p - rest) <= (NEAR if part == 1 else NEAR_PART * part):
                    return True
        for p in self.made.values():  # one put behind another
            if any((n - p) % q <= NEAR or q - (n - p) % q <= NEAR for q in self.made.values() if n > p):
                return True
        return False

    def decide(self, error: BaseException, work: Callable[..., Any], args: Any, kwargs: Any) -> bool:
        """Whether an error would not be there with other sizes in place of those that nobody knows."""
        if self.trying or id(error) in self.judged or not certain(error):
            return False
        if isinstance(work, MethodType):
            args, work = (work.__self__, *args), work.__func__
        if getattr(facts_of(error), "code", "") == "implicit-gradient":
            return one_element(args)
        least = 2 if getattr(facts_of(error), "code", "") == "view" else 1  # one that is 1 lies anyhow
        if depends(lambda given: work(*given[0], **given[1]), (args, kwargs), least):
            return True
        self.judged[id(error)] = error
        return False

    def undecided(self, error: BaseException) -> bool:
        """Whether an error that comes from no operation tells of a size that nobody knows."""
        if not self.made or id(error) in self.judged or not certain(error):
            return False
        return any(self.stands(int(n)) for n in re.findall(r"\d{4,18}", text_of(error)))

    def related(self, a: int, b: int) -> bool:
        """Whether two sizes come from the same one."""
        return any(_near(a, p) and _near(b, p) for p in self.made.values())


def program_place() -> tuple[str, int]:
    """The line of the program that is run."""
    frame: Any = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.startswith(PROGRAM_FILE):
        frame = frame.f_back
    return ("", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def _near(n: int, p: int) -> bool:
    rest = n % p
    return min(rest, p - rest) <= NEAR and n >= LEAST


sizes = Sizes()


# ------------------------------------------------------------------ whether an error depends on them


def depends(work: Callable[..., Any], args: Any, least: int = 1) -> bool:
    """Whether what fails with these arguments would not with other sizes in place of those that nobody knows."""
    found = Found()
    found.look(args)
    unknown = [n for n in found.sizes if sizes.stands(n)]
    if sizes.trying or not (unknown or found.fixed):
        return False
    if found.fixed:
        return True
    beside = [n for n in found.sizes if not sizes.stands(n)]
    sizes.trying = True
    state = context.current()
    before, state.grad_enabled = state.grad_enabled, False
    try:
        tried = [n for n in candidates(beside, found) if n >= least]
        for count, world in enumerate(worlds(unknown, tried)):
            if count == TRIES:
                return True
            try:
                work(replaced(args, world))
                return True
            except Exception:
                continue
    finally:
        sizes.trying, state.grad_enabled = False, before
    return False


def one_element(args: Any) -> bool:
    """Whether a tensor may have one element, as far as its sizes are known."""
    found = Found()
    found.look(args)
    return any(row and all(n == 1 or sizes.stands(n) for n in row) for row in found.rows)


class Found:
    """The sizes in arguments."""

    def __init__(self) -> None:
        self.sizes: dict[int, None] = {}
        self.rows: list[list[int]] = []  # those of one tensor, or of one list
        self.fixed = False  # whether a module has some of those that nobody knows

    def look(self, value: Any, depth: int = 4) -> None:
        if isinstance(value, Tensor):
            self.take(value.spec.shape)
        elif type(value) is int:
            self.sizes[value] = None
        elif isinstance(value, list | tuple) and depth:
            if value and all(type(each) is int for each in value):
                self.take(value)
            else:
                for each in value:
                    self.look(each, depth - 1)
        elif isinstance(value, NamedSizes):
            self.take([n for n, _ in value.values()])
        elif isinstance(value, dict) and depth:
            self.look(tuple(value.values()), depth - 1)
        elif depth and isinstance(getattr(value, "_parameters", None), dict):
            kept = (*value._parameters.values(), *value._modules.values())
            inside = Found()
            inside.look(kept, depth - 1)
            self.fixed = self.fixed or inside.fixed or any(map(sizes.stands, inside.sizes))

    def take(self, row: Iterable[int]) -> None:
        row = list(row)
        self.rows.append(row)
        self.sizes |= dict.fromkeys(row)


def candidates(known: Iterable[int], found: Found) -> list[int]:
    """Sizes with which an error may be none: those beside it, their products, sums, and what divides these."""
    plain = {n for n in known if n > 0}
    wholes = set(plain)
    for row in found.rows:
        known_part = [n for n in row if n > 0 and not sizes.stands(n)]
        wholes |= {prod(known_part), sum(known_part)}
    made = plain | wholes | {a // b for a in wholes for b in wholes if b and a % b == 0}
    return [1, *sorted(made - {1, 0}), 2, 3]


def worlds(unknown: list[int], tried: list[int]) -> Iterator[dict[int, int]]:
    """Other sizes in place of the unknown ones: the same for all, then each with each."""
    factors = {n: sizes.primes_of(n) or (n,) for n in unknown}
    free = list(dict.fromkeys(f for each in factors.values() for f in each))

    def world(values: Iterable[int]) -> dict[int, int]:
        given = dict(zip(free, values, strict=True))
        made = {}
        for n, parts in factors.items():
            rest = n
            for p in parts:
                rest //= p
            made[n] = rest * prod(given[p] for p in parts)
        return made

    for n in tried:
        yield world([n] * len(free))
    if len(free) > 1:
        yield from map(world, product(tried, repeat=len(free)))


def replaced(value: Any, world: dict[int, int], depth: int = 4) -> Any:
    """Arguments with other sizes."""
    if isinstance(value, Tensor):
        shape = tuple([world.get(n, n) for n in value.spec.shape])
        return value if shape == value.spec.shape else like(value, shape)
    if type(value) is int:
        return world.get(value, value)
    if type(value) in (list, tuple) and depth:
        return type(value)([replaced(each, world, depth - 1) for each in value])
    if type(value) is NamedSizes:
        return NamedSizes({name: (world.get(n, n), span) for name, (n, span) in value.items()})
    if type(value) is dict and depth:
        return {name: replaced(each, world, depth - 1) for name, each in value.items()}
    return value


def like(t: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A tensor of another shape, its dimensions in memory in the order of this one."""
    strides = memory(t).strides
    order = sorted(range(len(shape)), key=lambda i: -strides[i])
    lying = spec(tuple([shape[i] for i in order]), t.spec.dtype, t.spec.device)
    made = make_tensor(lying.placeholder, lying)
    if order == list(range(len(shape))):
        return made
    turned: Tensor = registry["permute"](made, [order.index(i) for i in range(len(shape))])
    return turned


def resized(t: Tensor, dim: int, key: Any, n: int | None = None) -> Tensor | None:
    """A tensor of whose dimension nobody knows the length (`n` stands for it), in the place of the graph of another."""
    n = n or sizes.fresh(key)
    if n is None:
        return None
    index = registry["zeros"](n, dtype=int64, device=t.spec.device)
    return registry["index_select"](t, dim, index)
