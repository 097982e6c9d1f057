"""torch.nn.parameter: tensors that a module takes for its parameters and state."""

from ...engine.tensor import Buffer, Parameter

__all__ = ["Buffer", "Parameter"]
