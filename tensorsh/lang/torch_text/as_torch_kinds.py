"""What an expression is, as far as its text and the variables tell: for `as_torch_text`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...engine.records.op import Op, registry
from ...engine.values.tensor import Tensor
from ..names.host import Dual
from ..names.namespace import Namespace
from ..syntax import ast

if TYPE_CHECKING:
    from .as_torch import Translation


#: parameters of any type that tensors are given for
TAKERS = frozenset({"tensors", "args", "inputs", "outputs", "primals", "tangents", "v"})


class Kinds:
    """What the pieces of one text are; `local` holds the names of the functions that we are inside of."""

    def __init__(self, whole: Translation, pythonic: bool):
        self.whole, self.pythonic = whole, pythonic
        self.local: list[frozenset[str]] = []

    def free(self, name: str) -> bool:
        return name not in self.whole.known and not any(name in names for names in self.local)

    def operation(self, function: ast.Expr) -> Op | None:
        """The operation that a call is of, if it can be told."""
        if isinstance(function, ast.Name) and self.free(function.id):
            value = self.whole.builtin(function.id)
            value = value.op if isinstance(value, Dual) and value.name != "range" else value
            value = getattr(value, "__self__", value)
            found = value if isinstance(value, Op) else registry.get(function.id)
            return found if isinstance(found, Op) else None
        if isinstance(function, ast.Attribute):
            root = self.whole.builtin(root_of(function))
            name = function.name if isinstance(root, Namespace) else f"Tensor.{function.name}"
            if isinstance(root, Namespace):
                path = function.span.text.removeprefix("torch.").removeprefix("F.")
                paths = (path, f"nn.functional.{path}")
                name = next((each for each in paths if each in registry), function.name)
            found = registry.get(name)
            return found if isinstance(found, Op) else None
        return None

    def is_namespace(self, function: ast.Expr) -> bool:
        """Whether a dotted name begins with `torch`, `F`, …"""
        root = root_of(function)
        return self.free(root) and isinstance(self.whole.builtin(root), Namespace)

    def kind_of_name(self, name: str) -> str | None:
        """What its statement tells; of a name that is not bound again its value in the end, too."""
        found, whole = self.whole.kinds.get(name), self.whole
        if found is None and (not whole.left[name] or name in whole.once) and name in whole.session:
            return kind_of_value(whole.session[name])
        return found

    def is_optimizer(self, name: str) -> bool:
        """Whether a variable holds an optimiser of tensorsh's own programs."""
        from ...train.optim import Optimizer

        return (
            not self.free(name)
            and name in self.whole.session
            and isinstance(self.whole.session[name], Optimizer)
        )

    def kind(self, node: Any) -> str | None:
        """`tensor`, `number`, `list`; None where it cannot be told."""
        match node:
            case ast.TensorLiteral():
                return "list" if self.pythonic else "tensor"
            case ast.Constant(value=bool() | int() | float() | complex()):
                return "number"
            case ast.Constant():
                return None
            case ast.ListExpr():
                return "list"
            case ast.Convert() | ast.GradOf():
                return "tensor"
            case ast.GradWrt(wrt_many=many):
                return None if many else "tensor"
            case ast.Unary(operand=operand):
                return None if node.op == "not" else self.kind(operand)
            case ast.Binary(left=left, right=right):
                kinds = {self.kind(left), self.kind(right)}
                return "tensor" if "tensor" in kinds else "number" if kinds == {"number"} else None
            case ast.Name(id=name) if not self.free(name) and not self.local:
                return self.kind_of_name(name)
            case ast.Attribute(name="shape"):
                return "list"
            case ast.Attribute(value=value, name="T" | "mT" | "H" | "real" | "imag" | "data"):
                return self.kind(value)
            case ast.Subscript(value=value):
                return "tensor" if self.kind(value) == "tensor" else None
            case ast.Call(function=function):
                op = self.operation(function)
                if getattr(op, "factory", False) is True:
                    return "tensor"
                if (
                    op is None
                    or not getattr(op, "elementwise", False)
                    or isinstance(self.whole.builtin(root_of(function)), Dual)
                ):
                    return None
                if isinstance(function, ast.Attribute) and not self.is_namespace(function):
                    return self.kind(function.value)
                return "tensor"
        return None


def root_of(function: ast.Expr) -> str:
    """The first name of a dotted one; "" for anything else."""
    while isinstance(function, ast.Attribute):
        function = function.value
    return function.id if isinstance(function, ast.Name) else ""


def takes_tensor(op: Op, index: int, keyword: str | None) -> Any:
    """Whether the parameter that an argument is for takes a tensor ("list": tensors in a list, "any": either)."""
    parameters = op.schema.parameters
    if keyword is not None:
        found = next((p for p in parameters if p.name == keyword), None)
    else:
        found = parameters[index] if index < len(parameters) else None
        if found is None and parameters and parameters[-1].varargs:
            found = parameters[-1]
    if found is None:
        return False
    if found.type in ("any", "any..."):
        return "any" if found.name in TAKERS else False
    return "list" if found.type == "Tensor[]" else found.type.startswith("Tensor")


def kind_of_value(value: Any) -> str | None:
    """The same of a value."""
    if isinstance(value, Tensor):
        return "tensor"
    if isinstance(value, bool | int | float | complex):
        return "number"
    return "list" if isinstance(value, list) else None
