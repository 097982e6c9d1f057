"""The attribute names that code never reads straight: they lead, on some object, to what no program may have.

Every other public name and every name with one underscore is safe on every object a program can reach
(`tests/modules/test_modules_reach.py` walks them all), so the code generator reads those as Python does. The names
here, and those with two underscores at both ends that are no operator's and no plain fact's, go through
`reach.attribute` when the program runs.
"""

from __future__ import annotations

import sys

#: of frames, tracebacks, generators, coroutines and closures: what runs, and the variables of what runs
RUNNING = frozenset({
    "f_back", "f_builtins", "f_code", "f_globals", "f_lasti", "f_lineno", "f_locals", "f_trace",
    "f_trace_lines", "f_trace_opcodes", "f_generator",
    "tb_frame",
    "gi_code", "gi_frame",
    "cr_code", "cr_frame", "cr_origin",
    "ag_code", "ag_frame",
    "cell_contents",
})  # fmt: skip

#: of tracebacks: which frames there are, and their lines
TRACES = frozenset({"tb_frame", "tb_lineno", "tb_next"})

#: where a class or an exception keeps a module
HOLDERS = frozenset({"_flavour", "pathmod", "parser", "obj", "_os", "_io", "_sys", "_registry", "_module"})

#: methods that read attributes named in a text, evaluate texts, or reach into modules; `reach` replaces them
READERS = frozenset(
    {"format", "format_map", "from_callable", "_evaluate", "_convert_", "_convert", "sourcehook"}
)
if sys.version_info >= (3, 14):
    READERS |= {"evaluate"}  # of a forward reference

_OPERATORS = """
new init del repr str bytes format lt le eq ne gt ge hash bool len length_hint getitem getitems setitem delitem missing
iter next reversed contains add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or radd rsub rmul
rmatmul rtruediv rfloordiv rmod rdivmod rpow rlshift rrshift rand rxor ror iadd isub imul imatmul itruediv ifloordiv
imod ipow ilshift irshift iand ixor ior neg pos abs invert complex int float index round trunc floor ceil enter exit
call set_name init_subclass class_getitem instancecheck subclasscheck subclasshook prepare mro_entries
dir sizeof fspath copy deepcopy replace getnewargs getnewargs_ex await aiter anext aenter aexit
post_init div rdiv idiv concat inv not
"""
_FACTS = """
name doc class version file author all func wrapped isabstractmethod objclass text_signature slots
match_args members dataclass_fields dataclass_params origin args parameters metadata supertype forward_arg bound
constraints covariant contravariant total required_keys optional_keys orig_bases unpacked typing_subst debug license
date package config value cause context suppress_context traceback notes array array_priority torch_function
array_ufunc
array_function dlpack dlpack_device
"""
#: special methods that an operator, a statement or a builtin calls: by name they do no more than that
OPERATORS = frozenset(f"__{name}__" for name in _OPERATORS.split())
#: plain facts about anything: texts, numbers, types, and what annotations are made of
FACTS = frozenset(f"__{name}__" for name in _FACTS.split())

#: of NumPy's objects: to memory, C libraries, pickles, files
ARRAYS = frozenset({
    "ctypes", "cffi", "_ctypes", "_cffi", "capsule", "dump", "dumps", "_get_strided_loop", "tofile", "resize",
    "func_closure", "func_code", "func_defaults", "func_dict", "func_doc", "func_globals", "func_name",
})  # fmt: skip

#: methods that write bytes into memory they are given
WRITERS = frozenset({"readinto", "readinto1", "pack_into"})

GUARDED = RUNNING | TRACES | HOLDERS | READERS | ARRAYS | WRITERS

#: read as Python does it, but not written so: where an array's elements lie, and the bases a metaclass gives
WRITTEN = frozenset({"strides", "mro"})


def is_guarded(name: str) -> bool:
    """Whether reading an attribute of this name is checked when the program runs.

    Special methods of operators (`__init__`, `__len__`) and plain facts (`__class__`, `__name__`) are not.
    """
    if name[:2] == "__" and name[-2:] == "__":
        return name not in OPERATORS and name not in FACTS
    return name in GUARDED


def is_guarded_write(name: str) -> bool:
    """Whether assigning or deleting an attribute of this name is checked, whatever it belongs to.

    On classes and modules every name is: only the program's own classes may be changed.
    """
    return name in GUARDED or name in WRITTEN or (name[:2] == "__" and name[-2:] == "__")
