"""Functions that are called with gradients as they arrive."""

from __future__ import annotations

from ...engine.graph import hooks
from ...engine.records.op import composite


@composite("Tensor.register_hook(Tensor input, any hook)")
def register_hook(input, hook):
    """Call `hook` with the gradient of the tensor in each walk; what it returns takes the gradient's place.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> handle = x.register_hook(lambda g: g * 10)
    >>> x.sum().backward()
    >>> x.grad
    tensor([10., 10.])
    """
    return hooks.on_gradient(input, hook)


@composite("Tensor.register_post_accumulate_grad_hook(Tensor input, any hook)")
def register_post_accumulate_grad_hook(input, hook):
    """Call `hook` with a leaf each time its `.grad` has been added to.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> seen = []
    >>> handle = x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.sum()))
    >>> x.sum().backward()
    >>> seen
    [tensor(2.)]
    """
    return hooks.on_accumulated(input, hook)
