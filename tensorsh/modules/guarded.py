"""The attribute names that code never reads straight: they lead, on some object, to what no program may have.

Every other public name and every name with one underscore is safe on every object a program can reach
(`tests/test_modules_reach.py` walks them all), so the code generator reads those as Python does. The names
here, and all names with two underscores at both ends, go through `reach.attribute` when the program runs.
"""

from __future__ import annotations

#: of frames, tracebacks, generators, coroutines and closures: what runs, and the variables of what runs
RUNNING = frozenset({
    "f_back", "f_builtins", "f_code", "f_globals", "f_lasti", "f_lineno", "f_locals", "f_trace",
    "f_trace_lines", "f_trace_opcodes", "f_generator", "clear_frames",
    "tb_frame",
    "gi_code", "gi_frame",
    "cr_code", "cr_frame", "cr_origin",
    "ag_code", "ag_frame",
    "cell_contents",
})  # fmt: skip

#: where a class or an exception keeps a module
HOLDERS = frozenset({"_flavour", "pathmod", "parser", "obj", "_os", "_io", "_sys", "_registry", "_module"})

#: methods that read attributes named in a text, evaluate texts, or reach into modules; `reach` replaces them
READERS = frozenset({
    "format", "format_map", "from_callable", "_evaluate", "evaluate_forward_ref", "_convert_", "_convert",
    "get_field", "sourcehook", "evaluate_value", "evaluate_bound", "evaluate_default", "evaluate_constraints",
})  # fmt: skip

#: of NumPy's objects: to memory, C libraries, pickles, files
ARRAYS = frozenset({
    "ctypes", "cffi", "_ctypes", "_cffi", "capsule", "dump", "dumps", "_get_strided_loop", "tofile", "resize",
    "func_closure", "func_code", "func_defaults", "func_dict", "func_doc", "func_globals", "func_name",
})  # fmt: skip

GUARDED = RUNNING | HOLDERS | READERS | ARRAYS


def is_guarded(name: str) -> bool:
    """Whether reading, writing or deleting an attribute of this name is checked when the program runs."""
    return name in GUARDED or (name[:2] == "__" and name[-2:] == "__")
