"""All operations. Importing this package registers them."""

from . import autograd, create, elementwise, extremes, functional, getitem, matmul, reduce, views  # noqa: F401
