"""Tensors inside `vmap`: each looks like one slice and holds them all.

`vmap(f)` calls `f` once. Its arguments are `Batched`: their `spec` is that of a slice, their `value` is a
tensor with the mapped dimension in front (itself a `Batched` of an outer `vmap`, if there is one). An
operation that meets one is run by its rule on the values (`engine.modes.slices`); one without a rule runs slice by
slice, and its results are stacked. Only the values have a graph, so a gradient walks back through the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn

from ...errors import BadValue, Facts, ShapeError, know
from ..core.tree import flatten, map_leaves, unflatten
from ..records.op import registry
from .tensor import Tensor, formatters
from .wrapping import full_spec

CONTROL_FLOW = (
    "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't "
    "support that yet, please file an issue at https://github.com/pytorch/pytorch/issues ."
)
ITEM = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a "
    "Tensor, please try to rewrite what you're doing with other operations. If error is occurring somewhere "
    "inside PyTorch internals, please file a bug report."
)
NO_STORAGE = "Cannot access data pointer of Tensor that doesn't have storage"
HELP = "inside vmap a tensor stands for all slices at once: use where(condition, a, b), or a loop"


def refuse_dynamic(op: Any) -> None:
    """PyTorch's refusal of an operation whose results have another shape for each slice."""
    what = getattr(op, "dynamic", None)
    if what is None:
        return
    raise ShapeError(
        f"vmap: {what} Please file an issue at https://github.com/pytorch/pytorch/issues if you need this feature.",
        code="vmap",
        help=HELP,
    )


class Unbatchable(Facts):
    """Something asked a batched tensor for its array; the operation that did is run slice by slice."""

    __slots__ = ()


class Batched(Tensor, inner=True):
    """One slice to look at, all of them in `value`, whose first dimension `level`'s vmap maps over."""

    __slots__ = ("level", "value")

    public: ClassVar[set[str]] = Tensor.public

    def __new__(cls, value: Tensor, level: int) -> Batched:
        return object.__new__(cls)

    def __init__(self, value: Tensor, level: int):
        self.value = value
        self.level = level
        self.spec = value.spec.with_shape(value.spec.shape[1:])
        self.grad_slot = None
        self.view_of = None
        self.counter = None
        self.output_index = 0
        self.retains = False

    @property
    def slices(self) -> int:
        return self.value.spec.shape[0]

    # -- its place in the graph is that of its value

    @property
    def node(self) -> Any:  # type: ignore[override]
        return self.value.node

    @property
    def requires_grad_slot(self) -> bool:
        return self.value.requires_grad_slot

    @requires_grad_slot.setter
    def requires_grad_slot(self, flag: bool) -> None:
        self.value.requires_grad_slot = flag

    @property
    def grad_fn(self) -> Any:
        return self.value.grad_fn

    def alias(self) -> Tensor:
        return Batched(self.value.alias(), self.level)

    @property
    def mapped(self) -> bool:
        return True

    def beside(self, new: Tensor) -> Tensor:
        return Batched(registry["clone"](expanded(new, self.slices)), self.level)

    @property
    def in_order(self) -> bool:
        return True  # the rule of `view` copies where it must

    # -- it has no values to look at

    @property
    def array(self) -> NoReturn:  # type: ignore[override]
        raise know(RuntimeError(NO_STORAGE), Unbatchable("type", "vmap", HELP))

    def values_or_error(
        self, what: str, message: str | None = None, raises: type[Exception] = RuntimeError
    ) -> NoReturn:
        raise BadValue(ITEM if what == "Tensor.item()" else NO_STORAGE, code="vmap", help=HELP)

    def __bool__(self) -> bool:
        raise BadValue(CONTROL_FLOW, code="vmap", help=HELP)

    def __repr__(self) -> str:
        return str(formatters["levels"](self))

    def __format__(self, format_spec: str) -> str:
        if self.spec.shape:
            return repr(self)
        return self.item()

    def __hash__(self) -> int:
        return id(self)


def expanded(t: Tensor, size: int) -> Tensor:
    """The same tensor for each slice."""
    return registry["Tensor.expand"](t, size, *t.spec.shape)


def lifted(t: Tensor, level: int, size: int) -> Tensor:
    """What a tensor is for each slice, the batch in front, also where it is the same for all."""
    return t.value if type(t) is Batched and t.level == level else expanded(t, size)


def batched_in(value: Any) -> list[Batched]:
    """The batched tensors in (nested) arguments."""
    return [leaf for leaf in flatten(value)[0] if type(leaf) is Batched]


for _name, _value in (("__module__", "torch"), ("__name__", "Tensor"), ("__qualname__", "Tensor")):
    type.__setattr__(Batched, _name, _value)  # to a program it is a tensor like any other


def over_slices(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call `function` once for each slice of the innermost vmap and stack what it returns."""
    found = batched_in((args, kwargs))
    if not found:
        return function(*args, **kwargs)
    refuse_dynamic(function)
    level = max(t.level for t in found)
    size = next(t.slices for t in found if t.level == level)

    def at(i: int) -> Callable[[Any], Any]:
        def pick(t: Any) -> Any:
            if type(t) is not Batched or t.level != level:
                return t
            return registry["select"](t.value, 0, i) if size else full_spec(t.spec, 0)

        return pick

    results = []
    for i in range(max(size, 1)):
        call_args, call_kwargs = map_leaves(at(i), (args, kwargs))
        results.append(function(*call_args, **call_kwargs))
    return stacked(results, level, size)


def stacked(results: Sequence[Any], level: int, size: int) -> Any:
    """The results of all slices as one: tensors stacked, anything else the same for all."""
    parts = [flatten(result)[0] for result in results]
    structure = flatten(results[0])[1]
    joined = []
    for each in zip(*parts, strict=True):
        first = each[0]
        if not isinstance(first, Tensor):
            if any(other != first for other in each):
                raise BadValue(CONTROL_FLOW, code="vmap", help=HELP)
            joined.append(first)
            continue
        if any(t.spec is not first.spec for t in each):
            raise ShapeError(
                "vmap: We do not support batching operators that can output dynamic shape.",
                code="vmap",
                help="every slice must give a result of the same shape",
            )
        if size == 0:
            joined.append(Batched(full_spec(first.spec.with_shape((0, *first.spec.shape)), 0), level))
        else:
            joined.append(Batched(registry["stack"](list(each), 0), level))
    return unflatten(joined, structure)
