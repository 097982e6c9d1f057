"""All operations. A module is imported when one of its names is first asked for.

`names.py` says which module has which name; `python tools/generate.py` writes it anew after an operation
was added (a test tells when it is out of date). There is no list of modules to keep.
"""

from ..engine.deferred import defer_attributes, defer_operators
from ..engine.op import registry
from ..engine.tensor import Tensor
from .names import NAMES

registry.add_package(__name__, NAMES)
Tensor.public.update(name.removeprefix("Tensor.") for name in NAMES if name.startswith("Tensor."))

defer_operators(
    __name__,
    {
        "arithmetic": "add radd sub rsub mul rmul neg pos iadd isub imul",
        "division": "truediv rtruediv floordiv rfloordiv mod rmod itruediv ifloordiv imod",
        "powers": "pow rpow ipow",
        "compare": "eq ne lt le gt ge",
        "bitwise": "and rand or ror xor rxor lshift rlshift rshift rrshift invert iand ior ixor ilshift irshift",
        "matmul": "matmul rmatmul",
        "getitem": "getitem setitem delitem",
        "magnitude": "abs",
    },
)
defer_attributes(
    __name__,
    {
        "attributes": "layout itemsize nbytes _version _base is_cpu is_cuda is_sparse is_quantized output_nr data",
        "dense": (
            "is_nested is_sparse_csr is_mkldnn is_ipu is_maia is_mps is_mtia is_vulkan is_xla is_xpu name grad_dtype"
        ),
        "reorder": "T mT H mH",
    },
)
