"""What is gone over, and nobody knows how often: loaders with batches of an unknown size, `enumerate` and `zip` of
unknown iterables."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .joined import join
from .numbers import Some, count, merged, some, stands_in
from .sizes import sizes
from .unknown import NAME, UNKNOWN, not_known

#: functions that go over an iterable as it is, and those that keep what it gives
SAME, KEPT = ("tqdm", "track", "iter"), ("reversed", "sorted")
#: how loaders are made that are asked for their first batch only
AT_ONCE = {"num_workers": 0, "prefetch_factor": None, "persistent_workers": False, "timeout": 0}


class Drawn(Some):
    """What is gone over, and nobody can put anything into."""

    __slots__ = ()

    def blur(self) -> None:
        pass


class Loader(Drawn):
    """A loader of which nobody knows how large its batches are: `make` gives one with so many samples in each."""

    __slots__ = ("key", "make", "of")

    key: Any
    make: Callable[[int], Any]
    of: Any

    def __getattr__(self, name: str) -> Any:
        if name == "stand_in":  # no property, as a program's AttributeError is to come through
            return self.batch()
        return count(sizes.fresh(self.key)) if name == "batch_size" else getattr(self.of, name)

    def batch(self) -> Any:
        """A batch, told from one of two samples and one of three."""
        two, three = (next(iter(self.make(n)), None) for n in (2, 3))
        return UNKNOWN if two is None or three is None else either(two, three, self.key)


for _class in (Drawn, Loader):
    _class.__name__ = _class.__qualname__ = NAME


def loader(function: Any, args: Any, kwargs: Any, site: Any) -> Any:
    """The loader that a call makes, where nobody knows how many samples are in its batches; else None."""
    try:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        return None
    size = given.pop("batch_size", 1)
    if size is None or "batch_sampler" in given or any(map(not_known, given.values())):
        return None
    if not not_known(size) and not stands_in(length(given["dataset"])):
        return None

    def make(n: int) -> Any:
        return function(**given | AT_ONCE, batch_size=n)

    made = object.__new__(Loader)
    for name, value in (("key", ("batch", *site)), ("make", make), ("of", make(2))):
        Loader.__dict__[name].__set__(made, value)
    return made


def length(dataset: Any) -> int:
    try:
        return len(dataset)
    except Exception:
        return 0


def either(a: Any, b: Any, key: Any) -> Any:
    """A value of which the one is known for two samples, and the other for three."""
    if type(a) is type(b) and isinstance(a, tuple | list | dict):
        if isinstance(a, dict):
            return {k: either(a[k], b[k], key) for k in a} if a.keys() == b.keys() else UNKNOWN
        if len(a) == len(b):
            parts = [either(x, y, key) for x, y in zip(a, b, strict=True)]
            return type(a)(*parts) if hasattr(a, "_fields") else type(a)(parts)
        return some(join(a[0], b[-1])) if (len(a), len(b)) == (2, 3) else UNKNOWN
    found = merged(a, b, key, sizes.fresh(key))
    return join(a, b) if found is UNKNOWN else found


def gone_over(function: Any, args: Any, site: Any) -> Any:
    """What functions that go over iterables make of one of which nobody knows how much it gives; else None."""
    name = getattr(function, "__name__", "")
    if name == "next" and args and issubclass(type(args[0]), Some):
        return args[0].stand_in
    if name in SAME and args and issubclass(type(args[0]), Some):
        return args[0] if name == "iter" else drawn(args[0].stand_in)
    if name in KEPT and len(args) == 1 and issubclass(type(args[0]), Some):
        return some(args[0].stand_in)
    if function is enumerate and args and issubclass(type(args[0]), Some):
        return drawn((count(sizes.fresh((*site, "index"))), args[0].stand_in))
    if function is zip and any(issubclass(type(each), Some) for each in args):
        return drawn(tuple(map(member, args)))
    return None


def member(iterable: Any) -> Any:
    """One of what an iterable gives."""
    if issubclass(type(iterable), Some):
        return iterable.stand_in
    if type(iterable) in (list, tuple) and iterable:
        found = iterable[0]
        for other in iterable[1:]:
            found = join(found, other)
        return found
    return UNKNOWN


def drawn(value: Any) -> Drawn:
    made: Drawn = object.__new__(Drawn)
    Some.__dict__["stand_in"].__set__(made, value)
    return made
