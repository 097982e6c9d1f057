"""All operations. Importing this package registers them."""

from . import autograd, functional, create, elementwise, views, reduce, extremes  # noqa: F401
