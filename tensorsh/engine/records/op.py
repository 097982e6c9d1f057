"""The operation record and the registry: one operation, one place.

`@op("tanh(Tensor input)", infer=…)` declares an operation with its kernel; `@tanh.derivative("input")`
adds the derivative; `@composite("softmin(…)")` declares one that is written in other operations.
Calls, methods, documentation, gradient checks, `meta` and error labels are all derived from the record.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property
from types import FrameType
from typing import Any

import numpy as np

from . import schema as schemas
from .call_forms import DOC, function_class, method_class, named_class, title_of, tuple_class
from .recorded import Derivative, Recorded, Rule
from .registry import Registry, bring
from .schema import Schema

#: every operation by each of its public names: "sum", "Tensor.sum", "nn.functional.relu", "linalg.inv"
registry: Registry = Registry()
#: those without names, which overloaded operations choose from
nameless: list[Op] = []

#: filled by `tensor.py`: the class and the argument converters the binders use
converters: dict[str, Any] = {}
#: those that take tensors of any class where the others ask first
lenient: dict[str, Any] = {}
#: asked before an operation is called, once a program has had a mode of its own in force: `function_modes.intercept`
before_calls: list[Callable[[Any, tuple[Any, ...], dict[str, Any], FrameType], Any]] = []


class Overridden(TypeError):
    """An argument of an operation has a say in it: the call is put together in `overrides`."""


class Op(Recorded):
    """One operation. Call it with user arguments; `apply` runs it with bound ones.

    name       qualified as in PyTorch without `torch.`: "sum", "nn.functional.relu", "linalg.inv"
    schema     its signature
    kernel     bound arguments with arrays for tensors → array or tuple of arrays; None for a composite
    infer      bound arguments with specs for tensors → Spec or tuple of Specs; None when the values decide
    check      called like `infer`, before promotion: raises what depends on the dtypes as they were given
    promote    how the Tensor arguments' dtypes are brought together before infer and kernel:
               None (not at all), "types" (PyTorch's result_type), "float" (the same, integers to the
               default float)
    names      where users find it: "torch.sum", "Tensor.sum", "nn.functional.relu", …
    inplace    PyTorch has an in-place form of it, with a trailing underscore: a method, and of what has no other
               parameter than a tensor a function, too; "method" and "function" say otherwise
    unwatched  PyTorch's in-place form lets a leaf be changed that requires a gradient
    c_titles   in place and with numbers only, PyTorch's error calls the tensor's dtype as C++ does
    lossy      in place its result is converted to the tensor's dtype, whatever is lost
    separate   what is written in place must not be an operand as well
    expanded   in place it may write an expanded tensor: "" or, where PyTorch warns, what it says; None: not
    view       the output shares memory with the first argument
    picks      each element of the output is one of the first argument's, or of the tensors in it
    moving     names of ints that say where the output or its part lies, so that no shape depends on them alone
    factors    names of numbers of which a plan knows the type, unless they are so large that they may not fit
    elementwise   each element of the output comes from those at its place in the tensors, which broadcast:
               large arrays may be given to the kernel in blocks
    steep      its work grows faster than its elements: what takes matrices apart
    batching   how vmap runs it on all slices at once (`engine.modes.batching_kinds`): "aligned" (further dimensions
               in front change nothing; so are those that are `elementwise`), "together" (the same, if all tensors have
               them), "along" (its parameters name dimensions; without one "along all" means all, "along flat" all in a
               row; of a result with one more, "along new"), "folded" (it works on (N, C, …); "folded first": only the
               first tensor is of these), "loss" (a `reduction` of what is elementwise), "drawn" (random numbers); else
               by a rule of its own (`batched`), or slice by slice
    dynamic    what PyTorch's vmap says of an operation whose results have another shape for each slice
    half       "float32": 16-bit floats are computed in float32 and rounded once; "native": as they are
    wide_gradient   PyTorch has a kernel for its derivative, which computes 16-bit gradients in float32, too:
               True, or the name of the only dtype of which that is so
    unrounded  names of Tensor parameters that are not rounded to 16 bits when the others are such floats
    unpromoted names of Tensor parameters that `promote` leaves as they are (the condition of `where`)
    grad_fn    PyTorch's name of the backward node; a function of the input specs (the type of a number,
               the value of any other parameter) where PyTorch has several
    inplace_grad_fn   that of its in-place form, where it has another one
    nondifferentiable   its derivative is zero or undefined: outputs never require grad
    constants  positions of outputs that never require grad (the permutation of LU)
    formula    how formulas write it where that is no call: "{0} + {1}"
    scattered  of a view: how a copy of {0} is written in which what it sees is {1}: "diagonal_scatter({0}, {1}, {2})",
               a function of both texts and its arguments; not of one that keeps the elements' order, which says it
    sample     arguments at which its derivatives are checked; lists become float64 tensors
    factory    it makes tensors from sizes: takes dtype=, device=, requires_grad=
    is_method  this is the form that tensors have, called with the tensor in front
    unwrapped  its results are of the class that it gives them, also where a subclass is among the arguments
    """

    is_method = False
    unwrapped = False
    #: or None, which whoever asks a primitive (for its body, a composite) need not think of
    kernel: Rule | Any
    infer: Rule | Any
    body: Rule | Any

    def __init__(
        self,
        schema: Schema,
        *,
        kernel: Rule | None,
        infer: Rule | None = None,
        body: Rule | None = None,
        check: Rule | None = None,
        promote: str | None = None,
        names: tuple[str, ...] | None = None,
        inplace: bool | str = False,
        unwatched: bool = False,
        c_titles: bool = False,
        lossy: bool = False,
        separate: bool = False,
        expanded: str | None = None,
        view: bool = False,
        picks: bool = False,
        moving: tuple[str, ...] = (),
        factors: tuple[str, ...] = (),
        elementwise: bool = False,
        steep: bool = False,
        batching: str = "",
        dynamic: str | None = None,
        half: str = "float32",
        wide_gradient: bool | str = False,
        unpromoted: tuple[str, ...] = (),
        unrounded: tuple[str, ...] = (),
        grad_fn: str | Callable[[tuple[Any, ...]], str] | None = None,
        inplace_grad_fn: str | None = None,
        nondifferentiable: bool = False,
        constants: tuple[int, ...] = (),
        factory: bool = False,
        doc: str = "",
        sample: tuple[Any, ...] | None = None,
        formula: str | Callable[..., str | None] | None = None,
        scattered: str | Callable[..., str] | None = None,
    ):
        super().__init__(schema, grad_fn or camel(schema.name) + "Backward0")
        self.name = schema.name
        self.kernel = kernel
        self.infer = infer
        self.body = body
        self.check = check
        self.promote = promote
        self.inplace = inplace
        self.unwatched = unwatched
        self.c_titles = c_titles
        self.lossy = lossy
        self.separate = separate
        self.expanded = expanded
        self.view = view
        self.picks = picks
        self.moving = tuple(map(schema.position, moving))
        self.factors = tuple(map(schema.position, factors))
        self.elementwise = elementwise
        self.steep = steep
        self.dynamic = dynamic
        self.batching = batching or ("aligned" if elementwise else "")
        self.half = half
        self.wide_gradient = wide_gradient
        self.nondifferentiable = nondifferentiable
        self.constants = constants
        self.factory = factory
        self.raw_doc = doc
        self.sample = sample
        self.formula = formula
        self.scattered = scattered
        self.names = names if names is not None else default_names(schema.name)
        self.joined = tuple(i for i in self.tensors if schema.parameters[i].name not in unpromoted)
        self.unrounded = tuple(i for i in self.tensors if schema.parameters[i].name in unrounded)
        self.tensorlike = tuple(p.is_tensor for p in schema.parameters)
        self.numbers = tuple(i for i, p in enumerate(schema.parameters) if p.type == "Number")
        #: how the in-place form stands in a graph, where that is otherwise
        self.replacing = None if inplace_grad_fn is None else Recorded(schema, inplace_grad_fn)
        #: of a view that does not see what it looks through: (base, bound arguments) → those for the base
        self.from_base: Rule | None = None
        #: how vmap runs it, where it is of no kind
        self.batch_rule: Rule | None = None
        #: of one that programs cannot call: the same in those that they can, for `explain`
        self.written: Rule | None = None
        #: for `explain`: where the first input was made by this operation, how both together are called and
        #: differentiated; each is given the inner operation's arguments and then the rest of its own
        self.after: dict[Op, tuple[Rule, Rule]] = {}
        self.plans: dict[Any, Any] = {}
        self.named: dict[tuple[type[Op], str], Op] = {}

    # -- declaring

    def derivative(self, *inputs: str, one: str | None = None) -> Callable[[Rule], Rule]:
        """Declare the derivative with respect to `inputs`; see `Derivative` for its parameters."""

        def declare(function: Rule) -> Rule:
            derivative = Derivative(function, inputs, self.schema, one)
            for position in derivative.inputs:
                self.derivatives[position] = derivative
                if self.replacing is not None:
                    self.replacing.derivatives.setdefault(position, derivative)
            return function

        return declare

    def inplace_derivative(self, *inputs: str) -> Callable[[Rule], Rule]:
        """Declare another one for the in-place form, whose input is gone when it is asked."""

        def declare(function: Rule) -> Rule:
            assert self.replacing is not None
            derivative = Derivative(function, inputs, self.schema)
            self.replacing.derivatives.update(dict.fromkeys(derivative.inputs, derivative))
            return function

        return declare

    def batched(self, function: Rule) -> Rule:
        """Declare how vmap runs the operation on all slices at once: `function(slices, *args)`.

        `slices` is an `engine.modes.slices.Slices`, and so is told what a rule gets and gives.
        """
        self.batch_rule = function
        return function

    def in_public(self, function: Rule) -> Rule:
        """Declare how the operation, which programs cannot call, is written in operations that they can."""
        self.written = function
        return function

    @cached_property
    def takes_out(self) -> bool:
        """Whether the kernel can write its result into an array: `out=`."""
        if isinstance(self.kernel, np.ufunc):
            return True
        code = getattr(self.kernel, "__code__", None)
        return code is not None and "out" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @cached_property
    def draws(self) -> bool:
        """Whether the kernel draws random numbers, of which each run needs others."""
        return any(p.name == "generator" for p in self.schema.parameters)

    @cached_property
    def doc(self) -> str:
        """The docstring without its indentation."""
        from inspect import cleandoc

        return cleandoc(self.raw_doc)

    # -- calling

    @cached_property
    def bound(self) -> Callable[..., Any]:
        """The function with this operation's own signature; made when it is first called."""
        return self.bind(converters)

    @cached_property
    def bound_anyhow(self) -> Callable[..., Any]:
        """The same for tensors of any class, whatever their `__torch_function__` says."""
        return self.bind({**converters, **lenient})

    def bind(self, converters: dict[str, Any]) -> Callable[..., Any]:
        return schemas.binder(
            self.schema, self.run if self.body is None else self.body, converters, packed=False
        )

    @cached_property
    def run(self) -> Callable[..., Any]:
        """`apply` for bound arguments, written out for this operation."""
        from ..run.runner import runner

        return runner(self)

    @cached_property
    def straight(self) -> Callable[..., Any]:
        """The same, whichever mode is in force."""
        from ..run.runner import runner

        return runner(self, straight=True)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if before_calls:
            answer = before_calls[0](self, args, kwargs, sys._getframe(1))
            if answer is not NotImplemented:
                return answer
        try:
            try:
                return self.bound(*args, **kwargs)
            except Overridden:
                again = None
            except Exception as error:
                from ..run.failed_calls import another_way

                again = another_way(self, args, kwargs, error)
                if again is None:
                    raise
            if again is not None:
                return again()
        except Exception as error:
            from ..run.failed_calls import explained

            explanation = explained(self, args, kwargs, error, sys._getframe(1))
            if explanation is None:
                raise
        else:
            from ..modes.overrides import dispatch

            return dispatch(self, args, kwargs)
        try:
            raise explanation
        finally:
            del explanation

    @cached_property
    def method(self) -> Op:
        """The same record as tensors have it: complaints do not count the tensor as an argument."""
        form = object.__new__(method_class(type(self)))
        form.__dict__ = self.__dict__
        return form

    def method_at(self, name: str) -> Op:
        """The method under one of its names, which it calls itself by: `Tensor.clip`, `Tensor.det`."""
        form = self.method
        if form.__name__ != name:
            shared, form = form, object.__new__(named_class(type(form), name))
            form.__dict__ = shared.__dict__
        return form

    @cached_property
    def in_python(self) -> Op:
        """The same record where PyTorch has a function in Python: its class is called otherwise."""
        form = object.__new__(function_class(type(self)))
        form.__dict__ = self.__dict__
        return form

    @cached_property
    def in_one(self) -> Op:
        """The same record where PyTorch's function takes sizes as one tuple, which its method takes one by one, too."""
        form = object.__new__(tuple_class(type(self)))
        form.__dict__ = self.__dict__
        return form

    def under(self, path: str) -> Op:
        """The same record as the function of that name, of which PyTorch has one for each."""
        if path not in map(_without_torch, self.names) or self.called_at(path) == self.__name__:
            return self
        if (type(self), path) not in self.named:
            form = self.named[type(self), path] = object.__new__(named_class(type(self), path))
            form.__dict__ = self.__dict__
        return self.named[type(self), path]

    called_at = staticmethod(title_of)

    @cached_property
    def bound_in_one(self) -> Callable[..., Any]:
        return self.bind({**converters, "int...": converters["in one"]})

    @property
    def spreads(self) -> bool:
        """Whether it is a tensor's method that takes sizes one by one."""
        parameters = self.schema.parameters
        return any(p.type == "Tensor" for p in parameters[:1]) and any(p.type == "int..." for p in parameters)

    def __deepcopy__(self, memo: dict[int, Any]) -> Op:
        """Operations are copied as functions are: not at all."""
        return self

    @property
    def __name__(self) -> str:
        """What PyTorch's function of that name calls itself: `special_erf`, `linalg_inv`, `relu`."""
        name = self.schema.name
        for space in ("nn.functional.", "Tensor.", "torch."):
            name = name.removeprefix(space)
        return name.replace(".", "_")

    def __reduce__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        if self.is_method:
            return f"<method '{self.__name__}' of 'torch._C.TensorBase' objects>"
        if f"torch.{self.__name__}" in self.names:
            return f"<built-in method {self.__name__} of type object at {id(registry):#x}>"
        return f"<built-in function {self.__name__}>"


def in_c(kind: type[Op]) -> type[Op]:
    """Give a class of operations the name that Python's own messages have for PyTorch's functions in C."""
    type.__setattr__(kind, "__name__", "builtin_function_or_method")
    kind.__module__, kind.__qualname__ = "builtins", "builtin_function_or_method"
    kind.__doc__ = DOC  # type: ignore[assignment]
    return kind


in_c(Op)


def _without_torch(name: str) -> str:
    return name.removeprefix("torch.")


def camel(name: str) -> str:
    """`log_softmax` → `LogSoftmax`; the last part of a qualified name (`linalg_` kept as PyTorch does)."""
    head, _, last = name.rpartition(".")
    prefix = {"linalg": "Linalg", "special": "Special", "fft": "Fft"}.get(head, "")
    return prefix + "".join(part[:1].upper() + part[1:] for part in last.split("_") if part)


def default_names(name: str) -> tuple[str, ...]:
    """An unqualified operation is a function and a method; a qualified one lives in its namespace."""
    if name.startswith("Tensor.") or "." in name:
        return (name,)
    return (f"torch.{name}", f"Tensor.{name}")


def register(record: Op) -> Op:
    """Enter an operation under each of its names; a name taken twice is a mistake in the records."""
    if not record.names:
        nameless.append(record)
    for name in record.names:
        key = name.removeprefix("torch.")
        if registry.loaded(key):
            raise KeyError(f"operation {key!r} is declared twice")
        registry[key] = record
        if key.startswith("Tensor."):
            converters["method"](key.removeprefix("Tensor."), record)
    if record.inplace:
        from ..run.inplace import inplace_form

        inplace_form(record)
    return record


def overload(module: str, at: int) -> Op:
    """The operation without a name that is the one at `at` of its module; IndexError if there is none."""
    bring(module)
    return [record for record in nameless if home_of(record) == module][at]


def place_of(record: Op) -> tuple[str, int]:
    """What `overload` finds an operation without a name by."""
    module = home_of(record)
    return module, [each for each in nameless if home_of(each) == module].index(record)


def home_of(record: Op) -> str:
    return str(getattr(record.kernel, "__module__", ""))


def op(signature: str, **options: Any) -> Callable[[Rule], Op]:
    """Declare a primitive operation; the decorated function is its kernel and carries its docstring."""

    def declare(kernel: Rule) -> Op:
        doc = options.pop("doc", None) or kernel.__doc__ or ""
        return register(Op(schemas.parse(signature), kernel=kernel, doc=doc, **options))

    return declare


def composite(signature: str, **options: Any) -> Callable[[Rule], Op]:
    """Declare an operation written in other operations; the function gets bound arguments (tensors)."""

    def declare(body: Rule) -> Op:
        doc = options.pop("doc", None) or body.__doc__ or ""
        return register(Op(schemas.parse(signature), kernel=None, body=body, doc=doc, **options))

    return declare
