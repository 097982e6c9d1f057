"""What NumPy keeps for a program: its random stream, how arrays print, what becomes of a division by zero.

Each belongs to the session. NumPy's own settings are exchanged while the session runs (`Modules.active`), and what
a floating point operation stumbles over reaches the session as a warning, which is shown, raised, dropped or
handed to the program's function by the program's own `seterr`; the engine's operations never warn.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

KINDS = {
    "divide": "divide by zero encountered",
    "over": "overflow encountered",
    "under": "underflow encountered",
    "invalid": "invalid value encountered",
}
MODES = ("ignore", "warn", "raise", "call", "print", "log")
#: the functions of `numpy.random` that are methods of one stream
STREAM = (
    "beta binomial bytes chisquare choice dirichlet exponential f gamma geometric get_state gumbel hypergeometric "
    "laplace logistic lognormal logseries multinomial multivariate_normal negative_binomial noncentral_chisquare "
    "noncentral_f normal pareto permutation poisson power rand randint randn random random_integers random_sample "
    "rayleigh seed set_state shuffle standard_cauchy standard_exponential standard_gamma standard_normal standard_t "
    "triangular uniform vonmises wald weibull zipf"
)


def of(modules: Any) -> NumPy:
    """The session's, made when a program imports numpy."""
    if modules.numpy is None:
        modules.numpy = NumPy()
        modules.host.warnings.floating = modules.numpy.floating
    return modules.numpy


def lent(modules: Any) -> contextlib.AbstractContextManager[None]:
    """While a library runs that draws from NumPy's one stream: it draws from the session's, where there is one."""
    return contextlib.nullcontext() if modules.numpy is None else modules.numpy.lent()


class NumPy:
    """One session's side of NumPy.

    errors    what is done about each kind of floating point event
    call      the function for events whose mode is "call"
    printing  the print options, while the session does not run
    """

    def __init__(self) -> None:
        import numpy as np

        from . import numpy_long, numpy_wrapped
        from .numpy_sorting import guard_sorting
        from .numpy_states import guard_generators

        guard_generators()
        guard_sorting()
        numpy_long.install()
        numpy_wrapped.install()
        self.stream = np.random.RandomState()
        self.errors = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
        self.call: Any = None
        self.printing: Mapping[str, Any] = np.get_printoptions()
        self.running = False
        self.outside: dict[str, Any] = {}

    # ---------------------------------------------------------------- what a program calls

    def functions(self) -> dict[str, Any]:
        """The functions of `numpy` that read or set this state."""
        import numpy as np

        self.enter()  # the program that imports is running
        return {
            "set_printoptions": np.set_printoptions,
            "get_printoptions": np.get_printoptions,
            "printoptions": np.printoptions,
            "seterr": self.seterr,
            "geterr": self.geterr,
            "seterrcall": self.seterrcall,
            "geterrcall": self.geterrcall,
            "errstate": errstate_of(self),
        }

    def random_functions(self) -> dict[str, Any]:
        """The functions of `numpy.random`."""
        found = {name: getattr(self.stream, name) for name in STREAM.split()}
        return found | {"ranf": self.stream.random_sample, "sample": self.stream.random_sample}

    def geterr(self) -> dict[str, str]:
        """What is done about floating point events."""
        return dict(self.errors)

    def seterr(
        self,
        all: str | None = None,
        divide: str | None = None,
        over: str | None = None,
        under: str | None = None,
        invalid: str | None = None,
    ) -> dict[str, str]:
        """Set what is done about floating point events; returns what was."""
        before = self.geterr()
        given = {"divide": divide, "over": over, "under": under, "invalid": invalid}
        for kind, mode in given.items():
            mode = all if mode is None else mode
            if mode is None:
                continue
            if mode not in MODES:
                raise ValueError(f"invalid error mode {mode!r}")
            self.errors[kind] = mode
        self._apply()
        return before

    def seterrcall(self, func: Any) -> Any:
        """Set the function for events whose mode is "call"; returns the one before."""
        if func is not None and not callable(func) and not callable(getattr(func, "write", None)):
            raise ValueError("Only callable can be used as callback")
        before, self.call = self.call, func
        return before

    def geterrcall(self) -> Any:
        """The function for events whose mode is "call"."""
        return self.call

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """The stream takes the place of NumPy's one, and carries on where a library has left it."""
        import numpy as np

        outside = np.random.get_state(legacy=False)
        np.random.set_state(self.stream.get_state(legacy=False))
        try:
            yield
        finally:
            self.stream.set_state(np.random.get_state(legacy=False))
            np.random.set_state(outside)

    # ---------------------------------------------------------------- events

    def floating(self, text: str) -> bool:
        """Deal with an event that is no warning; whether it was one."""
        kind = next((kind for kind, words in KINDS.items() if text.startswith(words)), None)
        if kind is None:
            return False
        mode = self.errors[kind]
        if mode == "warn":
            return False
        if mode == "raise":
            raise FloatingPointError(text)
        if mode == "print":
            print(f"Warning: {text}")
        elif mode == "call" and self.call is not None:
            self.call(text.split(" encountered")[0], 1 << list(KINDS).index(kind))
        elif mode == "log" and self.call is not None:
            self.call.write(f"Warning: {text}\n")
        return True

    # ---------------------------------------------------------------- in force while the session runs

    def enter(self) -> None:
        """Put the session's settings in force."""
        import numpy as np

        if self.running:
            return
        self.running = True
        self.outside = {"errors": np.geterr(), "printing": np.get_printoptions()}
        np.set_printoptions(**self.printing)
        self._apply()

    def leave(self) -> None:
        """Put back what was in force before."""
        import numpy as np

        if not self.running:
            return
        self.running = False
        self.printing = np.get_printoptions()
        np.seterr(**self.outside["errors"])
        np.set_printoptions(**self.outside["printing"])

    def _apply(self) -> None:
        import numpy as np

        if self.running:
            np.seterr(
                **{kind: "ignore" if mode == "ignore" else "warn" for kind, mode in self.errors.items()}
            )

    # ---------------------------------------------------------------- undo

    def state(self) -> Any:
        """What `restore` puts back."""
        import numpy as np

        printing = np.get_printoptions() if self.running else self.printing
        return self.stream.get_state(legacy=False), dict(self.errors), self.call, dict(printing)

    def restore(self, state: Any) -> None:
        """Put back what `state` saw."""
        import numpy as np

        stream, self.errors, self.call, self.printing = state[0], dict(state[1]), state[2], dict(state[3])
        self.stream.set_state(stream)
        if self.running:
            np.set_printoptions(**self.printing)
        self._apply()

    def forget(self, modules: Any) -> None:
        """The program has not imported numpy after all."""
        self.leave()
        modules.numpy = modules.host.warnings.floating = None

    def again(self, modules: Any) -> None:
        """It has imported it, as it had before that was taken back."""
        modules.numpy, modules.host.warnings.floating = self, self.floating
        self.enter()


def errstate_of(state: NumPy) -> type:
    """`numpy.errstate` over one session's settings."""

    class errstate(contextlib.ContextDecorator):
        """A context manager for what is done about floating point events."""

        def __init__(self, *, call: Any = None, **kinds: str | None):
            self._call = call
            self._kinds = kinds
            self._before: Any = None

        def __enter__(self) -> None:
            before = state.errors, state.call
            state.errors = dict(state.errors)
            try:
                state.seterr(**self._kinds)
            except BaseException:
                state.errors = before[0]
                raise
            if self._call is not None:
                state.call = self._call
            self._before = before

        def __exit__(self, *_: object) -> None:
            state.errors, state.call = self._before
            state._apply()

    errstate.__qualname__ = "errstate"
    errstate.__module__ = "numpy"
    return errstate
