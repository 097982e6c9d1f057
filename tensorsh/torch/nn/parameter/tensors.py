"""Parameters and buffers that have their shape."""

from ....engine.values.tensor import Buffer, Parameter

__all__ = ["Buffer", "Parameter"]
