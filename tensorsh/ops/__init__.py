"""All operations. Importing this package registers them."""

from . import (  # noqa: F401
    autograd,
    create,
    elementwise,
    extremes,
    functional,
    getitem,
    index,
    index_write,
    linalg,
    linalg_norm,
    matmul,
    reduce,
    scatter,
    views,
)
