"""All operations. Importing this package registers them."""

from . import (  # noqa: F401
    attributes,
    autograd,
    cast,
    create,
    elementwise,
    extremes,
    functional,
    getitem,
    index,
    index_write,
    join,
    linalg,
    linalg_norm,
    matmul,
    reduce,
    scatter,
    shape_views,
    split,
    views,
)
