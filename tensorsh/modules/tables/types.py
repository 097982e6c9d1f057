"""Classes, types and what looks at them."""

from __future__ import annotations

from typing import Any

from ..module import Module
from ..table import Table


def _typing(modules: Any) -> dict[str, Any]:
    from ..hints import get_type_hints_of

    return {"get_type_hints": get_type_hints_of(modules.host)}


def _types(modules: Any) -> dict[str, Any]:
    return {"ModuleType": Module, "new_class": modules.copies.types.new_class}


def _inspect(modules: Any) -> dict[str, Any]:
    from ..looking import names

    return names(modules)


def _builtins(modules: Any) -> dict[str, Any]:
    return dict(modules.builtins)


TYPING = (
    "AbstractSet Annotated Any AnyStr AsyncContextManager AsyncGenerator AsyncIterable AsyncIterator Awaitable "
    "BinaryIO ByteString Callable ChainMap ClassVar Collection Concatenate Container ContextManager Coroutine "
    "Counter DefaultDict Deque Dict Final ForwardRef FrozenSet Generator Generic Hashable IO ItemsView Iterable "
    "Iterator KeysView List Literal LiteralString Mapping MappingView Match MutableMapping MutableSequence "
    "MutableSet NamedTuple Never NewType NoDefault NoReturn NotRequired Optional OrderedDict ParamSpec "
    "ParamSpecArgs ParamSpecKwargs Pattern Protocol ReadOnly Required Reversible Self Sequence Set Sized "
    "SupportsAbs SupportsBytes SupportsComplex SupportsFloat SupportsIndex SupportsInt SupportsRound TYPE_CHECKING "
    "Text TextIO Tuple Type TypeAlias TypeAliasType TypeGuard TypeIs TypeVar TypeVarTuple TypedDict Union Unpack "
    "ValuesView assert_never assert_type cast clear_overloads dataclass_transform final get_args get_origin "
    "get_overloads get_protocol_members is_protocol is_typeddict no_type_check no_type_check_decorator overload "
    "override reveal_type runtime_checkable"
)

TABLES = {
    "typing": Table(
        TYPING,
        made=_typing,
    ),
    "typing_extensions": Table(TYPING, made=_typing, source="typing"),  # PyTorch brings it
    "dataclasses": Table(
        "Field FrozenInstanceError InitVar KW_ONLY MISSING asdict astuple dataclass field fields is_dataclass "
        "make_dataclass replace",
        copied=True,
        changes={"dataclass": (0,)},
    ),
    "enum": Table(
        "CONFORM CONTINUOUS EJECT Enum EnumCheck EnumMeta EnumType Flag FlagBoundary IntEnum IntFlag KEEP NAMED_FLAGS "
        "ReprEnum STRICT StrEnum UNIQUE auto member nonmember property unique verify"
    ),
    "abc": Table(
        "ABC ABCMeta abstractclassmethod abstractmethod abstractproperty abstractstaticmethod get_cache_token "
        "update_abstractmethods"
    ),
    "contextlib": Table(
        "AbstractAsyncContextManager AbstractContextManager AsyncContextDecorator AsyncExitStack ContextDecorator "
        "ExitStack aclosing asynccontextmanager chdir closing contextmanager nullcontext redirect_stderr "
        "redirect_stdout suppress",
        copied=True,
    ),
    "types": Table(
        "AsyncGeneratorType BuiltinFunctionType BuiltinMethodType CellType ClassMethodDescriptorType CoroutineType "
        "DynamicClassAttribute EllipsisType FunctionType GeneratorType GenericAlias GetSetDescriptorType LambdaType "
        "MappingProxyType MemberDescriptorType MethodDescriptorType MethodType MethodWrapperType NoneType "
        "NotImplementedType SimpleNamespace TracebackType UnionType WrapperDescriptorType coroutine get_original_bases "
        "prepare_class resolve_bases",
        made=_types,
    ),
    "inspect": Table(
        "BoundArguments FullArgSpec GEN_CLOSED GEN_CREATED GEN_RUNNING GEN_SUSPENDED Parameter Signature cleandoc "
        "getdoc getfullargspec getgeneratorstate isabstract isasyncgen isasyncgenfunction isawaitable isbuiltin "
        "isclass iscoroutine iscoroutinefunction isdatadescriptor isfunction isgenerator isgeneratorfunction ismethod "
        "ismethoddescriptor isroutine",
        copied=True,
        made=_inspect,
    ),
    "builtins": Table(made=_builtins),
    "__future__": Table(
        "absolute_import all_feature_names annotations barry_as_FLUFL division generator_stop generators nested_scopes "
        "print_function unicode_literals with_statement"
    ),
}
