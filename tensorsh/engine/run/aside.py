"""Long kernels beside the program: the thread that hears Ctrl-C waits for another, and can leave it.

A call of NumPy's (a decomposition, a sort, a sum over an expanded tensor) is heard of only when it is over. So what may
take long is computed by a helper, while the main thread waits for a lock, which an interrupt breaks off. Then the
helper is left: it ends with the call that it is in, what it makes is dropped, and so is the helper. That is possible
because kernels change nothing but what they have made; those that draw random numbers do, and stay where they are.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, start_new_thread
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from threading import current_thread, main_thread
from typing import Any

from ...interrupt import unbroken
from ..core.spec import Spec
from ..records.op import Op

#: elements of all tensors of a call from which it is computed aside: milliseconds of a sum, half a second of a sort
LARGE = 1 << 22
#: and where the work grows faster than the elements
STEEP = 1 << 17
#: the modules of those: what takes matrices apart
STEEP_MODULES = frozenset({
    "decompose", "eigenvalues", "equations", "householder", "least_squares", "linalg_ldl", "linalg_lu", "linalg_norm",
    "linalg_triangular", "lu_kernels", "matrix_functions", "matrix_rank",
})  # fmt: skip


def wanted(op: Op, given: list[Any], out: Any) -> bool:
    """Whether a call with arguments and outputs of these specs is worth a helper."""
    if op.view or op.draws or any(callable(each) for each in given if type(each) is not Spec):
        return False
    if op.batching == "drawn":
        return False
    module = str(getattr(op.kernel, "__module__", "")).rpartition(".")[2]
    return elements([*given, out]) >= (STEEP if module in STEEP_MODULES else LARGE)


def elements(values: Any) -> int:
    """How many elements these specs have together, and those in tuples."""
    return sum(
        each.numel if type(each) is Spec else elements(each) if type(each) is tuple else 0 for each in values
    )


#: helpers that were left, and are not done yet: whoever ends the process cannot wait for them (`__main__.leave`)
at_work: set[Helper] = set()


class Abandoned(BaseException):
    """The helper is not waited for any more."""


class Helper:
    """A thread that computes for the one that waits."""

    def __init__(self) -> None:
        self.asked, self.done = allocate_lock(), allocate_lock()
        self.asked.acquire()
        self.done.acquire()
        self.work: tuple[Context, Callable[..., Any], tuple[Any, ...]] | None = None
        self.result: Any = None
        self.error: BaseException | None = None
        self.left = False
        self.thread = start_new_thread(self._serve, ())

    def _serve(self) -> None:
        try:
            while True:
                self.asked.acquire()
                if self.left:
                    return
                assert self.work is not None
                surroundings, kernel, arrays = self.work
                try:
                    self.result = surroundings.run(kernel, *arrays)
                except Exception as error:
                    self.error = error
                self.work = surroundings = kernel = arrays = None  # type: ignore[assignment]
                self.done.release()
        except Abandoned:
            self.work = self.result = None
        finally:
            at_work.discard(self)

    def call(self, kernel: Callable[..., Any], arrays: tuple[Any, ...]) -> Any:
        """The kernel's result, or what it raises."""
        self.work = copy_context(), kernel, arrays
        self.asked.release()
        try:
            self.done.acquire()
        except BaseException:
            self._leave()
            raise
        result, error = self.result, self.error
        self.result = self.error = None
        if error is not None:
            raise error
        return result

    @unbroken
    def _leave(self) -> None:
        import ctypes

        self.left = True
        at_work.add(self)
        self.asked.release()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), ctypes.py_object(Abandoned))


class Helpers:
    """The one that there is, as long as nobody has left it."""

    def __init__(self) -> None:
        self.helper: Helper | None = None
        self.busy = False

    def run(self, kernel: Callable[..., Any], arrays: Sequence[Any]) -> Any:
        """`kernel(*arrays)`, which an interrupt breaks off where this is the main thread."""
        if self.busy or current_thread() is not main_thread():
            return kernel(*arrays)
        if self.helper is None or self.helper.left:
            self.helper = Helper()
        self.busy = True
        try:
            return self.helper.call(kernel, tuple(arrays))
        finally:
            self.busy = False


helpers = Helpers()
run = helpers.run

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=helpers.__init__)  # type: ignore[misc]  # a child has none of the threads
