"""LLVM, by way of llvmlite: the text of a function as machine code for the processor at hand."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import find_spec
from typing import Any, NamedTuple

from .image import Unlinkable, linked, placed, supported

#: the function that a text defines
NAME = "group"


class Assembled(NamedTuple):
    """What owns the machine code of a text's function, its address, and the bytes of it that can be kept."""

    owner: Any
    address: int
    image: bytes | None


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
def assembled(text: str, thorough: bool = False) -> Assembled:
    """The same as the last time for the same text."""
    return assemble(text, thorough)


def assemble(text: str, thorough: bool) -> Assembled:
    """The machine code of a text; `thorough` for loops that are long."""
    if supported():
        try:
            image = image_of(text, thorough)
            return Assembled(*placed(image), image)
        except (Unlinkable, OSError):
            pass
    import llvmlite.binding as llvm

    machine = target_machine(jit=True)  # the engine's to free
    engine = llvm.create_mcjit_compiler(optimized(text, machine, thorough), machine)
    engine.finalize_object()
    return Assembled(engine, engine.get_function_address(NAME), None)


def image_of(text: str, thorough: bool = False) -> bytes:
    """The machine code as bytes that run wherever they lie."""
    machine = target_machine(reloc="pic", codemodel="small")
    return linked(machine.emit_object(optimized(text, machine, thorough)), NAME)


def target_machine(**how: Any) -> Any:
    """LLVM's code generator for this processor."""
    name, features = processor()
    import llvmlite.binding as llvm

    return llvm.Target.from_default_triple().create_target_machine(cpu=name, features=features, opt=2, **how)


def optimized(text: str, machine: Any, thorough: bool) -> Any:
    """The module of a text, with vectors where there were loops.

    Of loops over small arrays unrolled copies would be most of the code and of LLVM's work, and are seldom reached:
    without them it takes half as long, and a step of a network a twentieth longer.
    """
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2 if thorough else 1)
    options.loop_vectorization = True
    options.loop_unrolling = options.loop_interleaving = thorough
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module
