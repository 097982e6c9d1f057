"""Containers, and functions that work on them."""

from __future__ import annotations

from typing import Any

from ..table import Table


def _operator(modules: Any) -> dict[str, Any]:
    from ..readers import reader_classes

    return reader_classes(modules.host)


def _itertools(modules: Any) -> dict[str, Any]:
    from ..endless import of_itertools

    return of_itertools(modules)


def _struct(modules: Any) -> dict[str, Any]:
    import struct

    from ..numpy_memory import looking

    return {"pack_into": looking(struct.pack_into)}


def _queue(modules: Any) -> dict[str, Any]:
    from ..waiting import queue_names

    return queue_names()


FIRST = (0,)
IN_PLACE = "iadd iand iconcat ifloordiv ilshift imatmul imod imul ior ipow irshift isub itruediv ixor setitem delitem"

TABLES = {
    "itertools": Table(
        "accumulate batched chain combinations combinations_with_replacement compress count cycle dropwhile "
        "filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest",
        made=_itertools,
    ),
    "functools": Table(
        "WRAPPER_ASSIGNMENTS WRAPPER_UPDATES Placeholder cache cached_property cmp_to_key lru_cache partial "
        "partialmethod reduce singledispatch singledispatchmethod total_ordering update_wrapper wraps",
        copied=True,
        changes={"update_wrapper": FIRST},
    ),
    "collections": Table(
        "ChainMap Counter OrderedDict UserDict UserList UserString defaultdict deque namedtuple",
        submodules="abc",
    ),
    "collections.abc": Table(
        "AsyncGenerator AsyncIterable AsyncIterator Awaitable Buffer ByteString Callable Collection Container "
        "Coroutine Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping "
        "MutableSequence MutableSet Reversible Sequence Set Sized ValuesView"
    ),
    "operator": Table(
        "abs add and_ call concat contains countOf delitem eq floordiv ge getitem gt iadd iand iconcat "
        "ifloordiv ilshift imatmul imod imul index indexOf inv invert ior ipow irshift is_ is_none is_not "
        "is_not_none isub itemgetter itruediv ixor le length_hint lshift lt matmul mod mul ne neg not_ or_ pos pow "
        "rshift setitem sub truediv truth xor "
        "__abs__ __add__ __and__ __call__ __concat__ __contains__ __delitem__ __eq__ __floordiv__ __ge__ __getitem__ "
        "__gt__ __iadd__ __iand__ __iconcat__ __ifloordiv__ __ilshift__ __imatmul__ __imod__ __imul__ __index__ "
        "__inv__ __invert__ __ior__ __ipow__ __irshift__ __isub__ __itruediv__ __ixor__ __le__ __lshift__ __lt__ "
        "__matmul__ __mod__ __mul__ __ne__ __neg__ __not__ __or__ __pos__ __pow__ __rshift__ __setitem__ __sub__ "
        "__truediv__ __xor__",
        made=_operator,
        changes=dict.fromkeys(IN_PLACE.split(), FIRST),
    ),
    "bisect": Table(
        "bisect bisect_left bisect_right insort insort_left insort_right",
        changes={"insort": FIRST, "insort_left": FIRST, "insort_right": FIRST},
    ),
    "heapq": Table(
        "heapify heapify_max heappop heappop_max heappush heappush_max heappushpop heappushpop_max heapreplace "
        "heapreplace_max merge nlargest nsmallest",
        changes={
            name + end: FIRST
            for name in ("heapify", "heappop", "heappush", "heappushpop", "heapreplace")
            for end in ("", "_max")
        },
    ),
    "array": Table("ArrayType array typecodes"),
    "queue": Table("Empty Full ShutDown", made=_queue),
    "graphlib": Table("CycleError TopologicalSorter"),
    "weakref": Table(
        "CallableProxyType ProxyType ProxyTypes ReferenceType WeakKeyDictionary WeakMethod WeakSet "
        "WeakValueDictionary finalize getweakrefcount proxy ref"
    ),
    "copy": Table("Error copy deepcopy error replace", copied=True),
    "reprlib": Table("Repr aRepr recursive_repr repr", copied=True),
    "struct": Table(
        "Struct calcsize error iter_unpack pack pack_into unpack unpack_from",
        made=_struct,
        changes={"pack_into": (1,)},
    ),
}
