"""Long kernels beside the program: the thread that hears Ctrl-C waits for another, and can leave it.

A call of NumPy's (a decomposition, a sort, a sum over an expanded tensor) is heard of only when it is over. So what may
take long is computed by a helper, while the main thread waits for a lock, which an interrupt breaks off. Then the
helper is left: it ends with the call that it is in, as the last in line for a core, what it makes is dropped, and so
is the helper. That is possible because kernels change nothing but what they have made; those that draw random numbers
do, and stay where they are.
"""

from __future__ import annotations

import contextlib
import os
import sys
from _queue import Empty, SimpleQueue
from _thread import get_ident, stack_size, start_new_thread
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from threading import current_thread, get_native_id, main_thread
from typing import Any

from ...interrupt import unbroken
from ..core.spec import Spec
from ..records.op import Op

#: elements of all tensors of a call from which it is computed aside: milliseconds of a sum, half a second of a sort
LARGE = 1 << 22
#: and where the work grows faster than the elements
STEEP = 1 << 17
#: bytes of a helper's stack: what the system gives (`limits.roomy_stack`) counts as the program's memory
STACK = 8 << 20
#: seconds after which a wait begins anew
PATIENCE = 0.2


def wanted(op: Op, given: list[Any], out: Any) -> bool:
    """Whether a call with arguments and outputs of these specs is worth a helper."""
    if op.view or op.draws or any(callable(each) for each in given if type(each) is not Spec):
        return False
    return op.batching != "drawn" and elements([*given, out]) >= (STEEP if op.steep else LARGE)


def elements(values: Any) -> int:
    """How many elements these specs have together, and those in tuples."""
    return sum(
        each.numel if type(each) is Spec else elements(each) if type(each) is tuple else 0 for each in values
    )


#: helpers that were left, and are not done yet: whoever ends the process cannot wait for them (`__main__.leave`)
at_work: set[Helper] = set()

#: where it is called, the kernel, its arguments, and where the result or the error is put
Call = tuple[Context, Callable[..., Any], tuple[Any, ...], "SimpleQueue[Any]"]


class Abandoned(BaseException):
    """The helper is not waited for any more."""


class Helper:
    """A thread that computes for the one that waits."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[Call] = SimpleQueue()
        #: nobody waits any more, and it computes: only then is it told so, since a thread that begins cannot be
        self.left = self.computes = False
        self.native = 0  # what the system calls the thread
        self.thread = start_new_thread(self._serve, ())

    def _serve(self) -> None:
        self.native = get_native_id()
        try:
            while not self.left:
                surroundings, kernel, arrays, answer = self.calls.get()
                self.computes = True
                if not self.left:
                    try:
                        answer.put((surroundings.run(kernel, *arrays), None))
                    except Exception as error:
                        answer.put((None, error))
                self.computes = False
                del surroundings, kernel, arrays, answer
        except Abandoned:
            pass
        finally:
            at_work.discard(self)

    def call(self, kernel: Callable[..., Any], arrays: tuple[Any, ...]) -> Any:
        """The kernel's result, or what it raises."""
        answer: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()
        try:
            self.calls.put((copy_context(), kernel, arrays, answer))
            result, error = _waited(answer)
        except BaseException:
            self._leave()
            raise
        if error is not None:
            raise error
        return result

    @unbroken
    def _leave(self) -> None:
        import ctypes

        at_work.add(self)
        self.left = True
        if self.computes:
            if (
                sys.platform == "linux"
            ):  # where threads have priorities of their own: what is wanted comes first
                with contextlib.suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, self.native, 19)
            tell = ctypes.pythonapi.PyThreadState_SetAsyncExc
            # Python's flag that a thread has been told stands for all of them until one takes it back that was.
            # While it does, a function that begins under a trace goes round and round (Python 3.11). So this thread
            # is told, too, in the same call; the helper hears of it when it next takes Python's lock.
            told = (self.thread, get_ident()) if sys.version_info < (3, 12) else (self.thread,)
            with contextlib.suppress(Abandoned):
                list(map(tell, map(ctypes.c_ulong, told), [ctypes.py_object(Abandoned)] * len(told)))
                while len(told) > 1:
                    pass
        else:
            self.calls.put((copy_context(), _nothing, (), SimpleQueue()))


def _nothing() -> None:
    """So that a helper that waits sees that it is left."""


def _waited(answer: SimpleQueue[Any]) -> Any:
    """What the helper answers. A signal that comes when the wait is just about to begin does not break it off."""
    while True:
        try:
            return answer.get(timeout=PATIENCE)
        except Empty:
            continue


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
            before = stack_size(STACK)
            try:
                self.helper = Helper()
            except RuntimeError:  # those that were left have taken all the memory that there is for threads
                return kernel(*arrays)
            finally:
                stack_size(before)
        self.busy = True
        try:
            return self.helper.call(kernel, tuple(arrays))
        finally:
            self.busy = False


helpers = Helpers()
run = helpers.run

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=helpers.__init__)  # type: ignore[misc]  # a child has none of the threads
