"""The graph as programs see it: `grad_fn` and what `next_functions` lead to.

A node of the engine is plain data; what a program gets is made when it asks, of a class that is called as the
operation's node is: `type(y.grad_fn).__name__` is "MulBackward0".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from ...errors import ArgumentError, GradientError
from ...kinds import Kind, describe
from ..core import context
from ..core.sealed import seal
from ..records.op import registry
from ..records.recorded import native_name
from ..values.tensor import TENSORS
from .hooks import RemovableHandle, add, hooks_of
from .node import FREED, SECOND_TIME, Node
from .saved import unpacked
from .walk import accumulate

#: what was made for a node or a leaf, as long as somebody has it
_shown: WeakValueDictionary[int, Any] = WeakValueDictionary()


class GraphNode:
    """A node of the graph; `torch.autograd.graph.Node`."""

    __slots__ = ("__dict__", "__weakref__", "_node")

    _node: Any

    #: what programs may use of it
    public: ClassVar[frozenset[str]] = frozenset(
        {"name", "next_functions", "metadata", "register_hook", "register_prehook", "requires_grad"}
    )

    def name(self) -> str:
        """PyTorch's name of it."""
        return str(self._node.name())

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """For each argument with a derivative: (the node it came from or None, which of its outputs it is)."""
        return tuple([(None, 0) if e is None else (shown(e[0]), e[1]) for e in self._node.inputs()])

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for whatever a program wants to note."""
        return self.__dict__.setdefault("_metadata", {})

    @property
    def requires_grad(self) -> bool:
        return True

    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(gradients of the inputs, gradients of the outputs)` after each of its steps."""
        return add(hooks_of(self._node).after, fn)

    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(gradients of the outputs)` before each of its steps."""
        return add(hooks_of(self._node).before, fn)

    def _sequence_nr(self) -> int:
        return int(self._node.seq)


class OperationNode(GraphNode):
    """The node of an operation; `_saved_self`, `_saved_result`, … are what its derivative needs."""

    __slots__ = ()

    def __call__(self, *grads: Any, **named: Any) -> Any:
        """One step of a walk: the gradients of the inputs (one alone, else a tuple), given those of the outputs."""
        specs = self._node.output_specs  # indices have no gradient
        check_gradients(
            grads, named, sum(spec.dtype.is_floating_point or spec.dtype.is_complex for spec in specs)
        )
        given = [*grads, *[None] * (len(specs) - len(grads))]
        found: dict[int, Any] = {id(edge): grad for edge, grad in self._node.differentiate(given)}
        answers = tuple([None if edge is None else found.get(id(edge)) for edge in self._node.inputs()])
        return answers[0] if len(answers) == 1 else answers

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_saved_"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        found = saved_value(self._node, name.removeprefix("_saved_"))
        if found is FREED:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return found

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(f"_saved_{name}" for name in saved_names(self._node))]


class AccumulateGrad(GraphNode):
    """Where a leaf's gradient arrives: its `variable`."""

    __slots__ = ()

    public = GraphNode.public | {"variable"}

    @property
    def variable(self) -> Any:
        return self._node

    def __call__(self, *grads: Any, **named: Any) -> Any:
        check_gradients(grads, named, 1)
        accumulate(self._node, grads[0], False)
        return ()

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        return ()

    def _sequence_nr(self) -> int:
        return 2**64 - 1


AccumulateGrad.__module__ = "builtins"


def check_gradients(grads: tuple[Any, ...], named: dict[str, Any], wanted: int) -> None:
    """PyTorch's TypeErrors for a call of a node."""
    if named:
        raise ArgumentError("keyword arguments are not supported")
    if len(grads) != wanted:
        raise ArgumentError(f"expected {wanted} arguments, got {len(grads)} instead")
    for i, grad in enumerate(grads):
        if grad is not None and type(grad) not in TENSORS:
            raise ArgumentError(f"argument {i} is not a Variable")


def shown(target: Any) -> Any:
    """What a program sees of a node, or of a leaf."""
    found = _shown.get(id(target))
    if found is None:
        context.current().mode.observe("the graph is looked at")
        if type(target) in TENSORS:
            found = AccumulateGrad()
        else:
            found = target.face()
        found._node = target
        _shown[id(target)] = found
    return found


@cache
def class_named(name: str) -> type[OperationNode]:
    """The class of nodes of that name."""
    made = type(name, (OperationNode,), {"__slots__": (), "__module__": "builtins"})
    seal((made,))
    return made


# ------------------------------------------------------------------ what a node saves


def saved_names(node: Node) -> list[str]:
    """The names of what an operation's derivative saves, as PyTorch has them."""
    if node.args is FREED or not node.args:
        return []
    found = []
    for i, value in enumerate(node.args):
        if value is None and (i in node.op.tensors or i in node.op.lists):
            continue
        found.append(written(node, i))
    return found + (["result"] if node.outputs is not None else [])


def written(node: Node, i: int) -> str:
    return native_name(node.op.schema.parameters[i].name)


def saved_value(node: Node, name: str) -> Any:
    """What is saved under a name; FREED if nothing is."""
    if node.args is FREED and node.saves:
        raise GradientError(SECOND_TIME, code="graph-freed")
    if name == "result" and node.outputs is not None:
        return node._output(0)
    names = [written(node, i) for i in range(len(node.args))]
    if name not in names:
        return FREED
    value = unpacked(node.args[names.index(name)])
    if type(value) is float or type(value) is int:
        return registry["tensor"](value) if node.rules.wraps(names.index(name)) else value
    return value


GraphNode.__module__, GraphNode.__name__, GraphNode.__qualname__ = "torch.autograd.graph", "Node", "Node"
# it can be called, but is no function
describe(GraphNode, Kind(text=lambda node, options: f"<{type(node).__name__} object>"))
