"""What an evaluation depends on besides its inputs: one `Context` per session.

`current()` is the context in force in this thread; a session puts its own there while it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from .device import Device, cpu
from .dtype import DType, float32
from .journal import Journal
from .mode import EAGER, Mode

if TYPE_CHECKING:
    from ..graph.recollection import Recollection
    from ..random.generator import Generator
    from .line_clock import LineClock
    from .warn import Warnings


R = TypeVar("R")

#: what programs and their `with` blocks set: a statement that fails leaves it as it was
IN_FORCE = (
    "anomaly", "autocast", "device", "devices", "dtype", "function_modes", "grad_enabled", "inference",
    "mode", "noting", "packing", "printing", "replaced", "safe", "switches", "transforms", "undispatched",
)  # fmt: skip


class Context:
    """What operations do, grad mode, default dtype and device, random numbers, the undo journal."""

    __slots__ = (
        "__weakref__",
        "_generator",
        "admit",
        "anomaly",
        "autocast",
        "clock",
        "device",
        "devices",
        "dtype",
        "find_class",
        "function_modes",
        "grad_enabled",
        "inference",
        "journal",
        "keeping",
        "lists",
        "mode",
        "noting",
        "packing",
        "printing",
        "python",
        "recollection",
        "replaced",
        "safe",
        "samples",
        "spelling",
        "switches",
        "tables",
        "threads",
        "transforms",
        "undispatched",
        "walked",
        "walks",
        "warnings",
        "worker",
    )

    def __init__(self, dtype: DType = float32, device: Device = cpu):
        self.mode: Mode = EAGER  # what operations do
        self.grad_enabled = True
        self.dtype = dtype
        self.device = device
        self.devices: tuple[Device, ...] = ()  # what it was before each `with device(…)` around
        self.journal = Journal()
        self.printing: Any = None  # how tensors print, once a program has said so
        self.threads: int | None = None  # how many an operation may use; None: one for each core
        self.noting: Any = None  # `saved.Noting`: told of each node that is recorded
        self.packing: tuple[Any, ...] = ()  # (pack, unpack) of the `saved_tensors_hooks` in force
        self.anomaly: bool | None = None  # errors of a walk name the forward operation; True: NaN is one
        self.inference = False
        self.clock: LineClock | None = None  # where somebody measures the lines of the program
        self.lists = True  # whether a list of numbers is taken for a tensor; in a PyTorch program it is not
        self.function_modes: tuple[Any, ...] = ()  # the program's own modes in force, the latest last
        self.replaced = (
            False  # whether the program has put something in the place of what the library has (`given`)
        )
        self.undispatched = 0  # how often `__torch_function__` of tensors is switched off
        self.walks = 0  # how many backward passes there have been that used up their graph
        #: does a backward pass (root, its gradient or None for a one, whether the graph is kept) by a program, if
        #: there is one for such graphs (`engine.compile.walks`); None: none is ever made
        self.walked: Callable[[Any, Any, bool], bool] | None = None
        self.transforms: list[Any] = []  # the tapes of the transforms of functions that are running
        self.recollection: Recollection | None = None  # where somebody may ask for an explanation
        self.spelling: Callable[[FrameType], str] = lambda frame: (
            ""
        )  # what a frame's code calls what it calls
        self.warnings: Warnings | None = None  # None: Python's own govern them
        #: how batches of a dataset of the program's own are found at once (`lang.loops.samples`); None: not
        self.samples: Callable[[Any], Any] | None = None
        self.worker: Any = None  # of a loader, while it loads a batch
        self.autocast: Any = None  # in which dtype products are computed, where `torch.autocast` says so
        self.safe: dict[Any, Any] = {}  # what the program says may be found in files of weights
        self.switches: dict[Any, Any] = {}  # what a program sets that changes nothing in how is computed
        self.tables: list[dict[Any, Any] | None] = []  # `own_tables`, while another session runs
        #: (module, name) in a pickle → what the program may find there; None: see `torch.serialization.names`
        self.find_class: Callable[[str, str], Any] | None = None
        #: asked with (path, "read" or "write") before a file is opened; raises where that is not allowed
        self.admit: Callable[[str, str], None] | None = None
        self.keeping = True  # whether finished machine code is kept in the user's cache, and looked for there
        self.python: Any = None  # `find(name)` gives the program's own of Python's modules; None: Python's
        self._generator: Generator | None = None

    @property
    def generator(self) -> Generator:
        """The default random stream, as the mode in force has it."""
        return self.mode.draw(self, None)

    def stream(self) -> Generator:
        """The default random stream; its state is restored when a statement fails."""
        if self._generator is None:
            from ..random.generator import Generator

            self._generator = Generator()
        generator = self._generator
        if self.journal.active:
            self.journal.record(generator.get_state, generator.set_state, generator)
        return generator

    def settings(self) -> tuple[Any, ...]:
        """What is in force, for `put_back`."""
        return tuple([getattr(self, name) for name in IN_FORCE])

    def put_back(self, settings: tuple[Any, ...]) -> None:
        """Put in force what `settings` saw."""
        modes = self.function_modes
        for name, value in zip(IN_FORCE, settings, strict=True):
            setattr(self, name, value)
        if self.function_modes is not modes:
            from ..modes.function_modes import follow

            follow(self)

    def place_in_stream(self) -> Any:
        """Where the default random stream stands: the same as before if nothing was drawn."""
        return None if self._generator is None else self._generator.place()


outside = Context()  # of whoever runs operations in a thread that has no session in force
_in_force: ContextVar[Context] = ContextVar("tensorsh", default=outside)
current: Callable[[], Context] = _in_force.get


def compiling(work: Callable[[], R]) -> R:
    """Do what makes compiled programs faster, which is no work of the statement that runs."""
    clock = current().clock
    return work() if clock is None else clock.compiling(work)


@contextmanager
def using(context: Context) -> Iterator[Context]:
    """Make `context` the one in force."""
    before = current()
    _in_force.set(context)
    try:
        yield context
    finally:
        _in_force.set(before)


class GradMode:
    """`with no_grad():` / `with enable_grad():` / `set_grad_enabled(flag)`; usable again and again."""

    def __init__(self, enabled: bool):
        self.enabled = enabled
        self._before: list[bool] = []

    def __enter__(self) -> GradMode:
        state = current()
        self._before.append(state.grad_enabled)
        state.grad_enabled = self.enabled
        return self

    def __exit__(self, *_: object) -> None:
        current().grad_enabled = self._before.pop()
