"""All operations. Importing this package registers them."""

from . import create, elementwise, views  # noqa: F401
