"""Random streams: the session's own, its state and seed, and those that a program makes with `Generator()`."""

from __future__ import annotations

from typing import Any

from ..engine import arguments, context
from ..engine import dtype as dt
from ..engine.device import Device, resolve
from ..engine.op import composite
from ..engine.spec import spec
from ..engine.tensor import Tensor, make_tensor, type_name
from ..errors import ArgumentError

# ------------------------------------------------------------------ streams of one's own


class UserGenerator:
    """A random stream of the user's own: `Generator().manual_seed(3)`, given as `generator=`."""

    torch_name = "torch._C.Generator"
    public = frozenset({"manual_seed", "seed", "initial_seed", "get_state", "set_state", "device"})

    def __init__(self) -> None:
        from ..engine.generator import Generator

        self.stream = Generator(67280421310721)  # PyTorch's default seed

    def manual_seed(self, seed: Any) -> UserGenerator:
        """Start the stream at a seed."""
        self.noted().manual_seed(arguments.integer(seed, "manual_seed", "seed", 1))
        return self

    def seed(self) -> int:
        """Start the stream at a seed that the system gives, which is the result."""
        return self.noted().seed()

    def initial_seed(self) -> int:
        """The seed that the stream was started with."""
        return self.stream.initial_seed()

    def get_state(self) -> Tensor:
        """The state of the stream as a tensor."""
        return packed(self.stream)

    def set_state(self, new_state: Any) -> UserGenerator:
        """Put the stream where `get_state` found it."""
        self.noted().unpack_state(new_state.array)
        return self

    @property
    def device(self) -> Device:
        """Where it draws: the cpu."""
        return resolve("cpu")

    def noted(self) -> Any:
        """The stream, noted in the journal: a statement that fails gives its numbers back."""
        journal = context.current.journal
        if journal.active and journal.first(self.stream):
            state = self.stream.get_state()
            journal.record(lambda: self.stream.set_state(state))
        return self.stream

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {id(self):#x}>"


def stream(generator: Any) -> Any:
    """The stream to draw from."""
    if generator is None:
        return context.current.generator
    if not isinstance(generator, UserGenerator):
        raise ArgumentError(
            f"argument 'generator' must be torch.Generator, not {type_name(generator)}",
            code="argument-type",
            help="Generator().manual_seed(0) makes one",
        )
    return generator.noted()


@composite("Generator(device? device=None)", names=("torch.Generator",))
def generator_(device):
    """A random stream of one's own, for the argument `generator`.

    >>> g = Generator().manual_seed(3)
    >>> rand(2, generator=g)
    tensor([0.0043, 0.1056])
    """
    return UserGenerator()


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
    return context.current.generator.initial_seed()


@composite("seed()", names=("torch.seed", "random.seed"))
def seed():
    """Start the stream at a seed that the system gives, which is the result.

    >>> seed() >= 0
    True
    """
    return context.current.generator.seed()


@composite("get_rng_state()", names=("torch.get_rng_state", "random.get_rng_state"))
def get_rng_state():
    """The state of the stream, as a tensor for `set_rng_state`.

    >>> state = get_rng_state()
    >>> x = rand(2)
    >>> set_rng_state(state)
    >>> equal(x, rand(2))
    True
    """
    return packed(context.current.generator)


@composite("set_rng_state(Tensor new_state)", names=("torch.set_rng_state", "random.set_rng_state"))
def set_rng_state(new_state):
    """Put the stream back where `get_rng_state` found it.

    >>> set_rng_state(get_rng_state())
    """
    context.current.generator.unpack_state(new_state.array)
