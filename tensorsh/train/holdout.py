"""Holding data out: one part to train on, one to test on."""

from ..engine.core import context
from ..engine.core import dtype as dt
from ..engine.records.op import composite, registry
from ..engine.values.tensor import Tensor
from ..engine.values.wrapping import wrap


@composite("train_test_split(any tensors, float test=0.2, bool shuffle=True)", names=("train_test_split",))
def train_test_split(tensors, test, shuffle):
    """Split the rows of each tensor in two: the training part first, then the part to test on.

    >>> train, test = train_test_split([[1, 2, 3, 4, 5]], test=0.4, shuffle=False)
    >>> train
    [tensor([1, 2, 3])]
    """
    rows = [registry["as_tensor"](t) if not isinstance(t, Tensor) else t for t in tensors]
    n = len(rows[0])
    held_out = round(n * test)
    order = context.current().generator.randperm(n, dt.int64.np) if shuffle else None
    index = wrap(order) if order is not None else registry["arange"](n)
    return [t[index[: n - held_out]] for t in rows], [t[index[n - held_out :]] for t in rows]
