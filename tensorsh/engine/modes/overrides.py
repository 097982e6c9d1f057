"""Operations on classes that have a say in them: `__torch_function__`, and subclasses of Tensor.

The engine takes a tensor of a subclass as any other (`TENSORS`); the binder of an operation takes only those of
`PLAIN` classes and raises `Overridden` at another, or at any object with `__torch_function__`. Then the call is
put together here: `type(x).__torch_function__(operation, types, args, kwargs)`. What Tensor itself has there runs
the operation with this switched off and makes the results tensors of the subclass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..calls.python_functions import methods_in_python
from ..core import context
from ..core.results import NamedResult
from ..records.op import Op, registry
from ..values.deferred import defer_methods, itself
from ..values.tensor import PLAIN, Tensor, disabled, install
from ..values.wrapping import as_class

#: methods and operators of Tensor that no operation's binder sees, and as which operation they count
AS_OPERATIONS = {
    "__add__": "add", "__radd__": "add", "__sub__": "sub", "__mul__": "mul", "__rmul__": "mul",
    "__truediv__": "div", "__mod__": "remainder", "__matmul__": "matmul", "__pow__": "pow", "__neg__": "neg",
    "__pos__": "positive", "__abs__": "abs", "__iadd__": "add_", "__isub__": "sub_", "__imul__": "mul_",
    "__itruediv__": "div_", "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge", "__ne__": "ne",
    "__ifloordiv__": "floor_divide_", "__imod__": "remainder_", "__ipow__": "pow_", "__rand__": "bitwise_and",
    "__ror__": "bitwise_or", "__rxor__": "bitwise_xor",
}  # fmt: skip
_THEMSELVES = (
    "__rsub__ __rtruediv__ __floordiv__ __rfloordiv__ __rmod__ __rmatmul__ __rpow__ __eq__ __and__ __or__ __xor__ "
    "__lshift__ __rlshift__ __rshift__ __rrshift__ __invert__ __iand__ __ior__ __ixor__ __ilshift__ __irshift__ "
    "__getitem__ __setitem__ __delitem__ __len__ __contains__ __bool__ __float__ __int__ __complex__ __index__ "
    "__reversed__ __repr__ __format__ __array__ __deepcopy__ item tolist numpy "
)
AS_THEMSELVES = tuple(_THEMSELVES.split())
#: those that Python keeps in a slot of its own
SLOTS = frozenset({"__getitem__", "__setitem__", "__delitem__"})
#: operators whose operands come in the other order, and what they are written as
REFLECTED = {"__radd__": "__add__", "__rsub__": "__sub__", "__rmul__": "__mul__", "__rtruediv__": "__truediv__",
             "__rfloordiv__": "__floordiv__", "__rmod__": "__mod__", "__rmatmul__": "__matmul__",
             "__rpow__": "__pow__", "__rand__": "__and__", "__ror__": "__or__", "__rxor__": "__xor__",
             "__rlshift__": "__lshift__", "__rrshift__": "__rshift__"}  # fmt: skip
#: attributes that are tensors
TENSOR_ATTRIBUTES = ("T", "mT", "H", "mH", "real", "imag", "data")
OTHER_ATTRIBUTES = (
    "shape",
    "dtype",
    "device",
    "ndim",
    "requires_grad",
    "grad",
    "is_leaf",
    "grad_fn",
    "layout",
)
#: operators that may leave the answer to the other side
_BINARY = (
    "__add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __floordiv__ __rfloordiv__ "
    "__mod__ __rmod__ __matmul__ __rmatmul__ __pow__ __rpow__ __and__ __rand__ __or__ __ror__ __xor__ __rxor__ "
    "__lshift__ __rlshift__ __rshift__ __rrshift__ __lt__ __le__ __gt__ __ge__ __eq__ __ne__"
)
BINARY = frozenset(_BINARY.split())


class Disabled:
    """`with DisableTorchFunctionSubclass():` tensors of subclasses are tensors like any other."""

    def __enter__(self) -> None:
        context.current().undispatched += 1

    def __exit__(self, *_: object) -> None:
        context.current().undispatched -= 1


def overloaded(values: Iterable[Any], off: bool | None = None, plain: bool = False) -> list[Any]:
    """Those of the arguments that have a say, one of each class: subclasses first, else in their order.

    off     whether tensors of subclasses have none at present
    plain   name a plain tensor, too
    """
    off = bool(context.current().undispatched) if off is None else off
    found: list[Any] = []
    for value in values:
        kind = type(value)
        if kind in PLAIN and not (plain and kind is Tensor):
            continue
        if kind is list or kind is tuple:
            inner = overloaded(value, off, plain)
        else:
            handler = getattr(kind, "__torch_function__", None)
            if handler is None or is_disabled(kind) or (off and issubclass(kind, Tensor)):
                continue
            inner = [value]
        for each in inner:
            kinds = [type(x) for x in found]
            if type(each) not in kinds:
                at = next((i for i, other in enumerate(kinds) if issubclass(type(each), other)), len(found))
                found.insert(at, each)
    return found


def is_disabled(kind: type) -> bool:
    """Whether a class says that its tensors are like any other."""
    for base in kind.__mro__:
        if "__torch_function__" in base.__dict__:
            return base.__dict__["__torch_function__"] is disabled
    return not issubclass(kind, Tensor)


def dispatch(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of an operation with arguments that have a say in it."""
    found = overloaded((*args, *kwargs.values()))
    if not found:
        return op.bound_anyhow(*args, **kwargs)
    python = python_form(op, args, kwargs)
    if python is not None:
        positional, named = python
        found = overloaded((*args, *kwargs.values()), plain=True)
        return ask(op, found, positional, named, no_implementation)
    return ask(op, found, args, kwargs or None)


def ask(
    func: Any, found: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None, failed: Any = None
) -> Any:
    """The answer of the first that has one."""
    context.current().mode.change("a class has its own operations")
    types = tuple([type(value) for value in found])
    for value in found:
        answer = type(value).__torch_function__(func, types, args, kwargs)
        if answer is not NotImplemented:
            return answer
    raise (failed or nobody)(func, types)


def nobody(func: Any, types: tuple[type, ...], mode: Any = None) -> TypeError:
    each = "" if mode is None else f"\n  - mode object {mode!r}"
    each += "".join(f"\n  - tensor subclass {kind!r}" for kind in types)
    return TypeError(
        f"Multiple dispatch failed for '{path_of(func)}'; all __torch_function__ handlers returned NotImplemented:\n"
        f"{each}\n\nFor more information, try re-running with TORCH_LOGS=not_implemented"
    )


def no_implementation(func: Any, types: tuple[type, ...]) -> TypeError:
    return TypeError(
        f"no implementation found for '{path_of(func)}' on types that implement __torch_function__: {list(types)!r}"
    )


def path_of(func: Any) -> str:
    """What messages call a function."""
    if isinstance(func, Op):
        if func.is_method:
            return f"torch.Tensor.{func.__name__}"
        name = func.names[0].removeprefix("torch.")
        from ..calls.python_functions import NATIVE

        return "torch." + (
            name.replace("nn.functional.", "nn.") if name.rpartition(".")[2] in NATIVE else name
        )
    if isinstance(func, Counted):
        return f"torch.Tensor.{func.__name__}"
    return f"{func.__module__}.{func.__name__}"


def python_form(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The arguments as PyTorch's function in Python hands them on: optional ones by their names."""
    from ..calls.python_functions import SPACES, in_python

    name = op.names[0]
    if op.is_method or not name.startswith(SPACES) or not in_python(name):
        return None
    parameters = op.schema.parameters
    if any(p.varargs for p in parameters):
        return None
    values = {p.name: p.default for p in parameters if not p.required}
    if len(args) > len(parameters):
        return None
    values |= {p.name: a for p, a in zip(parameters, args, strict=False)}
    values |= kwargs
    first = tuple([values.pop(p.name) for p in parameters if p.required and p.name in values])
    return first, values


# ------------------------------------------------------------------ what Tensor has


def default(cls: type[Tensor], func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """`Tensor.__torch_function__`: the operation itself, its results as tensors of the class."""
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    with Disabled():
        result = func(*args, **(kwargs or {}))
    return result if getattr(func, "unwrapped", False) else converted(result, cls)


def converted(result: Any, cls: type[Tensor]) -> Any:
    if cls is Tensor:
        return result
    if isinstance(result, Tensor):
        return result if isinstance(result, cls) else as_subclass(result, cls)
    if type(result) in (tuple, list):
        return type(result)([converted(r, cls) for r in result])
    if isinstance(result, NamedResult):
        return type(result)([converted(r, cls) for r in result])
    return result


def as_subclass(t: Tensor, cls: type[Tensor]) -> Tensor:
    """The same memory, and place in the graph, as a tensor of a subclass."""
    made = registry["alias"].run(t)
    return as_class(cls, made.array, made.spec, made)


class Getter:
    """`Tensor.shape.__get__` as `__torch_function__` is told of it."""

    __name__ = "__get__"

    def __init__(self, attribute: str):
        self.attribute = attribute
        self.unwrapped = attribute == "grad"

    def __call__(self, t: Any) -> Any:
        found = getattr(Tensor, self.attribute)
        return found.__get__(t)


class Counted:
    """A method or operator of Tensor as `__torch_function__` is told of it."""

    def __init__(self, name: str):
        self.name = name
        self.__name__ = "__rdiv__" if name == "__rtruediv__" else name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(Tensor, self.name)(*args, **kwargs)

    def __repr__(self) -> str:
        if self.name in methods_in_python():
            return f"<function Tensor.{self.__name__} at {id(self):#x}>"
        kind = "slot wrapper" if self.name in SLOTS else "method"
        return f"<{kind} '{self.name}' of 'torch._C.TensorBase' objects>"


def adopt(cls: type[Tensor]) -> None:
    """Let the operators, methods and attributes of a subclass ask its `__torch_function__`."""
    own = {name for base in cls.__mro__[: cls.__mro__.index(Tensor)] for name in base.__dict__}
    if not _adopted:
        _adopted.add(cls)
        defer_methods()
    for name in (*AS_OPERATIONS, *AS_THEMSELVES):
        if name not in own:
            setattr(cls, name, asking(name))
        elif name in cls.__dict__ and name not in _guarded:
            guard(name)
    custom = "__torch_function__" in own
    for name in (*TENSOR_ATTRIBUTES, *(OTHER_ATTRIBUTES if custom else ())):
        if name not in own:
            setattr(cls, name, attribute(name))


_adopted: set[type[Tensor]] = set()  # the first alone
_guarded: set[str] = set()


def guard(name: str) -> None:
    """Let an operator of Tensor ask, too: a subclass has one of its own, which calls this one by `super()`."""
    _guarded.add(name)
    plain, asked = itself(name), asking(name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if type(self) in PLAIN or context.current().undispatched:
            return plain(self, *args, **kwargs)
        return asked(self, *args, **kwargs)

    method.__name__ = name
    install(name, method)


def asking(name: str) -> Callable[..., Any]:
    """A method of a subclass that asks before it does what Tensor's does."""
    func: Any = Counted(name)
    binary = name in BINARY

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        values = (self, *args)
        found = overloaded(values)
        if not found:
            return getattr(Tensor, name)(self, *args, **kwargs)
        target, operands = func, values
        if name in REFLECTED and isinstance(args[0], Tensor):
            return through(REFLECTED[name], (args[0], self), overloaded((args[0], self)))
        if name in AS_OPERATIONS:
            target = registry[f"Tensor.{AS_OPERATIONS[name]}"].method
        named = kwargs or unnamed(name)
        if not binary:
            return ask(target, found, operands, named)
        return binary_ask(target, found, operands, named)

    method.__name__ = name
    return method


def operator(name: str, self: Any, other: Any) -> Any:
    """An operator of a plain tensor beside something else: NotImplemented if that has no say."""
    found = overloaded((other,))
    return through(name, (self, other), found) if found else NotImplemented


def through(name: str, operands: tuple[Any, ...], found: list[Any]) -> Any:
    """What those operands of an operator that have a say make of it."""
    kind = "eq" if name == "__eq__" else AS_OPERATIONS.get(name)
    target = registry[f"Tensor.{kind}"].method if kind else Counted(name)
    return binary_ask(target, found, operands, unnamed(name))


def unnamed(method: str) -> dict[str, Any] | None:
    """The keywords of a call without any: functions in Python have a dictionary of them, if an empty one."""
    return {} if method in methods_in_python() else None


def binary_ask(target: Any, found: list[Any], operands: tuple[Any, ...], kwargs: Any = None) -> Any:
    """As Python wants it of an operator: NotImplemented where nobody has an answer."""
    try:
        return ask(target, found, operands, kwargs)
    except TypeError:
        return NotImplemented


def attribute(name: str) -> property:
    """An attribute of a subclass that is asked for."""
    func = Getter(name)
    plain = getattr(Tensor, name)

    def get(self: Any) -> Any:
        if context.current().undispatched:
            return plain.__get__(self)
        return ask(func, [self], (self,), None)

    return property(get, plain.fset, plain.fdel, plain.__doc__)
