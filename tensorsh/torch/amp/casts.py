"""Which operations `autocast` runs in which dtype on the CPU, and how they come to do so.

PyTorch's lists: products in the 16-bit dtype; what would lose too much there in float32; what joins tensors in
the wider of their dtypes. float64 is left alone. The operations of the lists look for an autocast in force only
once there has been one: until then nothing is paid for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakSet, finalize

from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.dtype import DType
from ...engine.records.op import Op, registry
from ...engine.run.failed_calls import handing_on
from ...engine.values.tensor import TENSORS, Tensor, install

NARROW = """
nn.functional.conv1d nn.functional.conv2d nn.functional.conv3d nn.functional.conv_transpose1d
nn.functional.conv_transpose2d nn.functional.conv_transpose3d nn.functional.linear
nn.functional.scaled_dot_product_attention bmm mm baddbmm addmm addbmm matmul einsum tensordot inner
chain_matmul linalg.multi_dot linalg.vecdot linalg.matrix_power
"""
WIDE = """
nn.functional.avg_pool3d nn.functional.max_pool3d nn.functional.adaptive_avg_pool3d nn.functional.max_unpool2d
nn.functional.max_unpool3d nn.functional.grid_sample
nn.functional.binary_cross_entropy nn.functional.binary_cross_entropy_with_logits nn.functional.mse_loss
nn.functional.l1_loss nn.functional.smooth_l1_loss nn.functional.huber_loss nn.functional.nll_loss
nn.functional.cross_entropy nn.functional.kl_div nn.functional.soft_margin_loss nn.functional.ctc_loss
nn.functional.triplet_margin_loss nn.functional.cosine_embedding_loss nn.functional.hinge_embedding_loss
nn.functional.poisson_nll_loss nn.functional.margin_ranking_loss nn.functional.multi_margin_loss
nn.functional.multilabel_margin_loss
cdist cholesky cholesky_inverse cholesky_solve geqrf inverse linalg.cholesky linalg.cholesky_ex linalg.cond
linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh linalg.householder_product linalg.inv linalg.inv_ex
linalg.lstsq linalg.matrix_rank linalg.pinv linalg.qr linalg.solve linalg.svd linalg.svdvals linalg.tensorinv
linalg.tensorsolve lu_solve nanquantile orgqr ormqr pinverse polar prod quantile qr stft svd trace triangular_solve
view_as_complex fft.fft fft.fft2 fft.fftn fft.hfft fft.ifft fft.ifft2 fft.ifftn fft.ihfft fft.irfft fft.irfft2
fft.irfftn fft.rfft fft.rfft2 fft.rfftn
"""
JOINED = "cat concat concatenate stack index_copy"

Rule = Callable[[tuple[Any, ...]], DType]


#: the sessions that have one in force, and what puts back each operation that looks for it
_sessions: WeakSet[Any] = WeakSet()
_restore: list[Callable[[], None]] = []


def put(autocast: Any) -> None:
    """Put an autocast in force in this session, or none, noted in the journal."""
    state = context.current()
    state.journal.record(lambda: state.autocast, partial(_put, state), _sessions)
    _put(state, autocast)


def _put(state: Any, autocast: Any) -> None:
    state.autocast = autocast
    if autocast is not None:
        if state not in _sessions:
            finalize(state, _look_no_more).atexit = False  # before `add`: it then hears of it after the set
            _sessions.add(state)
        _look()


def leave() -> None:
    """This session has left its outermost."""
    _sessions.discard(context.current())
    _look_no_more()


def _look_no_more() -> None:
    """Where no session has an autocast in force, operations are as they were."""
    if not _sessions:
        while _restore:
            _restore.pop()()


def _look() -> None:
    """Let the operations of the lists look for an autocast."""
    if _restore:
        return
    for names, rule in ((NARROW, _narrow), (WIDE, _wide), (JOINED, _widest)):
        for record in {
            id(registry[name]): registry[name] for name in names.split() if name in registry
        }.values():
            _watch(record, rule)
    for name in ("__matmul__", "__rmatmul__"):
        plain = getattr(Tensor, name)
        install(name, _casting(plain, _narrow, None))
        _restore.append(partial(install, name, plain))
    _watch(registry["nn.functional.pad"], _wide, lambda kwargs, args: _padding(args, kwargs) != "constant")


def _padding(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    return kwargs.get("mode", args[2] if len(args) > 2 else "constant")


def _watch(record: Op, rule: Rule, if_: Callable[..., bool] | None = None) -> None:
    """Make both ways of calling an operation cast its tensors first, where an autocast is in force."""
    for way in ("bound", "run") if record.body is None else ("bound",):
        plain = getattr(record, way)
        record.__dict__[way] = _casting(plain, rule, if_)
        _restore.append(partial(record.__dict__.__setitem__, way, plain))


def _casting(call: Callable[..., Any], rule: Rule, if_: Callable[..., bool] | None) -> Callable[..., Any]:
    def casting(*args: Any, **kwargs: Any) -> Any:
        state = context.current()
        if state.autocast is None or (if_ is not None and not if_(kwargs, args)):
            return call(*args, **kwargs)
        to = rule((*args, *kwargs.values()))
        args = tuple([_cast(value, to) for value in args])
        kwargs = {name: _cast(value, to) for name, value in kwargs.items()}
        outside, state.autocast = state.autocast, None  # what it is made of computes as it is
        try:
            return call(*args, **kwargs)
        finally:
            state.autocast = outside

    handing_on.add(casting.__code__)
    return casting


def _narrow(values: tuple[Any, ...]) -> DType:
    return context.current().autocast.dtype


def _wide(values: tuple[Any, ...]) -> DType:
    return dt.float32


def _widest(values: tuple[Any, ...]) -> DType:
    return dt.float32 if any(tensor.dtype is dt.float32 for tensor in _tensors(values)) else _narrow(values)


def _tensors(values: Any) -> list[Tensor]:
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, tuple | list):
            found += _tensors(value)
        elif type(value) in TENSORS:
            found.append(value)
    return found


def _cast(value: Any, to: DType) -> Any:
    if isinstance(value, tuple | list) and type(value) in (tuple, list):
        return type(value)([_cast(item, to) for item in value])
    if type(value) not in TENSORS or value.is_meta:
        return value
    have = value.dtype
    if not have.is_floating_point or have is dt.float64 or have is to:
        return value
    kept = context.current().autocast.cache
    if kept is None or not (value.requires_grad_slot and value.node is None and have is dt.float32):
        return registry["Tensor.to"](value, to)
    if id(value) not in kept:  # a parameter is cast once, however often it is used
        kept[id(value)] = value, registry["Tensor.to"](value, to)
    return kept[id(value)][1]
