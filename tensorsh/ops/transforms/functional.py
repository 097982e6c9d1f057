"""Derivatives of functions at given inputs: jacobian, hessian, vector products (`autograd.functional`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...engine.core import context
from ...engine.core.context import GradMode
from ...engine.records.op import composite, registry
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor
from ...engine.values.wrapping import full_spec
from ...errors import ArgumentError, BadValue, GradientError, ShapeError, Unsupported
from .jacobians import columns_of, rows_of, rows_one_by_one
from .recording import Recording, filled

Function = Callable[..., Any]

OPTIONS = "bool create_graph=False, bool strict=False"


def as_tuple(value: Any, what: str, where: str) -> tuple[tuple[Tensor, ...], bool]:
    """A tensor or several, and whether it was one alone."""
    if isinstance(value, list) and context.current().lists:  # brackets of numbers in a call are a list
        value = (
            registry["engine.tensor_of"](value) if not any(isinstance(v, Tensor) for v in value) else value
        )
    several = isinstance(value, tuple)
    items = value if several else (value,)
    for i, item in enumerate(items):
        if not isinstance(item, Tensor):
            which = f"value at index {i}" if several else f"given {what}"
            raise ArgumentError(
                f"The {what} given to {where} must be either a Tensor or a tuple of Tensors but the {which} has "
                f"type <class '{type_name(item)}'>.",
                code="transform",
            )
    return items, not several


class CalledAt:
    """A function called at its inputs, on a tape; strict mode wants every result to depend on every input."""

    def __init__(self, func: Function, inputs: Any, name: str, create: bool, strict: bool):
        given, self.alone = as_tuple(inputs, "inputs", name)
        self.create = create
        self.strict = strict
        self.tape = Recording(given, connect=create, alias="view")
        out = self.tape.call(func)
        self.outputs, self.one = as_tuple(out, "outputs of the user-provided function", name)
        self.tape.record(self.outputs)
        if strict:
            for i, t in enumerate(self.outputs):
                if not t.requires_grad:
                    raise dependence(
                        f"Output {i} of the user-provided function does not require gradients. The outputs must be "
                        "computed in a differentiable manner from the input when running in strict mode."
                    )

    @property
    def inputs(self) -> list[Tensor]:
        return self.tape.inputs

    def scalar(self, name: str) -> None:
        if not self.one:
            raise ShapeError(f"The function given to {name} should return a single Tensor", code="transform")
        if self.outputs[0].spec.numel != 1:
            raise ShapeError(
                f"The Tensor returned by the function given to {name} should contain a single element",
                code="transform",
                help="reduce it: f(x).sum()",
            )

    def kept(self, t: Tensor) -> Tensor:
        """A result, with its graph only where that was asked for."""
        return t if self.create else t.alias()

    def value(self) -> Any:
        kept = tuple(map(self.kept, self.outputs))
        return kept[0] if self.one else kept

    def checked(self, found: Sequence[Tensor | None], like: Sequence[Tensor], missing: str, what: str) -> Any:
        """Zeros where there is no dependence; in strict mode that is an error."""
        if self.strict:
            for i, g in enumerate(found):
                if g is None:
                    raise dependence(missing.format(i))
                if self.create and not g.requires_grad:
                    raise dependence(
                        f"The {what} of the user-provided function is independent of input {i}. This is not allowed "
                        "in strict mode when create_graph=True."
                    )
        return tuple(map(self.kept, filled(found, like)))

    def require(self, found: Sequence[Tensor | None], message: str) -> None:
        for i, g in enumerate(found):
            if self.strict and g is None:
                raise dependence(
                    f"The output of the user-provided function is independent of input {i}. This is not allowed in "
                    "strict mode."
                )
            if self.strict and g is not None and not g.requires_grad:
                raise dependence(message.format(i))


def dependence(message: str) -> Exception:
    return GradientError(message, code="strict", help="strict=False takes a missing dependence as zeros")


def vector(v: Any, like: Sequence[Tensor], alone: bool, name: str, what: str) -> list[Tensor]:
    """The v of a product, checked; ones where it may be left out."""
    if v is None:
        if len(like) != 1 or like[0].spec.numel != 1:
            raise GradientError(f"The vector v can only be None if the {what}", code="transform")
        return [full_spec(like[0].spec, 1)]
    found, _ = as_tuple(v, "v", name)
    if len(found) != len(like):
        if alone:
            raise GradientError("The given v should contain a single Tensor.", code="transform")
        raise GradientError(
            f"v is a tuple of invalid length: should be {len(like)} but got {len(found)}.",
            code="transform",
        )
    for i, (a, b) in enumerate(zip(found, like, strict=True)):
        if a.spec.shape != b.spec.shape:
            head = "" if alone else f"Entry {i} in "
            raise ShapeError(
                f"{head}v has invalid size: should be {b.shape} but got {a.shape}.", code="transform"
            )
    return list(found)


ONE_OUTPUT = "user-provided function returns a single Tensor with a single element."
ONE_INPUT = "input to the user-provided function is a single Tensor with a single element."


# ------------------------------------------------------------------ vector products


@composite(f"vjp(any func, any inputs, any v=None, {OPTIONS})", names=("autograd.functional.vjp",))
def vjp(func, inputs, v, create_graph, strict):
    """(func(inputs), v · Jacobian).

    >>> vjp(lambda x: x * x, tensor([1., 2.]), tensor([1., 1.]))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    call = CalledAt(func, inputs, "vjp", create_graph, strict)
    weights = vector(v, call.outputs, call.one, "vjp", ONE_OUTPUT)
    with GradMode(True):
        found = call.tape.pull(weights, create_graph)
    result = call.checked(found, call.inputs, INDEPENDENT, "jacobian")
    return call.value(), (result[0] if call.alone else result)


INDEPENDENT = (
    "The output of the user-provided function is independent of input {}. This is not allowed in strict mode."
)


@composite(f"jvp(any func, any inputs, any v=None, {OPTIONS})", names=("autograd.functional.jvp",))
def jvp(func, inputs, v, create_graph, strict):
    """(func(inputs), Jacobian · v).

    >>> jvp(lambda x: x * x, tensor([1., 2.]), tensor([1., 1.]))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    given, alone = as_tuple(inputs, "inputs", "jvp")
    tangents = vector(v, given, alone, "jvp", ONE_INPUT)
    call = CalledAt(func, inputs, "jvp", create_graph, strict)
    with GradMode(True):
        found = call.tape.push(tangents, create_graph)
    missing = (
        "The gradient with respect to the input is independent of entry {} in the grad_outputs when using the double "
        "backward trick to compute forward mode gradients. This is not allowed in strict mode."
    )
    result = call.checked(found, call.outputs, missing, "jacobian")
    return call.value(), (result[0] if call.one else result)


def second(
    func: Function, inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple[Any, Any]:
    """The value and Hessian · v of a scalar function; the Hessian is symmetric, so it is v · Hessian too."""
    given, alone = as_tuple(inputs, "inputs", name)
    weights = vector(v, given, alone, name, ONE_INPUT)
    call = CalledAt(func, inputs, name, create_graph, strict)
    call.scalar(name)
    first = call.tape.pull([None], True)
    call.require(first, JACOBIAN)
    found = call.tape.further(filled(first, call.inputs)).pull(weights, create_graph)
    missing = INDEPENDENT.replace("output", "jacobian")
    result = call.checked(found, call.inputs, missing, "hessian")
    return call.value(), (result[0] if call.alone else result)


JACOBIAN = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input {} is "
    "independent of the input. This is not allowed in strict mode. You should ensure that your function is twice "
    "differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for "
    "example)."
)


@composite(f"hvp(any func, any inputs, any v=None, {OPTIONS})", names=("autograd.functional.hvp",))
def hvp(func, inputs, v, create_graph, strict):
    """(func(inputs), Hessian · v) of a scalar function.

    >>> hvp(lambda x: (x ** 3).sum(), tensor([1., 2.]), tensor([1., 0.]))
    (tensor(9.), tensor([6., 0.]))
    """
    return second(func, inputs, v, create_graph, strict, "hvp")


@composite(f"vhp(any func, any inputs, any v=None, {OPTIONS})", names=("autograd.functional.vhp",))
def vhp(func, inputs, v, create_graph, strict):
    """(func(inputs), v · Hessian) of a scalar function.

    >>> vhp(lambda x: (x ** 3).sum(), tensor([1., 2.]), tensor([1., 0.]))
    (tensor(9.), tensor([6., 0.]))
    """
    return second(func, inputs, v, create_graph, strict, "vhp")


# ------------------------------------------------------------------ Jacobian and Hessian


@composite(
    f"jacobian(any func, any inputs, {OPTIONS}, bool vectorize=False, str strategy='reverse-mode')",
    names=("autograd.functional.jacobian",),
)
def jacobian(func, inputs, create_graph, strict, vectorize, strategy):
    """The Jacobian of `func` at `inputs`: shape output.shape + input.shape (a tuple for several).

    `strategy` says which way it is computed, row by row ("reverse-mode") or column by column
    ("forward-mode"). All rows are computed at once, but without `vectorize` one by one where the graph has hooks,
    which may look at what they are given.

    >>> jacobian(lambda x: x ** 2, tensor([1., 3.]))
    tensor([[2., 0.],
            [0., 6.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise BadValue(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more '
            'outputs than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use '
            '"reverse-mode".',
            raises=AssertionError,
        )
    forward = strategy == "forward-mode"
    if forward:
        refuse_forward(create_graph, strict, vectorize)
    call = CalledAt(func, inputs, "jacobian", create_graph, strict)
    if strict and vectorize:
        raise Unsupported(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. "
            "Please either set `strict=False` or `vectorize=False`.",
            raises=RuntimeError,
        )
    if strict:
        strict_rows(call)
    for out in () if vectorize else call.outputs:
        if out.dtype.is_complex and out.requires_grad:
            raise GradientError(
                f"grad can be implicitly created only for real scalar outputs but got {out.dtype}",
                code="implicit-gradient",
            )
    with GradMode(True):
        if forward:
            blocks = columns_of(call.tape, call.outputs)
        elif not vectorize and call.tape.has_hooks():
            blocks = rows_one_by_one(call.tape, call.outputs, create_graph)
        else:
            blocks = rows_of(call.tape, call.outputs, None, create_graph)
    rows = [tuple(map(call.kept, row)) for row in blocks]
    found = tuple([row[0] if call.alone else row for row in rows])
    return found[0] if call.one else found


def refuse_forward(create_graph: bool, strict: bool, vectorize: bool) -> None:
    """What PyTorch does not combine with the forward strategy."""
    name = "torch.autograd.functional.jacobian: "
    if create_graph:
        raise Unsupported(
            f'{name}`create_graph=True` and `strategy="forward-mode"` are not supported together (yet). Please either '
            'set `create_graph=False` or `strategy="reverse-mode"`.'
        )
    if strict:
        raise Unsupported(
            f'{name}`strict=True` and `strategy="forward-mode"` are not supported together (yet). Please either set '
            '`strict=False` or `strategy="reverse-mode"`.',
            raises=RuntimeError,
        )
    if not vectorize:
        raise Unsupported(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for "
            "`vectorize=True`."
        )


def strict_rows(call: CalledAt) -> None:
    """Every output must depend on every input."""
    for i, out in enumerate(call.outputs):
        found = call.tape.pull([full_spec(out.spec, 1)], call.create, only=[i])
        for j, g in enumerate(found):
            if g is None:
                raise dependence(
                    f"Output {i} of the user-provided function is independent of input {j}. This is not allowed in "
                    "strict mode."
                )
            if call.create and not g.requires_grad:
                raise dependence(
                    f"The jacobian of the user-provided function is independent of input {i}. This is not allowed in "
                    "strict mode when create_graph=True."
                )


@composite(
    f"hessian(any func, any inputs, {OPTIONS}, bool vectorize=False, str outer_jacobian_strategy='reverse-mode')",
    names=("autograd.functional.hessian",),
)
def hessian(func, inputs, create_graph, strict, vectorize, outer_jacobian_strategy):
    """The second derivatives of a scalar function at `inputs`; a tuple of tuples for several inputs.

    >>> hessian(lambda x: (x ** 3).sum(), tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise BadValue(
            'Expected strategy to be either "forward-mode" or "reverse-mode".', raises=AssertionError
        )
    alone = as_tuple(inputs, "inputs", "hessian")[1]

    def gradient(*args: Tensor) -> Any:
        call = CalledAt(func, args, "hessian", True, strict)
        call.scalar("hessian")
        found = call.tape.pull([None], True)
        call.require(found, JACOBIAN)
        return tuple(filled(found, call.inputs))

    given = (inputs,) if alone else tuple(inputs)
    rows = jacobian(gradient, given, create_graph, strict, vectorize, outer_jacobian_strategy)
    return rows[0][0] if alone else rows
