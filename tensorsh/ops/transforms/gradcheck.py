"""Gradient checks: derivatives against central differences (`autograd.gradcheck`, `gradgradcheck`).

PyTorch's conventions: a row of a Jacobian for each element of the input, a column for each of the output. A
function with complex results is checked as two, of their imaginary and of their real parts; for a complex
input x + iy the derivative of a real L is dL/dx + i dL/dy, which is what `backward` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...engine.core import dtype as dt
from ...engine.core.warn import warn
from ...engine.graph import backward
from ...engine.graph.hooks import called
from ...engine.graph.undefined_walk import undefined as undefined_gradients
from ...engine.records.op import composite, registry
from ...engine.values.batched import Batched
from ...engine.values.tensor import Tensor, make_tensor
from ...engine.values.wrapping import full_spec, wrap
from ...errors import BadValue, GradientError
from .recording import basis
from .vmap import over_rows

Function = Callable[..., Any]
Array = np.ndarray[Any, Any]

TOLERANCES = "float eps=1e-06, float atol=1e-05, float rtol=0.001"


class GradcheckError(RuntimeError):
    """A check that failed."""

    __module__ = "torch.autograd.gradcheck"


def mismatch(message: str) -> Exception:
    help = "check in float64; kinks and steep places do not agree"
    return GradientError(message, raises=GradcheckError, code="gradcheck", help=help)


def as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def differentiable(outputs: Any) -> list[Tensor]:
    return [o for o in as_tuple(outputs) if isinstance(o, Tensor) and o.requires_grad]


def wanted(inputs: Sequence[Any]) -> list[Tensor]:
    return [t for t in inputs if isinstance(t, Tensor) and t.requires_grad]


# ------------------------------------------------------------------ central differences


def numerical(func: Function, inputs: tuple[Any, ...], eps: float) -> list[list[Array]]:
    """For each input that is differentiated, the Jacobian of each floating-point output."""
    return [by_input(lambda: values(called(func, *inputs)), t, eps) for t in wanted(inputs)]


def values(outputs: Any) -> list[Array]:
    return [
        np.array(o.array) for o in as_tuple(outputs) if isinstance(o, Tensor) and o.dtype.category >= dt.FLOAT
    ]


def by_input(f: Callable[[], list[Array]], x: Tensor, eps: float) -> list[Array]:
    """Central differences by one input, whose memory is moved and put back."""
    array = x.array
    rows: list[list[Array]] = [[] for _ in f()]
    for at in np.ndindex(array.shape):
        before = array[at].copy()

        def difference(step: Any, at: Any = at, before: Any = before) -> list[Array]:
            array[at] = before - step
            low = f()
            array[at] = before + step
            high = f()
            array[at] = before
            return [(b - a) / (2 * eps) for a, b in zip(low, high, strict=True)]

        found = difference(eps)
        if x.dtype.is_complex:
            found = [dx + 1j * dy for dx, dy in zip(found, difference(eps * 1j), strict=True)]
        for row, d in zip(rows, found, strict=True):
            row.append(d.reshape(-1))
    return [np.stack(row) if row else np.zeros((0, out.size)) for row, out in zip(rows, f(), strict=True)]


def analytical(output: Tensor, inputs: Sequence[Tensor]) -> list[Array]:
    """The Jacobian of one output by each input, one backward for each of its elements."""
    n = output.spec.numel
    columns = [np.zeros((t.spec.numel, n), t.spec.np) for t in inputs]
    for j in range(n):
        weight = np.zeros(n, output.spec.np)
        weight[j] = 1
        seed = make_tensor(weight.reshape(output.spec.shape), output.spec)
        for column, g in zip(columns, gradients([output], inputs, [seed]), strict=True):
            if g is not None:
                column[:, j] = g.array.reshape(-1)
    return columns


def gradients(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], seeds: Sequence[Tensor], create: bool = False
) -> tuple[Tensor | None, ...]:
    return backward.grad(outputs, inputs, seeds, retain_graph=True, create_graph=create, allow_unused=True)


# ------------------------------------------------------------------ the check

NOT_REENTRANT = """\
Backward is not reentrant, i.e., running backward with same input and grad_output multiple times gives different \
values, although analytical gradient matches numerical gradient.The tolerance for nondeterminism was {}.

NOTE: If your op relies on non-deterministic operations i.e., it is listed here:
https://pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html
this failure might be expected.

If you are adding a new operator, please file an issue and then use one of the
workarounds. The workaround depends on how your test invokes gradcheck/gradgradcheck.
If the test
- manually invokes gradcheck/gradgradcheck, then call gradcheck/gradgradcheck
  with `nondet_tol=<tol>` as a keyword argument.
- is OpInfo-based (e.g., in test_ops_gradients.py), then modify the OpInfo for the test
  to have `gradcheck_nondet_tol=<tol>`.
- is a Module test (e.g., in common_nn.py), then modify the corresponding
  module_test entry to have `gradcheck_nondet_tol=<tol>`
"""


def check(
    func: Function,
    inputs: tuple[Any, ...],
    eps: float,
    atol: float,
    rtol: float,
    batched: bool,
    undefined: bool,
    nondet: float,
) -> None:
    """Raises where the gradients of a function do not agree with central differences."""
    leaves = wanted(inputs)
    if not leaves:
        raise BadValue(
            "gradcheck expects at least one input tensor to require gradient, but none of them have "
            "requires_grad=True.",
            raises=ValueError,
        )
    for i, t in enumerate(inputs):
        if not isinstance(t, Tensor) or not t.requires_grad:
            continue
        if t.spec.numel > 1 and 0 in t.values_or_error("gradcheck").strides:
            raise BadValue(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call "
                ".contiguous on the input before passing it to gradcheck."
            )
    context_saves(leaves)
    out = called(func, *inputs)
    outputs = differentiable(out)
    if any(isinstance(o, Tensor) and o.dtype.is_complex for o in as_tuple(out)):
        complex_outputs = {i for i, o in enumerate(outputs) if o.dtype.is_complex}
        for part, title in (("imag", "imaginary"), ("real", "real")):
            compare(parts(func, part), inputs, eps, atol, rtol, nondet, complex_outputs, title)
    else:
        compare(func, inputs, eps, atol, rtol, nondet)
    if batched:
        for i, o in enumerate(outputs):
            check_batched(o, leaves, i)
    zeros = [full_spec(o.spec, 0) for o in outputs]
    for g in gradients(outputs, leaves, zeros) if outputs else ():
        if g is not None and np.any(g.array != 0):
            raise mismatch("backward not multiplied by grad_output")
    if undefined:
        check_undefined(func, inputs, leaves)


def check_undefined(func: Function, inputs: tuple[Any, ...], leaves: Sequence[Tensor]) -> None:
    """Gradients of outputs that are undefined, all of them and each alone, have gradients that are none or zero."""
    count = len(differentiable(called(func, *inputs)))
    for missing in [set(range(count)), *([{i} for i in range(count)] if count > 1 else [])]:
        outputs = differentiable(called(func, *inputs))
        seeds = [None if i in missing else full_spec(o.spec, 0) for i, o in enumerate(outputs)]
        try:
            found = undefined_gradients(outputs, seeds, leaves)
        except RuntimeError as error:
            warn(BREAKING)
            raise mismatch(f"Expected backward function to handle undefined output grads. {SEE}") from error
        if any(g is not None and np.any(g.array != 0) for g in found):
            warn(BREAKING)
            raise mismatch(
                "Expected all input grads to be undefined or zero when all output grads are undefined or zero. "
                + SEE
            )


#: what PyTorch says beside an error about gradients that are undefined
BREAKING = (
    "Backwards compatibility: New undefined gradient support checking feature is enabled by default, but it may break "
    'existing callers of this function. If this is true for you, you can call this function with "check_undefined_grad='
    'False" to disable the feature'
)
SEE = 'Please look at "Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'


def context_saves(leaves: Sequence[Tensor]) -> None:
    """The inputs are moved in place; should the check be interrupted, a failed statement puts them back."""
    from ...engine.core import context

    journal = context.current().journal
    if journal.active:
        for t in leaves:
            journal.save_array(t.array)


def parts(func: Function, name: str) -> Function:
    """The function with the real or imaginary parts of its complex results."""

    def part(*inputs: Any) -> tuple[Any, ...]:
        return tuple(
            [
                registry[name](o) if isinstance(o, Tensor) and o.dtype.is_complex else o
                for o in as_tuple(called(func, *inputs))
            ]
        )

    return part


def compare(
    func: Function, inputs: tuple[Any, ...], eps: float, atol: float, rtol: float, nondet: float,
    complex_outputs: set[int] = frozenset(), part: str = "",  # type: ignore[assignment]
) -> None:  # fmt: skip
    """Every output's Jacobian by every input, both ways."""
    out = [
        o for o in as_tuple(called(func, *inputs)) if isinstance(o, Tensor) and o.dtype.category >= dt.FLOAT
    ]
    outputs = [o for o in out if o.requires_grad]
    by_inputs = numerical(func, inputs, eps)
    if not outputs:
        if any(np.any(each != 0) for blocks in by_inputs for each in blocks):
            raise mismatch("Numerical gradient for function expected to be zero")
        return
    chosen = [k for k, o in enumerate(out) if o.requires_grad]
    leaves = wanted(inputs)
    for i, (k, o) in enumerate(zip(chosen, outputs, strict=True)):
        found = analytical(o, leaves)
        for have, again in zip(found, analytical(o, leaves), strict=True):
            if have.size and np.max(np.abs(have - again)) > nondet:
                raise mismatch(NOT_REENTRANT.format(nondet))
        for j, have in enumerate(found):
            want = by_inputs[j][k]
            if not np.allclose(have, want, rtol, atol):
                head = (
                    f"While considering the {part} part of complex outputs only, "
                    if i in complex_outputs
                    else ""
                )
                raise mismatch(
                    f"{head}Jacobian mismatch for output {i} with respect to input {j},\n"
                    f"numerical:{wrap(want)!r}\nanalytical:{wrap(have)!r}\n"
                )


def check_batched(output: Tensor, leaves: Sequence[Tensor], index: int) -> None:
    """All rows by one backward inside vmap, against one backward a row."""
    rows = basis([output])[0]

    def pull(weight: Batched) -> tuple[Tensor, ...]:
        found = gradients([output], leaves, [weight])
        return tuple([full_spec(t.spec, 0) if g is None else g for g, t in zip(found, leaves, strict=True)])

    together = over_rows(pull, rows)
    for j, (have, want) in enumerate(zip(together, analytical(output, leaves), strict=True)):
        matrix = have.array.reshape(output.spec.numel, -1).T
        if not np.allclose(matrix, want, 1e-5, 1e-8, equal_nan=True):
            raise mismatch(
                f"For output {index} and input {j}:\n\ngradcheck or gradgradcheck failed while testing batched "
                f"gradient computation.\n\nGot:\n{wrap(matrix)!r}\n\nExpected:\n{wrap(want)!r}"
            )


def answered(wrong: Callable[[], None], raise_exception: bool) -> bool:
    try:
        wrong()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


@composite(
    f"gradcheck(any func, any inputs, *, {TOLERANCES}, bool raise_exception=True, float nondet_tol=0.0, "
    "bool check_undefined_grad=True, bool check_grad_dtypes=False, bool check_batched_grad=False, "
    "bool check_batched_forward_grad=False, bool check_forward_ad=False, bool check_backward_ad=True, "
    "bool fast_mode=False, any masked=None)",
    names=("autograd.gradcheck",),
)
def gradcheck(func, inputs, eps, atol, rtol, raise_exception, *options):
    """Whether the gradients of `func` agree with central differences at `inputs` (use float64).

    `check_batched_grad` also compares what vmap makes of the backward. Every element is checked, so
    `fast_mode` and the options for PyTorch's other modes change nothing.

    >>> gradcheck(tanh, tensor([0.5, 1.], dtype=float64, requires_grad=True))
    True
    """
    nondet, undefined, _, batched = options[:4]
    return answered(
        lambda: check(func, as_tuple(inputs), eps, atol, rtol, batched, undefined, nondet), raise_exception
    )


@composite(
    f"gradgradcheck(any func, any inputs, any grad_outputs=None, *, {TOLERANCES}, "
    "bool gen_non_contig_grad_outputs=False, bool raise_exception=True, float nondet_tol=0.0, "
    "bool check_undefined_grad=True, bool check_grad_dtypes=False, bool check_batched_grad=False, "
    "bool check_fwd_over_rev=False, bool check_rev_over_rev=True, bool fast_mode=False, any masked=False)",
    names=("autograd.gradgradcheck",),
)
def gradgradcheck(func, inputs, grad_outputs, eps, atol, rtol, non_contiguous, raise_exception, *options):
    """Whether second derivatives agree with central differences of the first, by inputs and by grad_outputs.

    >>> gradgradcheck(tanh, tensor([0.5, 1.], dtype=float64, requires_grad=True))
    True
    """
    given = as_tuple(inputs)
    nondet, undefined, _, batched = options[:4]
    n = len(given)
    differentiated = [i for i, t in enumerate(given) if isinstance(t, Tensor) and t.requires_grad]
    weights = (
        tuple(map(random_weight, differentiable(called(func, *given))))
        if grad_outputs is None
        else as_tuple(grad_outputs)
    )

    def first(*args: Any) -> tuple[Tensor, ...]:
        outputs = differentiable(called(func, *args[:n]))
        found = gradients(outputs, [args[i] for i in differentiated], args[n:], create=True)
        return tuple([g for g in found if g is not None])

    return answered(
        lambda: check(first, (*given, *weights), eps, atol, rtol, batched, undefined, nondet), raise_exception
    )


def random_weight(output: Tensor) -> Tensor:
    """Numbers from [-1, 1) for an output's gradient."""
    if output.dtype.is_complex:
        pairs = registry["view_as_real"](registry["empty_like"](output)).uniform_(-1, 1)
        weight = registry["view_as_complex"](pairs)
    else:
        weight = registry["empty_like"](output).uniform_(-1, 1)
    weight = weight.alias()
    weight.requires_grad_slot = True
    return weight
