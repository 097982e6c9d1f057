"""What some aspects of a kind of value are made of: undo, printing, JSON, trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Part(NamedTuple):
    """One thing that a kind of value is made of, for undo (`lang.snapshot`).

    note(value, snapshot)   notes how the value is and tells the snapshot how to put it back; gives what it leads to
    replace(value, again)   puts what `again` gives in the place of what the value holds
    """

    note: Callable[[Any, Any], Iterable[Any]]
    replace: Callable[[Any, Any], None] | None = None


class Brackets(NamedTuple):
    """How the repr of a container is put together; `entry` is what stands before, in and after key and value."""

    opening: str
    closing: str
    entry: tuple[str, str, str] | None = None  # None: only the values are shown
    between: str = ", "
    spelled: bool = False  # keys are names and stand there as they are


class Json(NamedTuple):
    """A value as an object of JSON with `type` and `value`.

    value(value, item)   what JSON has for it, `item` turns what is inside; None: the value itself
    title                its type; None: the name of the class
    bare                 inside of others, `value` alone says what it is
    whole                `value` gives the entries of the object
    """

    value: Callable[[Any, Callable[[Any], Any]], Any] | None = None
    title: str | None = None
    bare: bool = False
    whole: bool = False


class Tree(NamedTuple):
    """How a value is walked as a tree, PyTorch's pytree.

    parts(value)             (what is kept of it beside its children, its children)
    make(kind, kept, parts)  a value of the class `kind` of these
    name(kind, kept)         both in PyTorch's words, as a message shows them; None: the class, what is kept
    """

    parts: Callable[[Any], tuple[Any, Iterable[Any]]]
    make: Callable[[type, Any, list[Any]], Any]
    name: Callable[[type, Any], tuple[str, str]] | None = None
