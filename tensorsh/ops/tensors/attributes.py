"""What a tensor says of itself: sizes, memory, and its place in the graph."""

from __future__ import annotations

from typing import Any

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.addresses import address, owner
from ...engine.core.layouts import strided
from ...engine.core.memory_format import CONTIGUOUS
from ...engine.core.warn import warn
from ...engine.graph import backward as engine
from ...engine.graph import hooks, inference
from ...engine.graph.walk import retain
from ...engine.records.op import composite
from ...engine.run.apply import promoted
from ...engine.values.tensor import Tensor, install, make_tensor, read_only
from ...engine.values.view_bases import memory
from ...errors import ArgumentError, DTypeError, GradientError
from ..rules.infer import real_dim

# ------------------------------------------------------------------ sizes


@composite("Tensor.size(Tensor input, int? dim=None)")
def size(input, dim):
    """The shape, or the size of one dimension.

    >>> ones(2, 3).size()
    torch.Size([2, 3])
    >>> ones(2, 3).size(-1)
    3
    """
    if dim is None:
        return input.shape
    return input.spec.shape[real_dim(dim, input.spec)]


for spelling in ("dim", "ndimension"):

    @composite(
        f"Tensor.{spelling}(Tensor input)",
        doc=f"""The number of dimensions.

        >>> ones(2, 3).{spelling}()
        2
        """,
    )
    def dim(input):
        return input.ndim


@composite("numel(Tensor input)", names=("torch.numel", "Tensor.numel", "Tensor.nelement"))
def numel(input):
    """The number of elements.

    >>> numel(ones(2, 3))
    6
    """
    return input.spec.numel


@composite("Tensor.element_size(Tensor input)")
def element_size(input):
    """Bytes per element.

    >>> ones(2).element_size()
    4
    """
    return input.spec.dtype.itemsize


# ------------------------------------------------------------------ memory


def strides_of(x: Tensor) -> tuple[int, ...]:
    """Steps in memory, in elements, for each dimension."""
    shape = x.spec.shape
    array = memory(x)
    if array.size:
        step = array.itemsize
        found = [s // step for s in array.strides]
        # an inserted dimension of size 1 has no stride of its own in NumPy
        for i in range(len(shape) - 1, -1, -1):
            if shape[i] == 1 and found[i] == 0:
                found[i] = found[i + 1] * shape[i + 1] if i + 1 < len(shape) else 1
        return tuple(found)
    found, step = [], 1
    for n in reversed(shape):
        found.append(step)
        step *= max(n, 1)
    return tuple(reversed(found))


@composite("Tensor.stride(Tensor input, int? dim=None)")
def stride(input, dim):
    """How many elements lie between neighbours, for every dimension or for one.

    >>> ones(2, 3).stride()
    (3, 1)
    """
    found = strides_of(input)
    return found if dim is None else found[real_dim(dim, input.spec)]


@composite("Tensor.storage_offset(Tensor input)")
def storage_offset(input):
    """Where the first element lies in the memory that the tensor looks into, in elements.

    >>> arange(4)[1:].storage_offset()
    1
    """
    if input.spec.is_meta:
        return 0
    return (address(input.array) - address(owner(input.array))) // input.spec.dtype.itemsize


@composite("Tensor.data_ptr(Tensor input)")
def data_ptr(input):
    """The address of the first element; 0 for a meta tensor.

    >>> x = ones(2)
    >>> x.view(2, 1).data_ptr() == x.data_ptr()
    True
    """
    return 0 if input.spec.is_meta or not input.array.size else address(input.array)


@composite("Tensor.is_contiguous(Tensor input, *, format? memory_format=None)")
def is_contiguous(input, memory_format):
    """Whether the elements lie in memory in the order of the last dimension first.

    >>> ones(2, 3).t().is_contiguous()
    False
    """
    if memory_format is None or memory_format is CONTIGUOUS:
        return input.in_order
    return not input.is_meta and memory_format.holds(input.array)


@composite("Tensor.is_set_to(Tensor input, Tensor tensor)")
def is_set_to(input, tensor):
    """Whether two tensors look at the same memory in the same way.

    >>> x = ones(2)
    >>> x.is_set_to(x.view(2))
    True
    """
    return (
        input.spec is tensor.spec
        and not input.spec.is_meta
        and address(input.array) == address(tensor.array)
        and strides_of(input) == strides_of(tensor)
    )


# ------------------------------------------------------------------ kinds


def kind_test(name: str, meaning: str, example: str, test: Any) -> None:
    @composite(
        f"{name}(Tensor input)",
        doc=f"""{meaning}

        >>> {name}({example})
        True
        """,
    )
    def holds(input):
        return test(input.spec.dtype)


kind_test(
    "is_floating_point",
    "Whether the dtype is a real floating-point one.",
    "[1.]",
    lambda d: d.category == dt.FLOAT,
)
kind_test("is_complex", "Whether the dtype is a complex one.", "[1j]", lambda d: d.category == dt.COMPLEX)


@composite("result_type(Tensor|Number tensor1, Tensor|Number tensor2)", names=("torch.result_type",))
def result_type(tensor1, tensor2):
    """The dtype of an operation on the two, tensors or numbers.

    >>> result_type([1, 2], 1.5)
    torch.float32
    """
    state = context.current()
    operands = [x.spec if isinstance(x, Tensor) else state.mode.settled(x) for x in (tensor1, tensor2)]
    return promoted(operands, state.dtype)


@composite("can_cast(dtype from_, dtype to)", names=("torch.can_cast",))
def can_cast(from_, to):
    """Whether the second dtype is of no lower kind (bool, integer, float, complex) than the first.

    >>> can_cast(float32, int64)
    False
    """
    return from_.category <= to.category


@composite("is_same_size(Tensor input, Tensor other)")
def is_same_size(input, other):
    """Whether two tensors have the same shape.

    >>> is_same_size(ones(2), zeros(2))
    True
    """
    return input.spec.shape == other.spec.shape


kind_test("is_signed", "Whether the dtype has negative numbers.", "[1]", lambda d: d.is_signed)


@composite("get_device(Tensor input)")
def get_device(input):
    """The number of the tensor's accelerator; -1 for the CPU.

    >>> get_device(ones(2))
    -1
    """
    return -1


def attribute(name: str, meaning: str, getter: Any) -> None:
    """A read-only property of tensors."""
    install(name, property(getter, read_only(name), read_only(name), meaning))
    Tensor.public.add(name)


def base_of(x: Tensor) -> Tensor | None:
    if x.view_of is None:
        return None
    context.current().mode.base(x.view_of.base)
    return x.view_of.base


attribute(
    "layout", "How the elements are laid out: `torch.strided`, or `torch.sparse_coo`.", lambda x: strided
)
attribute("itemsize", "Bytes per element.", lambda x: x.spec.dtype.itemsize)
attribute("nbytes", "Bytes of all elements.", lambda x: x.spec.dtype.itemsize * x.spec.numel)
attribute("_version", "How many in-place changes the memory has seen.", lambda x: inference.counted(x))
attribute(
    "_base",
    "The tensor that a view looks into; None for a tensor with memory of its own.",
    base_of,
)
attribute(
    "_backward_hooks",
    "The hooks on its gradient, in order; None before the first.",
    lambda x: hooks.on_tensor(x),
)
attribute(
    "_post_accumulate_grad_hooks",
    "What is called once its gradient has been added; None before the first.",
    lambda x: hooks.after_adding(x),
)
attribute("_grad", "The same as `grad`.", lambda x: x.grad)
attribute("_grad_fn", "The same as `grad_fn`.", lambda x: x.grad_fn)
attribute("is_cpu", "Whether it is on the cpu.", lambda x: x.spec.device.type == "cpu")
attribute("is_cuda", "Whether it is on a CUDA device: never.", lambda x: False)
attribute("is_sparse", "Whether only some elements are stored, with their places.", lambda x: False)
attribute("is_quantized", "Whether the elements are quantised: never.", lambda x: False)
attribute("output_nr", "Which output of its `grad_fn` this is.", lambda x: x.output_index)


@composite("is_inference(Tensor input)")
def is_inference(input):
    """Whether a tensor was made in `inference_mode`.

    >>> is_inference(ones(2))
    False
    """
    return inference.is_inference(input)


# ------------------------------------------------------------------ the graph


@composite("detach(Tensor input)")
def detach(input):
    """The same memory outside the graph: no gradient flows through it.

    >>> param_like = ones(2, requires_grad=True)
    >>> param_like.detach()
    tensor([1., 1.])
    """
    return inference.detached(input)


@composite("Tensor.detach_(Tensor input)", names=("Tensor.detach_", "torch.detach_"))
def detach_(input):
    """Take the tensor out of the graph, in place: it becomes a leaf without gradient.

    >>> (ones(2, requires_grad=True) * 2).detach_() + 0
    tensor([2., 2.])
    """
    view = input.view_of
    if view is not None:
        raise GradientError(
            "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel "
            "(DDP) for "
            "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, "
            "and hence "
            "detach_() cannot be called on these gradients. To fix this error, please refer to the "
            "Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution."
        )
    context.current().journal.save_attributes(input, "node", "output_index", "requires_grad_slot")
    input.node, input.output_index, input.requires_grad_slot = None, 0, False
    return input


@composite("Tensor.requires_grad_(Tensor input, bool requires_grad=True)")
def requires_grad_(input, requires_grad):
    """Ask for a gradient of a leaf (or not), in place.

    >>> x = ones(2).requires_grad_()
    >>> x
    tensor([1., 1.], requires_grad=True)
    """
    state = context.current()
    if state.transforms or state.mode.batches:
        raise GradientError(
            "You are attempting to call Tensor.requires_grad_() (or perhaps using torch.autograd.functional.* APIs) "
            "inside of a function being transformed by a functorch transform. This is unsupported, please attempt to "
            "use the functorch transforms (e.g. grad, vjp, jacrev, jacfwd, hessian) or call requires_grad_() outside "
            "of a function being transformed instead.",
            code="transform",
        )
    if requires_grad and input.spec.dtype.category < dt.FLOAT:
        raise DTypeError(
            "only Tensors of floating point dtype can require gradients",
            help="convert it first: x.float() or `x as float32`",
        )
    vars(Tensor)["requires_grad"].fset(input, requires_grad)  # which a subclass may have for itself
    return input


@composite("Tensor._is_view(Tensor input)")
def is_view(input):
    """Whether the tensor looks into another one.

    >>> x = ones(2, 3)
    >>> x[0]._is_view(), x._is_view()
    (True, False)
    """
    return input.view_of is not None


@composite("Tensor.retain_grad(Tensor input)")
def retain_grad(input):
    """Keep the gradient of a tensor that is not a leaf.

    >>> x = ones(1, requires_grad=True)
    >>> y = x * 3
    >>> y.retain_grad()
    >>> (y * y).sum().backward()
    >>> y.grad
    tensor([6.])
    """
    retain(input)


def warn_cycle() -> None:
    """A gradient with a graph holds the tensor that it is the gradient of."""
    warn(
        "Using backward() with create_graph=True will create a reference cycle between the parameter and its "
        "gradient which can cause a memory leak. We recommend using autograd.grad when creating the graph to "
        "avoid this. If you have to use this function, make sure to reset the .grad fields of your parameters "
        "to None after use to break the cycle and avoid the leak.",
        once=True,
        internal="torch/csrc/autograd/engine.cpp:1307",
        help="torch.autograd.grad(y, x, create_graph=True) returns the gradient",
    )


def refuse_in_transform() -> None:
    """GradientError where a function that is transformed calls backward()."""
    state = context.current()
    if state.transforms or state.mode.batches:
        raise GradientError(
            "backward() called inside a functorch transform. This is not supported, please use functorch.grad or "
            "functorch.vjp instead or call backward() outside of functorch transforms.",
            code="transform",
        )


@composite(
    "Tensor.backward(Tensor input, any gradient=None, switch? retain_graph=None, switch create_graph=False, "
    "any inputs=None)"
)
def backward(input, gradient, retain_graph, create_graph, inputs):
    """Add the gradient of the tensor, weighted by `gradient`, to `.grad` of the leaves it was computed from.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """
    refuse_in_transform()
    if create_graph:
        warn_cycle()
    engine.backward(
        (input,),
        engine.seeds_of(gradient),
        retain_graph=retain_graph,
        create_graph=create_graph,
        inputs=None if inputs is None else engine.tensors_of(inputs, "inputs"),
    )


def data(self: Tensor) -> Tensor:
    """The same memory outside the graph; in-place changes of it go unnoticed by the graph."""
    return make_tensor(self.array, self.spec)


def set_data(self: Tensor, value: Tensor) -> None:
    """Make another tensor's memory this tensor's own."""
    if not isinstance(value, Tensor):
        raise ArgumentError(f"Variable data has to be a tensor, but got {type(value).__name__}")
    if value.spec.dtype.category < dt.FLOAT and self.requires_grad_slot:
        raise DTypeError(
            "data set to a tensor that requires gradients must be floating point or complex dtype"
        )
    if value.array is self.array and value.spec is self.spec:
        return  # `x.data += 1` has changed the memory itself
    state = context.current()
    array = state.mode.moves_into(self, value)
    state.journal.save_attributes(self, "array", "spec")
    self.array, self.spec = array, value.spec


install("data", property(data, set_data))
Tensor.public.add("data")
