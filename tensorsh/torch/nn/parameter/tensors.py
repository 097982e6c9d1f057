"""Parameters and buffers that have their shape."""

from ....engine.tensor import Buffer, Parameter

__all__ = ["Buffer", "Parameter"]
