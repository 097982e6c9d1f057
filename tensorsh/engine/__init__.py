"""The engine: dtypes, devices, specs, tensors, the operation record, apply and backward.

It knows no operation by itself: `tensorsh.ops` registers them, and the engine looks them up.
"""

from .calls import arguments  # noqa: F401  fills the converter table
