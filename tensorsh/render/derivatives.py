"""The derivatives of an operation as formulas, for its help and its page.

The operation is run at the sample of its record (or at small numbers) on inputs named as its parameters, and
the walk back is read as a formula, as `explain` does. So the formula holds for that call; sizes and dimensions
in it are those of the sample.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.core import context
from ..engine.core.dtype import DType, float64
from ..engine.explain.written import KnownFormulas
from ..engine.graph.gradient_walk import GradientWalk
from ..engine.graph.walk import slot
from ..engine.records.op import Op, registry
from ..engine.values.tensor import Tensor, make_tensor

#: formulas longer than this explain nothing
LONGEST = 160

#: formulas with arrays or operations as values explain nothing either
UNREADABLE = re.compile(r"tensor\(\[|<built-in|\bj\b")

#: what stands for an input whose record has no sample
GUESSES: tuple[Any, ...] = ([[0.5, 1.5], [0.25, 2.0]], [0.5, 1.5], [[[0.5, 1.5], [0.25, 2.0]]])


@dataclass(frozen=True)
class Formulas:
    """The derivatives of one call.

    call     the operation as it was run
    by       a formula in `grad` for each input that is differentiated
    inputs   what the names in the formulas stood for
    values   for each of `by` what `grad` was, and what the gradient is
    """

    call: str
    by: dict[str, str]
    inputs: dict[str, Tensor]
    values: dict[str, tuple[Tensor, Tensor]]


def formulas(record: Op) -> Formulas | None:
    """The derivatives of an operation; None where there are none, or none that can be read."""
    if record.nondifferentiable or record.factory or not (record.tensors or record.lists):
        return None
    samples = [record.sample] if record.sample else [_guess(record, g) for g in GUESSES]
    state = context.Context(dtype=float64)
    for sample in samples:
        state.generator.manual_seed(0)
        with context.using(state):
            try:
                found = _at(record, sample)
            except Exception:
                continue
        if found is not None:
            return found
    return None


def _guess(record: Op, value: Any) -> tuple[Any, ...]:
    parameters = record.schema.parameters
    needed = [p for p in parameters if p.required]
    return tuple(
        [
            value if p.is_tensor else [value, value] if p.type == "Tensor[]" else _number(p.type)
            for p in needed
        ]
    )


def _number(kind: str) -> Any:
    return {"int": 1, "float": 0.5, "Number": 0.5, "int[]": (1,), "int...": 1}.get(kind)


def _at(record: Op, sample: tuple[Any, ...]) -> Formulas | None:
    """The formulas of one call."""
    parameters = record.schema.parameters
    leaves: dict[str, Tensor] = {}
    names: dict[str, Tensor] = {}
    arguments: list[Any] = []
    shown: list[str] = []
    for i, a in enumerate(sample):
        p = parameters[min(i, len(parameters) - 1)]
        if p.is_tensor and isinstance(a, list | float | int | np.ndarray) and not isinstance(a, bool):
            floats = np.asarray(a).dtype.kind == "f"
            a = names[p.name] = _leaf(a) if floats else registry["tensor"](a)
            if floats:
                leaves[p.name] = a
            shown.append(p.name)
        elif p.type == "Tensor[]" and isinstance(a, list | tuple):
            a = [_leaf(each) for each in a]
            leaves.update({f"{p.name}[{k}]": each for k, each in enumerate(a)})
            shown.append(p.name)
        else:
            text = a.name if isinstance(a, DType) else repr(a) if not isinstance(a, np.ndarray) else p.name
            shown.append(f"{p.name}={text}" if p.keyword_only else text)
        arguments.append(a)
    out = _call(record, arguments)
    roots = [
        t
        for t in (out if isinstance(out, tuple | list) else (out,))
        if isinstance(t, Tensor) and t.requires_grad
    ]
    if not roots or not leaves:
        return None
    by, values = {}, {}
    for name, leaf in leaves.items():
        each = [_formula(root, leaf, names | leaves) for root in roots]
        formula, seed, value = next((f for f in each if f[0] != "0"), each[0])
        if formula and len(formula) <= LONGEST and not UNREADABLE.search(formula):
            by[name], values[name] = formula, (seed, value)
    last = record.name.removeprefix("nn.functional.").removeprefix("Tensor.")
    return Formulas(f"{last}({', '.join(shown)})", by, names | leaves, values) if by else None


def _call(record: Op, arguments: list[Any]) -> Any:
    keywords = {
        p.name: a for p, a in zip(record.schema.parameters, arguments, strict=False) if p.keyword_only
    }
    return record(*arguments[: len(arguments) - len(keywords)], **keywords)


def _leaf(value: Any) -> Tensor:
    return registry["tensor"](value, dtype=float64, requires_grad=True)


def _formula(root: Tensor, leaf: Tensor, names: dict[str, Tensor]) -> tuple[str, Tensor, Tensor]:
    """d(root)/d(leaf) weighted by `grad`, what `grad` is, and the value; no text where a part has no name."""
    seed = make_tensor(
        np.arange(2.0, root.spec.numel + 2).reshape(root.spec.shape).astype(root.spec.np), root.spec
    )
    trace = KnownFormulas(names)
    trace.name(seed, "grad")
    walk = GradientWalk(root, [leaf], seed)
    with trace:
        walk.run()
    value = walk.captured.get(slot(leaf))
    if value is None:
        return "0", seed, leaf * 0
    formula = trace.express(value)
    text = formula.text if formula.complete else ""
    return ("0" if formula.zero else text), seed, value
