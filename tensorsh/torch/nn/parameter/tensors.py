"""Parameters and buffers that have their shape."""

from ....engine.values.parameters import Buffer, Parameter

__all__ = ["Buffer", "Parameter"]
