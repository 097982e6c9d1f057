"""Gradient checks: derivatives against central differences (`autograd.gradcheck`, `gradgradcheck`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import dtype as dt
from ..engine.context import GradMode
from ..engine.op import composite, registry
from ..engine.tensor import Tensor, full_spec
from ..errors import GradientError, ValueError
from .functional import Function, gradients, jacobian_of, weighted


def numerical_jacobian(f: Callable[[], Tensor], x: Tensor, eps: float) -> np.ndarray[Any, Any]:
    """Central differences of `f()` with respect to `x`, whose memory is moved and put back."""
    flat = x.array.reshape(-1)
    if not np.shares_memory(flat, x.array):
        raise ValueError("gradcheck wants inputs in one piece of memory", help="x.contiguous()")
    columns = []
    for i in range(flat.size):
        before = flat[i]
        sides = []
        for step in (eps, -eps):
            flat[i] = before + step
            sides.append(np.array(f().array))
        flat[i] = before
        columns.append(((sides[0] - sides[1]) / (2 * eps)).reshape(-1))
    n = columns[0].size if columns else f().spec.numel
    return np.stack(columns, 1) if columns else np.zeros((n, 0))


def _parts(out: Any) -> list[Tensor]:
    parts = [out] if isinstance(out, Tensor) else list(out)
    return [p for p in parts if isinstance(p, Tensor) and p.dtype.category >= dt.FLOAT and p.requires_grad]


def check(func: Function, inputs: tuple[Any, ...], eps: float, atol: float, rtol: float) -> str | None:
    """What is wrong with a function's gradients; None if they agree with central differences."""
    wanted = [t for t in inputs if isinstance(t, Tensor) and t.requires_grad]
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    for k, out in enumerate(_all(func(*inputs))):
        if not out.requires_grad:
            continue
        analytic = jacobian_of(out, wanted, False)
        for i, (t, have) in enumerate(zip(wanted, analytic, strict=True)):
            with GradMode(False):
                saved = t.array.copy()
                numeric = numerical_jacobian(lambda k=k: _all(func(*inputs))[k], t, eps)
                np.copyto(t.array, saved)
            have_matrix = np.array(have.array).reshape(out.spec.numel, t.spec.numel)
            if not np.allclose(have_matrix, numeric, rtol, atol, equal_nan=True):
                return (
                    f"Jacobian mismatch for output {k} with respect to input {i},\n"
                    f"numerical:{registry['tensor'](numeric)!r}\nanalytical:{registry['tensor'](have_matrix)!r}\n"
                )
    return None


def _all(out: Any) -> list[Tensor]:
    parts = [out] if isinstance(out, Tensor) else list(out)
    return [p for p in parts if isinstance(p, Tensor) and p.dtype.category >= dt.FLOAT]


@composite(
    "gradcheck(any func, any inputs, *, float eps=1e-06, float atol=1e-05, float rtol=0.001, "
    "bool raise_exception=True)",
    names=("autograd.gradcheck",),
)
def gradcheck(func, inputs, eps, atol, rtol, raise_exception):
    """Whether the gradients of `func` agree with central differences at `inputs` (use float64).

    >>> gradcheck(tanh, tensor([0.5, 1.], dtype=float64, requires_grad=True))
    True
    """
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    wrong = check(func, given, eps, atol, rtol)
    if wrong and raise_exception:
        raise GradientError(
            wrong, code="gradcheck", help="check in float64; kinks and steep places do not agree"
        )
    return wrong is None


@composite(
    "gradgradcheck(any func, any inputs, any grad_outputs=None, *, float eps=1e-06, float atol=1e-05, "
    "float rtol=0.001, bool raise_exception=True)",
    names=("autograd.gradgradcheck",),
)
def gradgradcheck(func, inputs, grad_outputs, eps, atol, rtol, raise_exception):
    """Whether second derivatives agree with central differences of the first.

    >>> gradgradcheck(tanh, tensor([0.5, 1.], dtype=float64, requires_grad=True))
    True
    """
    given = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    wanted = [t for t in given if isinstance(t, Tensor) and t.requires_grad]

    def first(*args: Any) -> tuple[Tensor, ...]:
        with GradMode(True):
            outputs = _parts(func(*args))
            total = weighted(outputs, [full_spec(o.spec, 1) for o in outputs])
            return gradients(total, wanted, None, True)

    wrong = check(first, given, eps, atol, rtol)
    if wrong and raise_exception:
        raise GradientError(wrong, code="gradgradcheck", help="check in float64")
    return wrong is None
