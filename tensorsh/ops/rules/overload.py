"""One public name over several records.

PyTorch chooses among overloads by the arguments: `masked_fill` with a number and with a tensor are two
operations with two backward nodes. `@overloaded(signature)` decorates the choice, a function from the
bound arguments to `(record, its arguments)`; the function, the method and the in-place method come of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...engine.records import schema as schemas
from ...engine.records.op import Op, in_c, register
from ...engine.records.schema import Schema
from ...engine.run.apply import apply
from ...engine.run.inplace import InPlace, apply_inplace, install_forms

Choice = Callable[..., tuple[Op, tuple[Any, ...]]]


class InPlaceOverload(InPlace):
    """The in-place form of an overloaded operation: of the record that the arguments choose."""

    def __init__(self, of: Op, schema: Schema, choose: Choice):
        super().__init__(of, schema)
        self.choose = choose

    def through_body(self, args: tuple[Any, ...]) -> Any:
        return apply_inplace(*self.choose(*args))


in_c(InPlaceOverload)


def overloaded(
    signature: str,
    *,
    names: tuple[str, ...] | None = None,
    sample: tuple[Any, ...] | None = None,
    inplace: bool | str = True,
) -> Callable[[Choice], Op]:
    """Declare an overloaded operation with an in-place form; `names=()` leaves only the latter.

    inplace   "function": that is not only a method (see `Op`)
    """

    def declare(choose: Choice) -> Op:
        schema = schemas.parse(signature)
        record = Op(
            schema,
            kernel=None,
            body=lambda *args: apply(*choose(*args)),
            names=names,
            doc=choose.__doc__ or "",
            sample=sample,
        )
        register(record)
        install_forms(record, lambda named: InPlaceOverload(record, named, choose), inplace)
        return record

    return declare
