"""Samples of a dataset of the program's own, found together: what its `__getitem__` takes out of tensors.

A loader asks for one sample after the other and stacks them. Where `dataset[i]` is nothing but rows and slices of
tensors at places that follow from i, a batch is those of all its indices at once. To find that out `dataset[i]` is
traced with a stand-in for i (`engine.compile`); what the trace relied on is looked at again for each batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ...engine.compile.frame import ReplayedNode
from ...engine.compile.machine.instructions import ARITHMETIC
from ...engine.compile.steps import External
from ...engine.compile.trace import Trace
from ...engine.compile.values import Number, TraceStopped, Value, present
from ...engine.core import context
from ...engine.core.mode import EAGER
from ...engine.graph.hooks import hooked
from ...engine.values.tensor import TENSORS, make_tensor
from ...engine.values.wrapping import wrap
from .instances import History
from .reach import Reach

Array = np.ndarray[Any, Any]
#: an array of all samples, of the names that texts find
Column = Callable[[dict[str, Any]], Array]
#: of so many rows it is not looked beforehand whether all can be taken
MOST_ROWS = 1 << 16
#: the answer that a question about the index had, as guards are written
ANSWERED = re.compile(r"\((.*)\) is (True|False)")


class Together:
    """Batches of one dataset.

    index       how texts write the index
    holds       whether what the trace relied on is as it was, of the namespaces `v` and `g`
    conditions  what is asked of all indices → the answer
    rows        how many rows there are to take; `certain` as many as all conditions hold for whatever is taken
    places      texts of places → what they are for all indices; of the `certain` ones, `same` as the indices
    form        the batch, of what texts find: the indices
    """

    def __init__(self, dataset: Any, follows: Callable[[str, int], bool]):
        self.dataset = dataset
        self.failures = 0
        self.rows = 1 << 62
        self.certain = 0
        self.places: dict[str, Column] = {}
        self.same: frozenset[str] = frozenset()
        self.conditions: dict[str, tuple[Column, bool]] = {}
        self.reach = Reach(
            frozenset({"index"}), frozenset(), frozenset(), frozenset(), True, True, follows, History()
        )
        self._look()

    def batch(self, indices: Array) -> Any:
        """What `default_collate` makes of the samples at these indices; None where each has to be asked for."""
        try:
            if self.holds({"dataset": self.dataset, "index": 0}):
                if indices.view(np.uint64).max() < self.certain:
                    return self.form({self.index: indices, "same": self.same})
                scope = {self.index: indices, "same": ()}
                if self._answered(scope):
                    return self.form(scope)
        except Exception:  # what is asked for one by one will say so
            pass
        self.failures += 1
        return None

    def _answered(self, scope: dict[str, Any]) -> bool:
        return all((asked(scope) == answer).all() for asked, answer in self.conditions.values())

    def _look(self) -> None:
        reach, state = self.reach, context.current()
        trace: Trace | None = None
        try:
            reach.history.always_differs("index")
            reach._root("v", "dataset", self.dataset)
            reach._root("v", "index", 0)
            number = reach.numbers["index"]
            self.index = number.text
            trace = Trace(reach.externals, reach.guards)
            trace.containers, trace.instances = reach.containers, reach.instances
            found: list[Any] = []

            def work() -> None:
                reach.trace = trace
                found.append(self.dataset[number])

            trace.run(work)
            if trace.instances.results() or trace.changed_items():
                raise TraceStopped("a sample changes something")
            if any(step.kind in ("effect", "kernel", "write") for step in trace.steps):
                raise TraceStopped("a sample draws or changes something")
            self.form = self._form(found[0], trace)
        finally:
            if state.mode is trace:
                trace.leave()
            reach.instances.leave()
            for put_back in reach.undo:
                put_back()
        self.holds = self._guard()
        if self.rows < MOST_ROWS:
            self._look_beforehand()

    def _look_beforehand(self) -> None:
        """Whether the conditions hold for all rows, which need not be asked of each batch then."""
        scope = {self.index: np.arange(self.rows)}
        try:
            with np.errstate(all="ignore"):
                same = [
                    text for text, places in self.places.items() if (places(scope) == scope[self.index]).all()
                ]
                certain = self._answered(scope)
        except ArithmeticError:  # for some of them, which are asked for one by one
            return
        if certain:
            self.certain, self.same = self.rows, frozenset(same)

    # ---------------------------------------------------------------- what a sample consists of

    def _form(self, sample: Any, trace: Trace) -> Callable[[dict[str, Any]], Any]:
        kind = type(sample)
        if kind is tuple or kind is list:
            parts = [self._form(each, trace) for each in sample]
            return lambda scope: [part(scope) for part in parts]
        if kind is dict:
            named = {key: self._form(each, trace) for key, each in sample.items()}
            return lambda scope: {key: part(scope) for key, part in named.items()}
        if kind is Number and type(sample.value) is int:
            places = self._places(sample.text)
            return lambda scope: wrap(np.array(places(scope)))
        if kind in TENSORS and not sample.requires_grad and type(sample.array) is Value:
            made, of = self._array(sample.array, trace), sample.spec
            batched = cache(lambda n: of.with_shape((n, *of.shape)))
            return lambda scope: make_tensor(found := made(scope), batched(len(found)))
        raise TraceStopped(f"a {kind.__name__} in a sample")

    def _array(self, value: Value, trace: Trace) -> Column:
        """A value of a sample as an array of all samples': rows, slices, and what is computed of each element."""
        source = value.source
        if type(source) is External or isinstance(source, np.ndarray):
            raise TraceStopped("a tensor that is the same in all samples")
        step = next((each for each in trace.steps if any(out is value for out in each.outs)), None)
        if step is None:
            raise TraceStopped("a value from elsewhere")
        if step.moves and step.label == "part":
            return self._part(step.args[0], step.options[0], value.shape)
        if step.kind == "view" and in_order(step.args[0], value):
            inner, shape = self._array(step.args[0], trace), value.shape
            return lambda scope: (found := inner(scope)).reshape(len(found), *shape)
        if step.label == "cast_into":
            inner, dtype = self._array(step.args[0], trace), value.dtype
            return lambda scope: inner(scope).astype(dtype)
        if step.kind != "ufunc" or step.function.__name__ not in ARITHMETIC:
            raise TraceStopped(f"a sample is made by {step.label}")
        function, args = step.function, [self._operand(each, value, trace) for each in step.args]
        return lambda scope: function(*[arg(scope) for arg in args])

    def _operand(self, a: Any, out: Value, trace: Trace) -> Column:
        """An operand of an element-wise step: of each sample, or the same for all."""
        if type(a) is Number:
            raise TraceStopped("a sample is computed of its index")
        if type(a) is not Value:
            return lambda scope: a
        source: Any = a.source
        if type(source) is External and not source.fixed:
            raise TraceStopped("what may be another tensor")
        if type(source) is External or isinstance(source, np.ndarray):
            constant: Any = source.array if type(source) is External else source
            return lambda scope: constant
        if a.shape != out.shape:
            raise TraceStopped("a sample is broadcast")
        return self._array(a, trace)

    def _part(self, whole: Value, parts: tuple[Any, ...], shape: tuple[int, ...]) -> Column:
        """Rows or slices of a tensor, at places that move with the index."""
        first, *rest = parts
        source: Any = whole.source
        if type(source) is not External or any(part is not Ellipsis for part in rest):
            raise TraceStopped("a part of a part")
        array, tensor = source.array, source.tensor
        if not source.fixed or tensor.requires_grad or tensor.node is not None:
            raise TraceStopped("a part of what may be another tensor")
        if type(first) is slice and type(first.start) is Number and first.step in (None, 1):
            length = len(range(*present(first).indices(len(array))))
            array = np.moveaxis(np.lib.stride_tricks.sliding_window_view(array, length, 0), -1, 1)
            first = first.start
        if type(first) is not Number:
            raise TraceStopped("a part that is always the same")
        text = first.text
        places = self.places[text] = self._places(text)
        self.rows = min(self.rows, len(array))
        return lambda scope: array.take(scope[self.index] if text in scope["same"] else places(scope), 0)

    def _places(self, text: str) -> Column:
        """What a text that computes an int of the index is for all indices; products may need more than 64 bits."""
        code, index = compile(text, "<tensorsh sample>", "eval"), self.index
        if "*" not in text and "<<" not in text:
            return lambda scope: eval(code, {}, scope)
        return lambda scope: np.array(eval(code, {}, {index: scope[index].astype(object)}).tolist())

    def _guard(self) -> Callable[[dict[str, Any]], bool]:
        """The guards as a function; those about the index become conditions."""
        reach, asked, lines = self.reach, re.compile(rf"\b{self.index}\b"), []
        for guard in reach.guards:
            answered = ANSWERED.fullmatch(guard)
            if answered is None or not asked.search(guard):
                lines.append(f"    if not ({guard}): return False")
            else:
                text, answer = answered.groups()
                self.conditions[text] = self._places(text), answer == "True"
        text = "\n".join(
            ["def holds(v):", *(f"    {line}" for line in reach.fetch), *lines, "    return True"]
        )
        scope: dict[str, Any] = {
            **reach.scope,
            "g": type(self.dataset).__getitem__.__globals__,
            "TENSORS": TENSORS,
            "ReplayedNode": ReplayedNode,
            "hooked_leaves": hooked,
        }
        exec(compile(text, "<tensorsh sample>", "exec"), scope)
        return scope["holds"]


def in_order(x: Value, view: Value) -> bool:
    """Whether a view has all elements of an array, in their order."""
    return bool(x.size == view.size and x.flags.c_contiguous and view.flags.c_contiguous)


def together(dataset: Any, follows: Callable[[str, int], bool]) -> Together | None:
    """How batches of a dataset are found at once; None where that is not to be."""
    state = context.current()
    if state.mode is not EAGER or state.noting is not None or state.function_modes:
        return None
    try:
        return Together(dataset, follows)
    except TraceStopped:
        return None
    except RecursionError:
        raise
    except Exception:  # the sample fails, and will say so when it is asked for
        return None
