"""What surrounds a program while it is analysed: operations infer, and nothing is printed, read or written."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..engine.core import context
from ..engine.core.device import hollow
from ..engine.core.dtype import int64
from ..engine.modes.hollow import Inferring
from ..engine.records.op import registry
from ..engine.values.tensor import formatters, no_values
from ..errors import DataError
from ..kinds.ownership import own_class
from ..lang.run.evaluate import Evaluator
from .analysis import Analysis
from .numbers import as_annotated
from .sizes import sizes
from .unknown import UNKNOWN, blurred, opened
from .unknown import vague as vagueness


class Empty(Inferring):
    """Tensors have no values; optimisers and gradients are as they would be.

    Errors that are not there for every size that nobody knows are none.
    """

    def __init__(self, analysis: Analysis):
        super().__init__()
        self.analysis = analysis

    def apply(self, op: Any, args: tuple[Any, ...]) -> Any:
        self.analysis.work += 1
        try:
            result = super().apply(op, args)
        except Exception as error:
            raise self.judged(error, super().apply, op, args) from None
        if type(result) is tuple and sizes.stands(len(result)):
            raise no_values("there are as many parts as a size that nobody knows")
        return result

    def apply_inplace(self, op: Any, args: tuple[Any, ...]) -> Any:
        try:
            return super().apply_inplace(op, args)
        except Exception as error:
            raise self.judged(error, super().apply_inplace, op, args) from None

    def places(self, mask: Any) -> list[Any]:
        n = sizes.of_mask(mask)
        if n is None:
            return self.below.places(mask)
        return [registry["zeros"](n, dtype=int64, device=hollow) for _ in range(max(mask.ndim, 1))]

    def holds(self, answer: Any) -> bool:
        return True  # what is held against a constraint satisfies it, as far as anybody knows

    def judged(self, error: Exception, work: Any, op: Any, args: tuple[Any, ...]) -> Exception:
        if sizes.made and sizes.decide(error, lambda *given: work(op, given), args, {}):
            return no_values("this depends on a size that nobody knows")
        return error

    def accumulate(self, t: Any, g: Any, create: bool, alone: bool) -> None:
        self.below.accumulate(t, g, create, alone)

    def step(self, optimizer: Any) -> bool:
        return self.below.step(optimizer)

    def update(self, optimizer: Any, rule: Any) -> bool:
        return self.below.update(optimizer, rule)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing is written, and the text of a tensor without values is unknown."""
    before = dict(formatters)

    def formatted(t: Any, how: str) -> str:
        if how:
            before["format"](t, how)  # which refuses what no tensor of this kind takes
        return vague()

    formatters.update(repr=lambda t: vague(), format=formatted, tensor=lambda t, options: vague())
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        formatters.update(before)


def vague() -> str:
    vagueness.count += 1
    return "?"


@contextmanager
def deep() -> Iterator[None]:
    """Rewritten calls take several of Python's."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 3_000))
    opened.known.clear()
    blurred.known.clear()
    vagueness.gradients = vagueness.files = False
    vagueness.objects.clear()
    sizes.clear()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        opened.known.clear()
        blurred.known.clear()


def without_effects(evaluator: Evaluator, analysis: Analysis) -> None:
    """Printing and saving do nothing, files are not written, standard input is not read."""

    def silent(*args: Any, **kwargs: Any) -> None:
        return None

    def shown(*args: Any, **kwargs: Any) -> None:
        for each in args:
            if own_class(type(each)):
                str(each)

    def asked(*args: Any, **kwargs: Any) -> Any:
        return UNKNOWN

    builtins: dict[str, Any] = evaluator.prelude.bound
    for space in (builtins, evaluator.python.bound, evaluator.strict.bound):
        space |= analysis.entries()
        space["print"] = shown
        space["input"] = asked
        space |= dict.fromkeys((".explain", ".graph", ".display"), silent)
    builtins["save"] = silent
    load = builtins["load"]

    def load_shapes(path: str = "-", **kwargs: Any) -> Any:
        return UNKNOWN if path == "-" else load(path, **kwargs)

    builtins["load"] = load_shapes

    annotate = evaluator.runtime.annotate

    def annotated(value: Any, filename: str, line: int, named: Any, param: bool) -> Any:
        hint: Any = evaluator.runtime.node(filename, line)
        made = as_annotated(value, hint.annotation, named, (filename, line))
        if made is UNKNOWN:
            return made
        given = (made, filename, line, named, param)
        try:
            return annotate(*given)
        except Exception as error:
            if sizes.decide(error, annotate, given, {}):
                return UNKNOWN
            raise

    for space in (builtins, evaluator.python.bound, evaluator.strict.bound):
        space[".annotate"] = annotated

    def refuse(path: Any, how: str) -> None:
        if how == "write":
            vagueness.files = True
            raise DataError("files are not written", code="meta-values")

    context.current().admit = refuse
    evaluator.host.admit = refuse  # type: ignore[method-assign]
