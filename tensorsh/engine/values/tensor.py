"""The tensor: an array, its spec, and its place in the graph.

A tensor holds a NumPy array (views share memory just as PyTorch's do), the interned spec of it, and
what autograd knows: `requires_grad`, `.grad`, the node that made it (`grad_fn`), and for a view the
base it looks into. Methods and operators are put here by the operation records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...errors import ArgumentError, BadValue, DeviceError, unknown_attribute
from ...kinds import described_in
from ..core import context
from ..core import dtype as dt
from ..core.device import Device, cpu, hollow
from ..core.dtype import DType
from ..core.mode import ABSENT, EAGER
from ..core.results import Size
from ..core.sealed import in_force, left_to_themselves
from ..core.spec import Spec
from ..core.warn import warn
from ..records import op

if TYPE_CHECKING:
    from ..graph.node import Node
    from .tensor_methods import TensorMethods
    from .view import View
else:
    TensorMethods = object

NUMBERS = frozenset((bool, int, float, complex))
#: what the engine keeps of a tensor
SLOTS = (
    "array", "counter", "grad_slot", "node", "output_index", "requires_grad_slot", "retains", "spec", "view_of",
)  # fmt: skip


def disabled(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """As `__torch_function__` of a class: its tensors are like any other, and so are results."""
    return func(*args, **(kwargs or {}))


def takes_nothing(name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Exception:
    """What a method in C says that has no parameters."""
    what = "keyword arguments" if named else f"arguments ({len(given)} given)"
    return ArgumentError(f"TensorBase.{name}() takes no {what}", code="signature")


class TensorMeta(type):
    """Finds methods of tensors whose module is not imported yet: `torch.Tensor.add`."""

    def __getattr__(cls, name: str) -> Any:
        if name[:2] != "__" and op.registry.load(f"Tensor.{name}"):
            return getattr(cls, name)
        raise AttributeError(f"type object '{cls.__name__}' has no attribute '{name}'")

    def __dir__(cls) -> list[str]:
        """Also those that are not imported yet, and nothing of the engine's."""
        return sorted({*super().__dir__(), *Tensor.public} - OWN)

    def __setattr__(cls, name: str, value: Any) -> None:
        """Tensor itself belongs to all sessions: while one runs, only `install` adds to it."""
        if cls is Tensor and in_force():
            raise TypeError(f"cannot set {name!r} attribute of immutable type 'torch.Tensor'")
        super().__setattr__(name, value)

    def __delattr__(cls, name: str) -> None:
        if cls is Tensor and in_force():
            raise TypeError(f"cannot set {name!r} attribute of immutable type 'torch.Tensor'")
        super().__delattr__(name)


TensorMeta.__module__, TensorMeta.__name__, TensorMeta.__qualname__ = "torch._C", "_TensorMeta", "_TensorMeta"


class Tensor(TensorMethods, metaclass=TensorMeta):
    """A multi-dimensional array of one dtype on one device, with PyTorch's semantics.

    Embedding programs use `.numpy() .tolist() .item() .shape .dtype .device .requires_grad .grad
    .grad_fn .is_leaf` and every operation as a method.
    """

    __slots__ = (
        "__dict__",  # what a program hangs onto it: `loss.name = "train"`
        "__weakref__",
        "array",
        "conjugate",
        "counter",
        "grad_slot",
        "leaf_hooks",
        "node",
        "output_index",
        "requires_grad_slot",
        "retains",
        "spec",
        "view_of",
    )

    array: np.ndarray[Any, Any]
    conjugate: bool  # set on what `conj` gave: PyTorch tells it from numbers computed now
    spec: Spec
    requires_grad_slot: bool
    grad_slot: Tensor | None
    node: Node | None
    output_index: int  # which output of `node` this is
    leaf_hooks: Any  # what is called at it, once there is anything (`hooks.LeafHooks`)
    counter: list[int] | None  # version, shared by all that share memory; None is 0
    view_of: View | None  # what it looks into, if it is a view
    retains: bool

    #: attribute names the language may use; operations add theirs
    public: ClassVar[set[str]] = set()

    #: NumPy leaves binary operators with a tensor to the tensor
    __array_priority__ = 1000

    def __new__(cls, *values: Any, **options: Any) -> Any:
        """PyTorch's old constructor: `Tensor(2, 3)` of sizes, `Tensor([1, 2])` of values, of the default dtype."""
        from ..calls.constructor import constructed

        return constructed(cls, values, options)

    def __init_subclass__(cls, inner: bool = False, **options: Any) -> None:
        """Operations take a tensor of a subclass after asking its `__torch_function__`; `inner`: not at all."""
        super().__init_subclass__(**options)
        if inner:
            return
        from ..modes.overrides import adopt, is_disabled
        from .own_names import set_apart

        set_apart(cls)
        TENSORS.add(cls)
        if is_disabled(cls):
            PLAIN.add(cls)
        else:
            adopt(cls)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """The operation `func` on arguments of which some are of this class: its results are so, too."""
        from ..modes.overrides import default

        return default(cls, func, types, args, kwargs)

    # -- the engine's side

    @property
    def version(self) -> int:
        """How many in-place changes its memory has seen."""
        return 0 if self.counter is None else self.counter[0]

    def shared_counter(self) -> list[int]:
        if self.counter is None:
            self.counter = [0]
        return self.counter

    def alias(self) -> Tensor:
        """The same memory outside the graph (`detach`)."""
        out = make_tensor(self.array, self.spec)
        out.counter = self.shared_counter()
        if self.spec.dtype.is_complex and op.registry["is_conj"](self):
            out.conjugate = True
        return out

    @property
    def mapped(self) -> bool:
        """Whether a vmap maps over it: then it stands for many."""
        return False

    def beside(self, new: Tensor) -> Tensor:
        """A tensor made after this one (`zeros_like`); where a vmap maps over this one, over that too."""
        return new

    @property
    def in_order(self) -> bool:
        """Whether its elements lie in memory in order."""
        if self.spec.is_meta:
            from .view_bases import in_order

            return in_order(self)
        return bool(self.array.flags.c_contiguous)

    def __getattr__(self, name: str) -> Any:
        """A method whose module is not imported yet; what a trace has laid aside."""
        if op.registry.load(f"Tensor.{name}"):
            return object.__getattribute__(self, name)
        found = context.current().mode.hung(self, name)
        if found is not ABSENT:
            return found
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self)

    # -- what users read

    @property
    def shape(self) -> Size:
        return self.spec.size

    @property
    def dtype(self) -> DType:
        return self.spec.dtype

    @property
    def device(self) -> Device:
        of = self.spec.device
        return cpu if of is hollow else of

    @property
    def ndim(self) -> int:
        return len(self.spec.shape)

    @property
    def requires_grad(self) -> bool:
        return self.requires_grad_slot or (self.view_of is not None and self.view_of.base.requires_grad_slot)

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        from ..graph.assigned import check_flag

        check_flag(flag, self)
        if flag != self.requires_grad_slot:
            context.current().journal.save_attributes(self, "requires_grad_slot")
            self.requires_grad_slot = flag

    def _warn_not_a_leaf(self) -> None:
        if self.requires_grad and not self.retains and not self.is_leaf:
            warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated "
                "for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf "
                "Tensor by mistake, make sure you access the leaf Tensor instead. See "
                "github.com/pytorch/pytorch/pull/30531 for more information.",
                internal="build/aten/src/ATen/core/TensorBody.h:493",
                help="call .retain_grad() on it before backward",
                operands=(self,),
            )

    @property
    def grad(self) -> Tensor | None:
        if self.grad_slot is None and (self.node is not None or self.view_of is not None):
            self._warn_not_a_leaf()
        return self.grad_slot

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            from ..graph.assigned import check_gradient

            check_gradient(value, self)
        context.current().journal.save_attributes(self, "grad_slot")
        self.grad_slot = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    @property
    def grad_fn(self) -> Any:
        from ..graph.grad_fn import shown

        return None if self.is_leaf else shown(self.node)

    @property
    def is_leaf(self) -> bool:
        if self.view_of is not None:
            from ..graph.node import refresh

            refresh(self)
        return self.node is None

    @property
    def retains_grad(self) -> bool:
        context.current().mode.observe("whether a gradient is retained is looked at")
        return self.retains

    @property
    def is_meta(self) -> bool:
        return self.spec.is_meta

    def __repr__(self) -> str:
        return str(formatters["repr"](self))

    def __format__(self, format_spec: str) -> str:
        return str(formatters["format"](self, format_spec))

    # -- values

    def values_or_error(
        self, what: str, message: str | None = None, raises: type[Exception] = RuntimeError
    ) -> np.ndarray[Any, Any]:
        """The array of a tensor that has values; `what` needs them."""
        if self.spec.is_meta:
            raise no_values(message or f"{what} cannot be called on meta tensors", raises)
        if context.current().mode is not EAGER:
            context.current().mode.look(self)
        return self.array

    def item(self, *given: Any, **named: Any) -> Any:
        """The one element as a Python number."""
        if given or named:
            raise takes_nothing("item", given, named)
        if self.spec.numel != 1:
            raise BadValue(
                f"a Tensor with {self.spec.numel} elements cannot be converted to Scalar",
                help="reduce it first (x.sum(), x.mean(), x.max()) or pick an element: x[0]",
            )
        mode = context.current().mode
        return self.values_or_error("Tensor.item()").item() if mode is EAGER else mode.item(self)

    def tolist(self, *given: Any, **named: Any) -> Any:
        """Nested lists of Python numbers (a number for 0 dimensions)."""
        if given or named:
            raise takes_nothing("tolist", given, named)
        array = self.values_or_error("", "Cannot copy out of meta tensor; no data!", NotImplementedError)
        if array.size < 1 << 20:
            return array.tolist()
        from .listed import listed

        return listed(array)

    def numpy(self, *given: Any, force: bool = False, **named: Any) -> np.ndarray[Any, Any]:
        """The array itself: it shares memory with the tensor. `force` takes it out of the graph first."""
        from .arrays import of_method

        return of_method(self, given, named, force)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        from .arrays import of_tensor

        return of_tensor(self, dtype, copy)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What a function of NumPy made of a tensor, as a tensor."""
        from .arrays import of_function

        return of_function(array)

    def __dlpack__(self, **options: Any) -> Any:
        if self.requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.numpy().__dlpack_device__()

    def __bool__(self) -> bool:
        n = self.spec.numel
        if n != 1:
            raise BadValue(
                "Boolean value of Tensor with no values is ambiguous"
                if n == 0
                else "Boolean value of Tensor with more than one value is ambiguous",
                code="ambiguous",
                help="say which you mean: x.any(), x.all(), or & | ~ element by element",
            )
        mode = context.current().mode
        return self.truth() if mode is EAGER else mode.truth(self)

    def truth(self) -> bool:
        """Whether its one element is true."""
        return bool(self.values_or_error("Tensor.item()").item())

    def _number(self, convert: type) -> Any:
        if self.spec.numel != 1:
            raise BadValue(
                "only one element tensors can be converted to Python scalars",
                raises=ValueError,
                help="reduce it first (x.sum(), x.mean()) or use x.tolist()",
            )
        value = self.values_or_error("Tensor.item()").item()
        if type(value) is complex and convert is not complex:
            if value.imag != 0:
                raise BadValue(
                    f"value cannot be converted to type {'double' if convert is float else 'int64_t'} "
                    "without overflow"
                )
            value = value.real
        if convert is int and value != value:
            raise BadValue(
                "cannot convert float NaN to integer",
                raises=ValueError,
                help="x.nan_to_num() has numbers only",
            )
        return convert(value)

    def __float__(self) -> float:
        self.warn_leaves_graph()
        return self._number(float)

    def __int__(self) -> int:
        return self._number(int)

    def __complex__(self) -> complex:
        self.warn_leaves_graph()
        return self._number(complex)

    def warn_leaves_graph(self) -> None:
        """Before a number of it is used where no gradient flows."""
        if self.requires_grad and context.current().grad_enabled:
            warn(
                "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                "Consider using tensor.detach() first.",
                once=True,
                internal="torch/csrc/autograd/generated/python_variable_methods.cpp:822",
                help="x.item() gives the number outside the graph",
            )

    def __index__(self) -> int:
        if self.spec.numel != 1 or self.dtype.category > dt.INT:
            raise ArgumentError("only integer tensors of a single element can be converted to an index")
        return int(self.values_or_error("Tensor.item()").item())

    # -- containers

    def __len__(self) -> int:
        if not self.spec.shape:
            raise ArgumentError("len() of a 0-d tensor")
        return self.spec.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.spec.shape:
            raise ArgumentError("iteration over a 0-d tensor", help="a 0-d tensor is one number: x.item()")
        return iter(op.registry["unbind"](self, 0))

    def __reversed__(self) -> Tensor:
        return op.registry["flip"](self, 0) if self.spec.shape else self

    def __contains__(self, value: Any) -> bool:
        if not isinstance(value, Tensor | int | float | complex):
            raise BadValue(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(value)}.",
                help="a number, or a tensor to compare each element with",
            )
        return bool(op.registry["any"](op.registry["eq"](self, value)))

    def __hash__(self) -> int:
        return id(self)

    def __dir__(self) -> list[str]:
        return [*dir(type(self)), *self.__dict__]

    def __reduce_ex__(self, protocol: Any) -> Any:
        """What a pickle holds of it; a shallow copy shares its memory."""
        from .rebuild import reduced

        return reduced(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """A leaf of its own, its gradient copied too; what shares memory with it shares the copy's."""
        from .rebuild import copied

        return copied(self, memo)

    @staticmethod
    def _make_subclass(cls: type[Tensor], data: Tensor, require_grad: bool = False) -> Any:
        """`data`'s memory outside the graph, as a tensor of a class of its own."""
        from .parameters import of_class

        return of_class(cls, data, require_grad)


def install(name: str, value: Any) -> None:
    """Give tensors an attribute, which no program can."""
    op.registry.note(f"Tensor.{name}")
    type.__setattr__(Tensor, name, value.method_at(name) if isinstance(value, op.Op) else value)


def read_only(name: str) -> Callable[..., None]:
    def refuse(self: Tensor, *value: Any) -> None:
        message = f"attribute {name!r} of 'torch._C.TensorBase' objects is not writable"
        raise unknown_attribute(message, name, self)

    return refuse


for _name, _property in list(vars(Tensor).items()):
    if type(_property) is property and _property.fset is None:
        install(_name, _property.setter(read_only(_name)).deleter(read_only(_name)))


type.__setattr__(Tensor, "__module__", "torch")  # as `print(type(x))` shows it
left_to_themselves.add(Tensor)

#: the classes whose instances are tensors to the engine; parameters and a program's subclasses join them
TENSORS: set[type[Tensor]] = {Tensor}
#: those that operations take without asking
PLAIN: set[type[Tensor]] = {Tensor}


def no_values(message: str, raises: type[Exception] = RuntimeError) -> Exception:
    """Values were asked of a meta tensor."""
    return DeviceError(
        message,
        raises=raises,
        code="meta-values",
        help="meta tensors have shape and dtype but no values; make the tensor on cpu",
    )


#: how tensors print; `text` puts PyTorch's repr here, the plain one serves the engine alone. Forward mode, where it is
#: used, puts "dual" here: the value and the tangent of a tensor that carries one, or None
formatters: dict[str, Callable[..., Any]] = {
    "repr": lambda t: f"<Tensor {t.spec!r}>",
    "format": lambda t, s: format(t.item(), s),
    "tensor": lambda t, options: f"<Tensor {t.spec!r}>",
    "levels": lambda t: f"<Tensor {t.spec!r}>",
}

Tensor.public.update(
    ("shape", "dtype", "device", "ndim", "requires_grad", "grad", "grad_fn", "is_leaf", "retains_grad"),
    ("is_meta", "item", "tolist", "numpy"),
)

#: names of tensors that are the engine's (`own_names`)
OWN = frozenset(
    name for name in vars(Tensor) if name[:2] != "__" and name not in {*Tensor.public, "_make_subclass"}
)


# ------------------------------------------------------------------ making tensors

_new = object.__new__


def make_tensor(array: np.ndarray[Any, Any], spec: Spec, requires_grad: bool = False) -> Tensor:
    """A tensor of an array and its spec, outside any graph."""
    t: Tensor = _new(Tensor)
    t.array = array
    t.spec = spec
    t.requires_grad_slot = requires_grad
    t.grad_slot = None
    t.node = None
    t.output_index = 0
    t.counter = None
    t.view_of = None
    t.retains = False
    return t


op.converters["Tensor class"] = Tensor
op.converters["tensors"] = PLAIN
op.lenient["tensors"] = TENSORS
described_in("tensorsh.engine.run.tensor_kinds")
