"""What a program says is safe to find in a file with `weights_only=True`, for its session."""

from __future__ import annotations

from typing import Any

from ...engine.core import context

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "safe_globals"]


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Let `torch.load` find these classes and functions; a pair gives one and the name it has in the file."""
    _set({**context.current().safe, **{_key(item): item for item in safe_globals}})


def get_safe_globals() -> list[Any]:
    """What the program has said is safe."""
    return list(context.current().safe.values())


def clear_safe_globals() -> None:
    """Nothing more is safe."""
    _set({})


class safe_globals:
    """`with safe_globals([MyClass]):` they are safe inside."""

    def __init__(self, safe_globals: list[Any]):
        self.safe_globals = safe_globals

    def __enter__(self) -> None:
        add_safe_globals(self.safe_globals)

    def __exit__(self, *_: object) -> None:
        gone = {_key(item) for item in self.safe_globals}
        _set({key: item for key, item in context.current().safe.items() if key not in gone})


safe_globals.__module__ = "torch.serialization"  # as `print(type(x))` shows it


def user_allowed() -> dict[str, Any]:
    """Each of them by its name in a file; ValueError or TypeError for what is no pair."""
    found = {}
    for item in context.current().safe.values():
        name = ""
        if isinstance(item, tuple):
            if len(item) != 2:
                raise ValueError(
                    "Expected tuple of length 2 (global, str of callable full path), but got tuple of length: "
                    f"{len(item)}"
                )
            if type(item[1]) is not str:
                raise TypeError(
                    f"Expected second item in tuple to be str of callable full path, but got: {type(item[1])}"
                )
            item, name = item
        found[name or f"{item.__module__}.{item.__qualname__}"] = item
    return found


def _key(item: Any) -> Any:
    return (id(item[0]), *item[1:]) if isinstance(item, tuple) and item else id(item)


def _set(safe: dict[Any, Any]) -> None:
    state = context.current()
    state.journal.save_setting(state, "safe")
    state.safe = safe
