"""LLVM, by way of llvmlite: the text of a function as machine code for the processor at hand."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import find_spec
from typing import Any


@cache
def available() -> bool:
    """Whether llvmlite is installed."""
    return find_spec("llvmlite") is not None


@cache
def processor() -> tuple[str, str]:
    """LLVM's name of the processor at hand, and what it can do; loading LLVM takes a tenth of a second."""
    import llvmlite.binding as llvm

    if not hasattr(llvm, "create_pass_builder"):
        raise ImportError("llvmlite is too old")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@lru_cache(64)
def assembled(text: str) -> tuple[Any, int]:
    """The same as the last time for the same text."""
    return assemble(text)


def assemble(text: str) -> tuple[Any, int]:
    """What owns the machine code of the function `group`, and its address. Takes up to 0.1 s."""
    import llvmlite.binding as llvm

    name, features = processor()
    target = llvm.Target.from_default_triple()
    machine = target.create_target_machine(
        cpu=name, features=features, opt=2, jit=True
    )  # the engine's to free
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine, engine.get_function_address("group")
