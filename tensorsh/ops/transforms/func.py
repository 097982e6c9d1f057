"""Functions of functions: `torch.func`'s grad, vjp, jvp, jacrev, jacfwd, hessian, linearize.

They compose: a transform inside another differentiates through what the inner one computed. Arguments and
results may be nested tuples, lists and dictionaries of tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine.core.tree import TreeSpec, flatten, map_leaves, unflatten
from ...engine.records.op import composite
from ...engine.values.tensor import Tensor
from ...errors import BadValue, DTypeError, GradientError, ShapeError
from .recording import Recording, filled
from .vmap import Function, function_name, python_type

JVP = "jvp(f, primals, tangents)"


# ------------------------------------------------------------------ arguments


class Chosen:
    """The arguments a transform differentiates by: which they are, and the tape's leaves in their places."""

    def __init__(self, args: Sequence[Any], argnums: Any):
        self.args = args
        self.alone = isinstance(argnums, int)
        if isinstance(argnums, list):  # brackets of numbers in a call are a list
            argnums = tuple(argnums)
        if not isinstance(argnums, int | tuple):
            raise GradientError(f"argnums must be int or Tuple[int, ...], got: {python_type(argnums)}")
        numbers = argnums if isinstance(argnums, tuple) else (argnums,)
        for n in numbers:
            if not isinstance(n, int):
                raise GradientError(f"argnum must be int, got: {python_type(n)}")
            if not -len(args) <= n < len(args):
                raise BadValue(f"Got argnum={n}, but only {len(args)} positional inputs", code="transform")
        self.numbers = tuple([n % len(args) for n in numbers])
        if not numbers and args:
            raise BadValue("argnums must be non-empty", code="transform")
        if len(set(self.numbers)) != len(numbers):
            raise BadValue(f"argnums elements must be unique, got {argnums}", code="transform")
        self.leaves, self.structure = flatten(tuple([args[n] for n in self.numbers]))
        for leaf in self.leaves:
            if not isinstance(leaf, Tensor):
                raise BadValue(
                    f"Thing passed to transform API must be Tensor, got {python_type(leaf)}",
                    raises=ValueError,
                    code="transform",
                    help="make it a tensor: tensor(3.)",
                )

    def call(self, tape: Recording, func: Function, kwargs: dict[str, Any]) -> Any:
        """The function with the tape's inputs in the places of the chosen arguments."""
        full = list(self.args)
        for n, value in zip(self.numbers, unflatten(tape.inputs, self.structure), strict=True):
            full[n] = value
        return tape.call(lambda *_: func(*full, **kwargs))

    def nested(self, found: Sequence[Any]) -> Any:
        """One value for each leaf, nested as the chosen arguments are."""
        value = unflatten(found, self.structure)
        return value[0] if self.alone else value


def with_aux(out: Any, has_aux: bool, what: str) -> tuple[Any, Any]:
    if not has_aux:
        return out, None
    if not (isinstance(out, tuple) and len(out) == 2):
        raise GradientError(
            f"{what}: output of function f should be a tuple: (output, aux) if has_aux is True",
            code="transform",
        )
    for leaf in flatten(out[1])[0]:
        if not isinstance(leaf, Tensor):
            raise GradientError(
                f"Expected tensors, got unsupported type {python_type(leaf)}", code="transform"
            )
    return out


def output_tensors(out: Any, what: str) -> tuple[list[Tensor], TreeSpec]:
    leaves, structure = flatten(out)
    if not leaves or (len(leaves) == 1 and leaves[0] is None):
        raise GradientError(
            f"{what}: Expected f to be a function that has non-empty output (got output = {leaves})",
            code="transform",
        )
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise GradientError(
                f"{what}: expected f(*primals) to return only tensors, got unsupported type {python_type(leaf)}",
                code="transform",
            )
    return leaves, structure


def named(transformed: Function, func: Function) -> Function:
    """The transformed function under the name of the one it came from, as messages show it."""
    transformed.__name__ = function_name(func)
    return transformed


# ------------------------------------------------------------------ grad


@composite("func.grad_and_value(any func, any argnums=0, bool has_aux=False)", names=("func.grad_and_value",))
def grad_and_value(func, argnums, has_aux):
    """A function that returns (gradient, value) of a scalar function.

    With `has_aux` the function returns (value, anything else), and the result is (gradient, (value, aux)).

    >>> torch.func.grad_and_value(lambda x: x ** 2)(tensor(3.))
    (tensor(6.), tensor(9.))
    """
    what = "grad_and_value(f)(*args)"

    def transformed(*args: Any, **kwargs: Any) -> Any:
        chosen = Chosen(args, argnums)
        tape = Recording(chosen.leaves)
        out, aux = with_aux(chosen.call(tape, func, kwargs), has_aux, what)
        if not isinstance(out, Tensor):
            raise GradientError(
                f"{what}: Expected f(*args) to return a Tensor, got {python_type(out)}",
                code="transform",
            )
        if out.ndim:
            raise ShapeError(
                f"{what}: Expected f(*args) to return a scalar Tensor, got tensor with {out.ndim} dims. Maybe you "
                "wanted to use the vjp or jacrev APIs instead?",
                code="transform",
                help="reduce it (f(x).sum()), or use jacrev for all derivatives",
            )
        if out.dtype.is_complex:
            raise GradientError(
                f"grad can be implicitly created only for real scalar outputs but got {out.dtype}",
                code="transform",
                help="take the real part, or the absolute value, of what the function returns",
            )
        tape.record([out])
        gradient = chosen.nested(filled(tape.pull([None]), tape.inputs))
        value = tape.released(out)
        return (gradient, (value, map_leaves(tape.released, aux))) if has_aux else (gradient, value)

    return named(transformed, func)


@composite("func.grad(any func, any argnums=0, bool has_aux=False)", names=("func.grad",))
def func_grad(func, argnums, has_aux):
    """A function that returns the gradient of a scalar function with respect to argument `argnums`.

    >>> torch.func.grad(lambda x: x ** 3)(tensor(2.))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    def transformed(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return named(transformed, func)


# ------------------------------------------------------------------ vector products


def checked_vjp(func: Function, args: Sequence[Any], argnums: Any, has_aux: bool, what: str) -> Any:
    """(tape, outputs, their structure, the chosen arguments, aux)."""
    chosen = Chosen(args, argnums)
    tape = Recording(chosen.leaves)
    out, aux = with_aux(chosen.call(tape, func, {}), has_aux, "vjp(f, *primals)")
    outputs, structure = output_tensors(out, "vjp(f, *primals)")
    for t in outputs:
        if not (t.dtype.is_floating_point or t.dtype.is_complex):
            raise DTypeError(
                f"{what}: All outputs of f must be floating-point or complex Tensors, got Tensor with dtype "
                f"{t.dtype}"
            )
    tape.record(outputs)
    return tape, outputs, structure, chosen, aux


@composite("func.vjp(any func, any... primals, bool has_aux=False)", names=("func.vjp",))
def func_vjp(func, primals, has_aux):
    """(func(*primals), a function from v to the tuple v · Jacobian, one for each of `primals`).

    >>> value, pull = torch.func.vjp(lambda x: x * x, tensor([1., 2.]))
    >>> pull(ones(2))
    (tensor([2., 4.]),)
    """
    tape, outputs, structure, chosen, aux = checked_vjp(
        func, primals, tuple(range(len(primals))), has_aux, "vjp(f, ...)"
    )

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        weights, given = flatten(cotangents)
        if given != structure:
            raise GradientError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                f"function. cotangents: {given.sketch()}, primal output: {structure.sketch()}",
                code="transform",
            )
        return chosen.nested(filled(tape.pull(weights), tape.inputs))

    out = unflatten([tape.released(t) for t in outputs], structure)
    return (out, pull, map_leaves(tape.released, aux)) if has_aux else (out, pull)


def pushed(func: Function, primals: Any, tangents: Any, has_aux: bool) -> Any:
    """(tape, outputs, structure, aux, tangents as leaves) for the forward transforms."""
    if not isinstance(primals, tuple | list):
        raise GradientError(
            f"{JVP}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).",
            code="transform",
            help="write a tuple of one: (x,)",
        )
    primals = tuple(primals)
    leaves, structure = flatten(primals)
    tangents = tuple(tangents) if isinstance(tangents, list) else tangents
    directions, given = flatten(tangents)
    if given != structure:
        raise GradientError(
            f"{JVP}: Expected primals and tangents to have the same python structure. For example, if primals is "
            f"a tuple of 3 tensors, tangents also must be. Got primals with structure {structure} and tangents "
            f"with structure {given}",
            code="transform",
        )
    for title, values in (("primals", leaves), ("tangents", directions)):
        if not values:
            raise GradientError(f"{JVP}: Expected {title} to contain at least one Tensor.", code="transform")
        for value in values:
            if not isinstance(value, Tensor):
                raise GradientError(
                    f"{JVP}: Expected {title} to only contain Tensors, got {python_type(value)}",
                    code="transform",
                )
    for p, t in zip(leaves, directions, strict=True):
        if p.spec.shape != t.spec.shape:
            raise ShapeError(
                f"Trying to set a forward gradient that has a different size than that of the original Tensor, this "
                f"is not supported. Tensor is of size {list(p.shape)} while the given forward gradient is of size "
                f"{list(t.shape)}.",
                code="transform",
            )
    tape = Recording(leaves)
    out, aux = with_aux(tape.call(lambda *_: func(*unflatten(tape.inputs, structure))), has_aux, JVP)
    outputs, shape = output_tensors(out, JVP)
    tape.record(outputs)
    return tape, outputs, shape, aux, directions


@composite(
    "func.jvp(any func, any primals, any tangents, *, bool strict=False, bool has_aux=False)",
    names=("func.jvp",),
)
def func_jvp(func, primals, tangents, strict, has_aux):
    """(func(*primals), Jacobian · tangents); primals and tangents are tuples.

    >>> torch.func.jvp(lambda x: x * x, (tensor([1., 2.]),), (ones(2),))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    tape, outputs, structure, aux, directions = pushed(func, primals, tangents, has_aux)
    found = tape.push(directions)
    if strict and any(g is None for g in found):
        raise GradientError(
            "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not "
            "allowed with strict=True.",
            code="strict",
        )
    out = unflatten([tape.released(t) for t in outputs], structure)
    forward = unflatten(filled(found, outputs), structure)
    return (out, forward, map_leaves(tape.released, aux)) if has_aux else (out, forward)


@composite("func.linearize(any func, any... primals)", names=("func.linearize",))
def linearize(func, primals):
    """(func(*primals), the function v ↦ Jacobian · v), which calls `func` no more.

    >>> value, push = torch.func.linearize(lambda x: x * x, tensor([1., 2.]))
    >>> push(ones(2))
    tensor([2., 4.])
    """
    tape, outputs, structure, _, _ = pushed(func, primals, primals, False)

    def push(*tangents: Any) -> Any:
        return unflatten(filled(tape.push(flatten(tangents)[0]), outputs), structure)

    return unflatten([tape.released(t) for t in outputs], structure), push
