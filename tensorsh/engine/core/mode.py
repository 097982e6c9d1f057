"""What operations do: the mode in force, an object with hooks.

`Context.mode` is `EAGER`, which computes, until `with mode:` puts another on top of it: one that runs an operation for
every slice of a vmap, that listens to each for `explain`, that writes a program instead of computing. A mode says
what it does otherwise; the rest is done by the mode `below` it. Where operations are run, in `runner`, `inplace` and
`backward`, what `EAGER` does stands written out, for it is what nearly always happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import DeviceError

if TYPE_CHECKING:
    from ..records.op import Op
    from ..values.tensor import Tensor
    from .context import Context


#: rounds with a backward each after which a loop is known to be one of training steps
TRAINED = 2


#: what a mode has to say of an attribute of which it knows nothing
ABSENT: Any = object()


class Tracing:
    """Whether any trace is in force, which code that is compiled asks before it tells of what it does.

    on   how many are, of all sessions
    """

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = 0


tracing = Tracing()


class Mode:
    """Every hook, as the mode below has it."""

    below: Mode

    def __enter__(self) -> Any:
        from . import context

        state = context.current()
        self.below = state.mode
        state.mode = self.below.topped(self)
        return self

    def __exit__(self, *_: object) -> None:
        from . import context

        context.current().mode = self.below

    def topped(self, mode: Mode) -> Mode:
        """What is in force once `mode` is put on top of this one."""
        return mode

    # -- operations

    def apply(self, op: Op, args: tuple[Any, ...]) -> Any:
        """Run an operation on bound arguments."""
        return self.below.apply(op, args)

    def apply_inplace(self, op: Op, args: tuple[Any, ...]) -> Tensor:
        """Let the result of an operation replace the values of `args[0]`."""
        return self.below.apply_inplace(op, args)

    def accumulate(self, t: Tensor, g: Tensor, create: bool, alone: bool) -> None:
        """Add a gradient to `t.grad`; `alone`: nobody else holds it."""
        self.below.accumulate(t, g, create, alone)

    def draw(self, state: Context, own: Any) -> Any:
        """The random stream that numbers are drawn from: a `Generator` of the program's own, or the default one."""
        return self.below.draw(state, own)

    def by_parts(self, whole: bool) -> bool:
        """Whether an operation that has a kernel of its own is to be run as the operations it consists of.

        `whole`: the kernel is better than its parts even where a program could fuse these.
        """
        return self.below.by_parts(whole)

    @property
    def batches(self) -> tuple[Any, ...]:
        """The vmaps that are running, outermost first: `levels.Batch`es."""
        return self.below.batches

    @property
    def watches(self) -> bool:
        """Whether operations that make something infinite of what is finite are errors."""
        return self.below.watches

    # -- what happens beside operations

    def look(self, t: Tensor) -> None:
        """The values of a tensor are looked at."""
        self.below.look(t)

    def item(self, t: Tensor) -> Any:
        """The one element of a tensor."""
        return t.values_or_error("Tensor.item()").item()

    def truth(self, t: Tensor) -> bool:
        """Whether a tensor of one element is true."""
        return t.truth()

    def observe(self, what: str, *kinds: type) -> None:
        """Values, the graph or a setting are looked at; `what` has {} for the names of the classes."""
        self.below.observe(what, *kinds)

    def change(self, what: str, *kinds: type) -> None:
        """Something is changed, or done by Python's code, of which operations tell nothing."""
        self.below.change(what, *kinds)

    def operation(self, kind: type) -> None:
        """An operation of the program's with a backward of its own, which is Python's code, is about to run."""
        self.change("a function with a backward of its own")

    def change_items(self, items: Any) -> None:
        """An item of a list or dictionary of the program is about to be changed."""
        self.below.change_items(items)

    def change_length(self, items: Any) -> None:
        """A list, dictionary or set of the program is about to get more or fewer items, or another order."""
        self.below.change_length(items)

    def change_attribute(self, value: Any) -> None:
        """An attribute of something that a method was given is about to be set."""
        self.below.change_attribute(value)

    def put_part(self, holder: Any, name: str, value: Any) -> None:
        """A tensor is about to be put in the place of a module's own for a while, or that one again."""
        self.below.put_part(holder, name, value)

    def step(self, optimizer: Any) -> bool:
        """An optimiser is to make a step; whether that has been seen to."""
        return self.below.step(optimizer)

    def update(self, optimizer: Any, rule: Any) -> bool:
        """An optimiser of the library is to make a step by a rule; whether that has been seen to."""
        return self.below.update(optimizer, rule)

    def groups(self, optimizer: Any) -> list[dict[str, Any]]:
        """Its parameter groups, whose hyperparameters are not looked at."""
        return self.below.groups(optimizer)

    def some_modules(self, whole: Any, parts: Any) -> Any:
        """A container of modules like `whole` with these: what `whole[1:]` is."""
        return self.below.some_modules(whole, parts)

    def option(self, options: dict[str, Any], name: str) -> Any:
        """A hyperparameter."""
        return self.below.option(options, name)

    def hung(self, t: Tensor, name: str) -> Any:
        """What the program hung on a tensor under a name that it does not have; ABSENT for nothing."""
        return self.below.hung(t, name)

    def base(self, t: Tensor) -> None:
        """A program has been given the tensor that a view looks into."""
        self.below.base(t)

    def sees(self, value: Any) -> bool:
        """Whether a value is an instance whose attributes are followed wherever they are read or set."""
        return self.below.sees(value)

    def round(self, loop: Any) -> None:
        """A round of a loop begins."""
        self.below.round(loop)

    def relies_on(self, table: dict[str, Any], key: str) -> None:
        """What follows depends on an entry of a table of the library's."""
        self.below.relies_on(table, key)

    def holds(self, t: Tensor) -> bool:
        """Whether a tensor of one truth is true, where that is what one expects."""
        return self.below.holds(t)

    def walked(self) -> None:
        """A graph was walked and used up, for gradients without a graph."""
        self.below.walked()

    def created(self, t: Tensor) -> None:
        """There is a new tensor that no operation made: zeros, data."""
        self.below.created(t)

    def moves_into(self, t: Tensor, other: Tensor) -> Any:
        """The array that a tensor gets which is given another's memory."""
        return self.below.moves_into(t, other)

    # -- numbers that stand for others

    def is_number(self, value: Any) -> bool:
        """Whether a value stands for a number."""
        return self.below.is_number(value)

    def of_numbers(self, function: Any) -> Any:
        """A function of numbers, which also takes what stands for one."""
        return self.below.of_numbers(function)

    def of_plain_numbers(self, function: Any) -> Any:
        """What a module has, of whose functions some of plain numbers only compute."""
        return self.below.of_plain_numbers(function)

    def settled(self, number: Any) -> Any:
        """What a number is now, which whoever asks relies on."""
        return self.below.settled(number)

    def element(self, t: Tensor) -> Any:
        """The integer in a tensor that stands in an index, or what stands for it."""
        return self.below.element(t)

    def places(self, mask: Tensor) -> list[Tensor]:
        """Where a mask without values is true: an index tensor for each of its dimensions."""
        return self.below.places(mask)

    def mix(self, work: Any, left: Any, right: Any) -> Any:
        """An operator between a tensor and what stands for a number, by `work`; NotImplemented for anything else."""
        return self.below.mix(work, left, right)


class Eager(Mode):
    """Operations compute at once."""

    batches = ()
    watches = False

    def apply(self, op: Op, args: tuple[Any, ...]) -> Any:
        return op.straight(*args)

    def apply_inplace(self, op: Op, args: tuple[Any, ...]) -> Tensor:
        from ..run.inplace import write_result

        return write_result(op, args)

    def accumulate(self, t: Tensor, g: Tensor, create: bool, alone: bool) -> None:
        from ..graph.walk import add_gradient

        add_gradient(t, g, create, alone)

    def draw(self, state: Context, own: Any) -> Any:
        return state.stream() if own is None else own.noted()

    def by_parts(self, whole: bool) -> bool:
        return False

    def look(self, t: Tensor) -> None:
        pass

    def observe(self, what: str, *kinds: type) -> None:
        pass

    def change(self, what: str, *kinds: type) -> None:
        pass

    def change_items(self, items: Any) -> None:
        pass

    def change_length(self, items: Any) -> None:
        pass

    def change_attribute(self, value: Any) -> None:
        pass

    def put_part(self, holder: Any, name: str, value: Any) -> None:
        pass

    def step(self, optimizer: Any) -> bool:
        return False

    def update(self, optimizer: Any, rule: Any) -> bool:
        return False

    def groups(self, optimizer: Any) -> list[dict[str, Any]]:
        return optimizer.param_groups

    def some_modules(self, whole: Any, parts: Any) -> Any:
        return type(whole)(parts)

    def option(self, options: dict[str, Any], name: str) -> Any:
        return options[name]

    def hung(self, t: Tensor, name: str) -> Any:
        return ABSENT

    def base(self, t: Tensor) -> None:
        pass

    def sees(self, value: Any) -> bool:
        return False

    def round(self, loop: Any) -> None:
        pass

    def relies_on(self, table: dict[str, Any], key: str) -> None:
        pass

    def holds(self, t: Tensor) -> bool:
        return bool(t)

    def walked(self) -> None:
        pass

    def created(self, t: Tensor) -> None:
        pass

    def moves_into(self, t: Tensor, other: Tensor) -> Any:
        return other.array

    def is_number(self, value: Any) -> bool:
        return False

    def of_numbers(self, function: Any) -> Any:
        return function

    def of_plain_numbers(self, function: Any) -> Any:
        return function

    def settled(self, number: Any) -> Any:
        return number

    def element(self, t: Tensor) -> Any:
        return int(t)

    def places(self, mask: Tensor) -> list[Tensor]:
        raise DeviceError("a mask on meta has no values to select with", code="meta-values")

    def mix(self, work: Any, left: Any, right: Any) -> Any:
        return NotImplemented


class Listening(Mode):
    """Hears of each operation once it has run; such as have a kernel of their own are heard by their parts."""

    def heard(self, op: Op, args: tuple[Any, ...], result: Any) -> None:
        raise NotImplementedError

    def apply(self, op: Op, args: tuple[Any, ...]) -> Any:
        result = self.below.apply(op, args)
        self.heard(op, args, result)
        return result

    def by_parts(self, whole: bool) -> bool:
        return True


EAGER = Eager()
