"""Functions of each element that follow PyTorch's vector loops, as machine code where there is some."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .element_code import ElementCode, RowCode


def written(name: str, module: str = "functions") -> Any:
    """What writes the function of this name in a module of `compile.machine`, imported when it is wanted."""

    def write(c: Any, ins: list[str], tables: list[str]) -> list[str]:
        found = import_module(f"..compile.machine.{module}", __package__)
        results = getattr(found, name)(c, *ins, *tables)
        return [results] if isinstance(results, str) else results

    return write


EXP = ElementCode(written("vector_exp"), 1, 40)
LOG = ElementCode(written("vector_log"), 1, 30)
LOG1P = ElementCode(written("vector_log1p"), 1, 40)
#: a * b + c, rounded once
MULTIPLY_ADD = ElementCode(written("fused"), 3, 8)
#: x + alpha * y; x + value * a * b; from x so much of the way to another
ADD_SCALED = ElementCode(written("add_scaled"), 3, 5, numbers=1)
ADD_PRODUCT = ElementCode(written("add_product"), 4, 6, numbers=1)
LERP = ElementCode(written("lerp"), 3, 6, numbers=1)
#: a * b + c, of which b and c are one number for each row
SCALE_AND_SHIFT = RowCode(written("fused"), 3, 1, 8, numbers=2)
#: `ops.nn.batch_norm_steps.input_gradient` of planes: grad, x; mean of x, of grad, slope and the two factors of a plane
PLANE_GRADIENT = RowCode(written("plane_gradient"), 7, 1, 14, numbers=5)
#: one step of `moments`: a number, mean and squares so far, one over the count → mean and squares
WELFORD = RowCode(written("welford"), 4, 2, 16, numbers=1)
#: x * y + total of the columns, row after row: the total is input and output
ADD_PRODUCTS = RowCode(written("fused"), 3, 1, 8)
GELU = ElementCode(written("gelu", "onednn"), 1, 80)
#: of the gradient and the input
GELU_BACKWARD = ElementCode(written("gelu_backward", "onednn"), 2, 80)
#: a gradient and what it is passed on by: where that is above zero or nan
PASSED = ElementCode(written("passed"), 2, 5)
SILU = ElementCode(written("silu"), 1, 45)
SILU_BACKWARD = ElementCode(written("silu_backward"), 2, 50)
#: alpha · scale, scale, slope
ELU = ElementCode(written("elu"), 4, 45, numbers=3)
ELU_BACKWARD = ElementCode(written("elu_backward"), 5, 45, numbers=3)
#: beta, threshold
SOFTPLUS = ElementCode(written("softplus"), 3, 75, numbers=2)
SOFTPLUS_BACKWARD = ElementCode(written("softplus_backward"), 4, 45, numbers=2)
MISH = ElementCode(written("mish"), 1, 120)
MISH_BACKWARD = ElementCode(written("mish_backward"), 2, 160)
