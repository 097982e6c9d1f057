"""Random streams: the session's own, its state and seed, and those that a program makes with `Generator()`."""

from __future__ import annotations

from functools import wraps
from typing import Any

import numpy as np

from ...engine.calls import arguments
from ...engine.calls.accepts import Refused
from ...engine.calls.native import declared
from ...engine.core import context
from ...engine.core import dtype as dt
from ...engine.core.device import Device, cpu, parse, without_cuda
from ...engine.core.spec import spec
from ...engine.core.titles import Titled, titled
from ...engine.records.op import composite, converters
from ...engine.values.as_argument import type_name
from ...engine.values.tensor import Tensor, make_tensor
from ...errors import ArgumentError, DeviceError
from ...kinds import Kind, describe
from ...kinds.kind import same

# ------------------------------------------------------------------ streams of one's own


class Generator(metaclass=Titled):
    """A random stream of a program's own: `Generator().manual_seed(3)`, given as `generator=`."""

    public = frozenset(
        {"manual_seed", "seed", "initial_seed", "get_state", "set_state", "clone_state", "device"}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from ...engine.random.generator import Generator as Stream

        device = _device_given(*args, **kwargs)
        if device.type != "cpu":
            raise DeviceError(
                NO_GENERATOR.get(device.type, f"{device.type.upper()} device type not an accelerator."),
                help="random streams are on the cpu: torch.Generator()",
            )
        self._own: Any = Stream(67280421310721)  # PyTorch's default seed

    @property
    def _stream(self) -> Any:
        """The stream itself; the session's, where it is none of the program's own."""
        state = context.current()
        if self._own is None:
            return state.generator
        state.mode.observe("a random stream is looked at")
        return self._own

    def noted(self) -> Any:
        """The stream, noted in the journal: a statement that fails gives its numbers back."""
        stream, journal = self._stream, context.current().journal
        if self._own is not None and journal.active:
            journal.record(stream.get_state, stream.set_state, stream)
        return stream

    def manual_seed(self, seed: Any) -> Generator:
        """Start the stream at a seed."""
        if not isinstance(seed, int | np.integer):
            raise RuntimeError(f"manual_seed expected a long, but got {type_name(seed)}")
        self.noted().manual_seed(int(seed))
        return self

    def seed(self) -> int:
        """Start the stream at a seed that the system gives, which is the result."""
        return self.noted().seed()

    def initial_seed(self) -> int:
        """The seed that the stream was started with."""
        return self._stream.initial_seed()

    def get_state(self) -> Tensor:
        """The state of the stream as a tensor."""
        return packed(self._stream)

    def set_state(self, new_state: Any) -> Generator:
        """Put the stream where `get_state` found it."""
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {type_name(new_state)}")
        self.noted().unpack_state(new_state.array)
        return self

    def clone_state(self) -> Generator:
        """A stream of its own that stands where this one does."""
        other = Generator()
        other._own = self._stream.fork()
        return other

    def get_offset(self) -> int:
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> Generator:
        raise RuntimeError("CPU Generator does not use offset")

    @property
    def device(self) -> Device:
        """Where it draws: the cpu."""
        return cpu

    def __deepcopy__(self, memo: dict[int, Any]) -> Generator:
        return self.clone_state()

    def __reduce__(self) -> Any:
        return restored, (self.initial_seed(), self.get_state())

    def __setstate__(self, state: tuple[int, None, Tensor]) -> None:
        """What PyTorch's files have: seed, offset (the cpu's has none) and state."""
        seed, _, numbers = state
        self.manual_seed(seed).set_state(numbers)

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {id(self):#x}>"


def _device_given(*args: Any, **kwargs: Any) -> Device:
    """The device of a call, which PyTorch's parser of arguments reads."""
    try:
        declared("Generator(device? device=None)").check(args, kwargs)
    except Refused as refused:
        raise ArgumentError(str(refused), code=refused.code) from None
    device = args[0] if args else kwargs.get("device")
    if isinstance(device, str):
        return parse(device)
    if device is None or isinstance(device, Device):
        return device or cpu
    return arguments.device_of(device, "Generator", "device", 1)


#: what PyTorch says where a kind of device that could have a stream is not here
NO_GENERATOR = {
    "cuda": without_cuda("get CUDA generator"),
    "xla": "Cannot get XLA generator without torch_xla library. This error has occurred because you are trying to "
    "use some XLA functionality, but the XLA library has not been loaded by the dynamic linker. You must load xla "
    "libraries by `import torch_xla`",
    "xpu": "Cannot get XPU generator without ATen_xpu library.",
    "mps": "Cannot execute getNewGenerator() without MPS backend.",
    "mtia": "Cannot execute getNewGenerator() without MTIA backend.",
    "hip": "Backend doesn`t support getNewGenerator()",
    "hpu": "Backend doesn`t support getNewGenerator()",
    "privateuseone": "Please register PrivateUse1HooksInterface by `RegisterPrivateUse1HooksInterface` first.",
}


def restored(seed: int, state: Tensor) -> Generator:
    """What a pickle of Python's makes of a generator; PyTorch's files name the class itself."""
    return Generator().manual_seed(seed).set_state(state)


#: the session's own stream, as an object
default_generator = object.__new__(Generator)
default_generator._own = None


class Seeded(Generator):
    """What `manual_seed(n)` answers: the session's stream; `with manual_seed(n):` gives it back afterwards."""

    displayed = False

    def __init__(self, seed: int):
        self._own = None
        self._before = self._stream.get_state()
        self._stream.manual_seed(seed)

    def __enter__(self) -> Seeded:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.set_state(self._before)


def _in_c(method: Any, parameters: int) -> Any:
    """A method that refuses other calls as Python's functions in C do."""
    name = method.__name__
    takes = "exactly one argument" if parameters else "no arguments"

    @wraps(method)
    def called(self: Generator, *given: Any, **named: Any) -> Any:
        if named:
            raise TypeError(f"Generator.{name}() takes no keyword arguments")
        if len(given) != parameters:
            raise TypeError(f"Generator.{name}() takes {takes} ({len(given)} given)")
        return method(self, *given)

    return called


for _name, _parameters in {
    "manual_seed": 1,
    "seed": 0,
    "initial_seed": 0,
    "get_state": 0,
    "set_state": 1,
}.items():
    setattr(Generator, _name, _in_c(vars(Generator)[_name], _parameters))

for _class in (Generator, Seeded):
    describe(_class, Kind(follow=same))
    titled(_class, "torch._C.Generator")


def stream(generator: Generator | None) -> Any:
    """The stream to draw from."""
    state = context.current()
    return state.mode.draw(state, None if generator is None or generator._own is None else generator)


def generator_argument(value: Any, op: str, name: str, position: int) -> Generator:
    """The argument `generator` of an operation."""
    if isinstance(value, Generator):
        return value
    raise ArgumentError(
        f"{op}(): argument '{name}' must be torch.Generator, not {type_name(value)}",
        code="argument-type",
        help="Generator().manual_seed(0) makes one",
    )


converters["Generator"] = generator_argument


# ------------------------------------------------------------------ the state of the default stream


def packed(source: Any) -> Tensor:
    """A stream's state as PyTorch packs it, uint8[5056]."""
    state = source.pack_state()
    return make_tensor(state, spec(state.shape, dt.uint8))


@composite("initial_seed()", names=("torch.initial_seed", "random.initial_seed"))
def initial_seed():
    """The seed that the stream was started with.

    >>> manual_seed(7);
    >>> initial_seed()
    7
    """
    return context.current().generator.initial_seed()


@composite("seed()", names=("torch.seed", "random.seed"))
def seed():
    """Start the stream at a seed that the system gives, which is the result.

    >>> seed() >= 0
    True
    """
    return context.current().generator.seed()


@composite("get_rng_state()", names=("torch.get_rng_state", "random.get_rng_state"))
def get_rng_state():
    """The state of the stream, as a tensor for `set_rng_state`.

    >>> state = get_rng_state()
    >>> x = rand(2)
    >>> set_rng_state(state)
    >>> equal(x, rand(2))
    True
    """
    return packed(context.current().generator)


@composite("set_rng_state(Tensor new_state)", names=("torch.set_rng_state", "random.set_rng_state"))
def set_rng_state(new_state):
    """Put the stream back where `get_rng_state` found it.

    >>> set_rng_state(get_rng_state())
    """
    context.current().generator.unpack_state(new_state.array)
