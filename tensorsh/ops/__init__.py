"""All operations. Importing this package registers them."""

from . import autograd, functional, create, elementwise, views  # noqa: F401
