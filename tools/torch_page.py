"""Which public names of PyTorch are here: docs/torch.md.

`python tools/torch_page.py record`, with a Python that has torch, writes the list of PyTorch's public names to
tests/data/torch_names.json. `python tools/torch_page.py` compares this library with it and writes the page; a
test compares the page with the library.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
NAMES = ROOT / "tests" / "data" / "torch_names.json"
PAGE = ROOT / "docs" / "torch.md"

#: the namespaces that are compared, as PyTorch documents them
NAMESPACES = (
    "torch", "torch.Tensor", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.nn.parameter",
    "torch.nn.utils", "torch.nn.utils.parametrizations", "torch.nn.utils.parametrize", "torch.nn.utils.prune",
    "torch.nn.utils.rnn", "torch.nn.utils.stateless", "torch.nn.attention", "torch.optim",
    "torch.optim.lr_scheduler", "torch.optim.swa_utils", "torch.utils.data", "torch.utils.checkpoint",
    "torch.utils.hooks", "torch.autograd", "torch.autograd.forward_ad", "torch.autograd.functional",
    "torch.autograd.graph", "torch.func", "torch.distributions", "torch.distributions.constraints",
    "torch.distributions.transforms", "torch.linalg", "torch.fft", "torch.special", "torch.signal.windows",
    "torch.masked", "torch.random", "torch.serialization", "torch.testing", "torch.amp", "torch.compiler",
    "torch.accelerator", "torch.cpu", "torch.cuda", "torch.backends", "torch.backends.cudnn", "torch.version",
)  # fmt: skip

#: names that belong to PyTorch's own building, or to what tensors here are not: pattern → reason
REASONS = (
    (r"sparse|crow_indices|col_indices|row_indices|^(smm|sspaddmm|hspmm|hsmm|saddmm|ccol_indices)$",
     "sparse tensors are in coordinate form"),
    (r"quant|qscheme|^q[iu]?int|q_scale|q_zero|q_per|fbgemm|per_channel|per_tensor|choose_qparams|fused_moving|"
     r"^int_repr$|qint|^fake_", "there are no quantised tensors"),
    (r"cudnn|miopen|mkldnn|^cuda|cuda$|xpu|mps|mtia|hpu|ipu|xla|vulkan|opengl|metal|accelerat|hip|maia|"
     r"nccl|Graph|graph|stream|Stream|Event|peer|blas|solver|jiterator|allocator|MemPool|tunable|gds|green|"
     r"device_props|mem_|memory|utilization|temperature|power_draw|clock_rate|per_process|record_stream|"
     r"pin_memory|is_pinned|cusparselt|kleidiai|nnpack|python_native",
     "there is one processor's memory and no accelerator"),
    (r"jit|[Ss]cript|fork$|^wait$|_IR|import_ir|compiled|CompilationUnit|FunctionSchema|LockingLogger|TracingState|"
     r"parse_ir|parse_schema|parse_type|merge_type|freeze|InferredType|PyTorchFile|TupleType|ListType|DictType|"
     r"OptionalType|UnionType|InterfaceType|ClassType|EnumType|StringType|NumberType|NoneType|AnyType|BoolType|"
     r"IntType|FloatType|ComplexType|DeviceObjType|StreamObjType|RRefType|AwaitType|TensorType|FutureType|^Type$|"
     r"SymIntType|SymBoolType|PyObjectType|^Future$|^Await$|Argument|^Block$|^Node$|^Value$|^Use$|^Code$|Gradient$|"
     r"ErrorReport|DeserializationStorage|LiteScript|Capsule|^DeepCopyMemo|AliasDb|BufferDict|ParameterDict$|"
     r"ModuleDict$|IODescriptor|StaticModule|JITException|ModuleToList|ThroughputBenchmark|^Generic|Benchmark|"
     r"ExcludeDispatch|DispatchKey|Dispatch|BenchmarkConfig|BenchmarkExecution", "programs are not exported"),
    (r"nested|jagged|padded_tensor", "there are no nested tensors"),
    (r"^index$", "dimensions are numbers"),
    (r"_copy$", "copies of views, for PyTorch's own compiler"),
    (r"^(u?int([1-7]|16|32|64)|float8\w*|float4\w*|bits\w*|bit|complex32|chalf|quint\w*)$",
     "dtypes that NumPy has no numbers for, or PyTorch hardly any operations"),
    (r"Storage", "memory is `UntypedStorage` or `TypedStorage`"),
    (r"^[Ss]ym|unbacked|constrain_range|vmap$|guard_", "shapes are numbers"),
    (r"DataPipe|datapipe|DFIter|DataChunk|argument_validation|runtime_validation|non_deterministic|guaranteed_",
     "data pipes are deprecated in PyTorch"),
    (r"^(Callable|Any|Optional|Union|TYPE_CHECKING|cast|overload|NamedTuple|Literal|ParamSpec|TypeVar)$", "typing"),
    (r"distributed|DataParallel|rref|RRef|rpc|is_shared|share_memory", "programs run in one process"),
    (r"^batch_norm_(backward|elemt|gather|stats|update)|^native_|_backward$|^(conv_tbc|unify_type_list|norm_except_dim|"
     r"segment_reduce|hash_tensor|slice_inverse|cond|while_loop|prepare_multiprocessing_environment|init_num_threads|"
     r"const_data_ptr|PRIVATE_OPS|USE_\w+|AVG|SUM|AggregationType|CallStack|ExecutionPlan|FatalError|FileCheck|"
     r"\w*Logger\w*|OperatorInfo|ConcreteModule\w*|Tag|cpp|get_file_path|has_(lapack|mkl|openmp|spectral|magma|half)|"
     r"AcceleratorError|\w*has_torch_function\w*|handle_torch_function|boolean_dispatch|assert_int_or_pair|"
     r"BroadcastingList\d|PackedSequence_|bind|copy_method_params|Swizzle\w*|Scaling\w*|\w*scaled_mm|grouped_mm|"
     r"scaled_grouped_mm|kineto_available|Profiler\w*|log|annotations)$", "for PyTorch's own code"),
    (r"^(eig|lstsq|matrix_rank|solve|resize|resize_as|volatile|reinforce|frobenius_norm|nuclear_norm|"
     r"legacy_contiguous_format|storage_type|orthogonal)$", "taken away or deprecated in PyTorch"),
    (r"^(DEFAULT_PROTOCOL|\w+_SIZE|IS_WINDOWS|\w*[Ee]ndianness|MAGIC_NUMBER|MAP_\w+|PROTOCOL_VERSION|SourceChangeWarning|"
     r"check_module_version\w*|\w*crc32_options|\w*mmap_options|location_tag|mkdtemp|normalize_storage_type|skip_data|"
     r"register_package|storage_to_tensor_type|from_file|swap_in_optimizer_\w+)$", "for reading and writing files"),
    (r"flash_attention|FLASH|UNFUSED|^nvtx$|^Cuda\w+|^CUDA\w+|GreenContext|DeferredCuda|check_error|sync_debug_mode|"
     r"list_gpu|default_generators|profiler|device_index|empty_host_cache|capabilit|to_dlpack|validate_cuda|gpu_dtype|"
     r"_device_states|DefaultDeviceType|DeviceType", "there is one processor's memory and no accelerator"),
    (r"CacheInfo|^config$|_backend$|_unsafe$|cache_artifacts|wrap_numpy|^export$|is_view_replay|is_multithreading",
     "loops are compiled unasked: there is nothing to set"),
    (r"MaskedTensor|masked_tensor", "masked tensors are a prototype in PyTorch: torch.masked has the reductions"),
    (r"CheckpointPolicy|SAC_|SelectiveCheckpoint|selective_checkpoint|SavedTensor|check_backward_validity|BackwardHook|"
     r"unserializable_hook|warn_if_has_hooks|_DatasetKind|UninitializedTensorMixin|module_load|classproperty|"
     r"thread_safe_generator|_nesting$|cache_enabled$|^(inf|softplus|Tensor)$", "for PyTorch's own code"),
    (r"lobpcg", "torch.linalg.eigh computes all eigenvalues"),
    (r"names?$|named|align_|refine|rename|has_names", "names of dimensions are a prototype in PyTorch"),
)  # fmt: skip


def main() -> None:
    if sys.argv[1:] == ["record"]:
        found = {path: public_names(path) for path in NAMESPACES}
        lines = [f" {json.dumps(path)}: {json.dumps(names)}" for path, names in found.items()]
        NAMES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    else:
        PAGE.write_text(page(), encoding="utf-8")


# ------------------------------------------------------------------ PyTorch's names


def public_names(path: str) -> list[str]:
    """What PyTorch's namespace has for programs: no underscores, nothing of Python's own."""
    import importlib

    import torch

    where = torch.Tensor if path == "torch.Tensor" else importlib.import_module(path)
    listed = set(getattr(where, "__all__", ()))
    return sorted(name for name in {*dir(where), *listed} if name in listed or _is_public(where, name, path))


def _is_public(where: Any, name: str, path: str) -> bool:
    if name.startswith("_"):
        return False
    value = getattr(where, name, None)
    if isinstance(value, ModuleType | str | dict) and path != "torch.Tensor":
        return False  # a namespace has a section of its own; texts are for documentation
    module = getattr(value, "__module__", None)
    if isinstance(module, str) and callable(value) and path != "torch.Tensor":
        return module.startswith((path, "torch._C"))
    return type(value).__module__ not in ("__future__", "typing", "types")


# ------------------------------------------------------------------ the page


def page() -> str:
    """The page's text."""
    recorded = json.loads(NAMES.read_text(encoding="utf-8"))
    rows, sections, here, total = [], [], 0, 0
    for path, names in recorded.items():
        missing = [name for name in names if not present(path, name)]
        here, total = here + len(names) - len(missing), total + len(names)
        rows.append(f"| `{path}` | {len(names) - len(missing)} | {len(names)} |")
        if missing:
            sections.append(_section(path, missing))
    return (
        "# What of PyTorch is here\n\nWritten by `python tools/torch_page.py` from the public names of PyTorch "
        f"2.13. {here} of {total} are here.\n\n| namespace | here | in PyTorch |\n|---|---:|---:|\n"
        + "\n".join(rows)
        + "\n\n## What is absent, and why\n"
        + "".join(sections)
        + "\nWhole namespaces that are absent say so when they are asked for: "
        + ", ".join(f"`torch.{name}`" for name in _absent_namespaces())
        + ".\n"
    )


def present(path: str, name: str) -> bool:
    """Whether this library has the name."""
    sys.path.insert(0, str(ROOT))
    try:
        from tensorsh.engine.values.tensor import Tensor
        from tensorsh.torch.namespace import has_namespace, namespace
    finally:
        sys.path.pop(0)
    if path == "torch.Tensor":
        from tensorsh.engine.records.op import registry

        return hasattr(Tensor, name) or f"Tensor.{name}" in registry
    where = path.removeprefix("torch").lstrip(".")
    return has_namespace(where) and name in namespace(where).names()


def _section(path: str, missing: list[str]) -> str:
    by_reason: dict[str, list[str]] = {}
    for name in missing:
        by_reason.setdefault(reason(name), []).append(name)
    lines = [
        f"- {why}: {', '.join(f'`{name}`' for name in names)}" for why, names in sorted(by_reason.items())
    ]
    return f"\n### {path}\n\n" + "\n".join(lines) + "\n"


def reason(name: str) -> str:
    """Why a name is absent."""
    return next((why for pattern, why in REASONS if re.search(pattern, name)), "not yet")


def _absent_namespaces() -> list[str]:
    from tensorsh.torch.absent import ABSENT

    return sorted(name for name in ABSENT if name.islower() and "_" not in name)


if __name__ == "__main__":
    main()
