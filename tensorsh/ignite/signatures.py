"""Whether a handler can be called with what an engine would give it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def check_signature(fn: Callable[..., Any], description: str, *args: Any, **kwargs: Any) -> None:
    """ValueError where `fn` does not take these arguments."""
    signature = inspect.signature(getattr(fn, "_parent", fn))
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        passed = list(args) + list(kwargs)
        raise ValueError(
            f"Error adding {fn} '{description}': takes parameters {list(signature.parameters)} but will be called "
            f"with {passed}({error})."
        ) from None
