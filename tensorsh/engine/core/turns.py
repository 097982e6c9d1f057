"""Sessions take turns: of all threads that have sessions, one at a time runs a program.

The context in force is that of the thread (`context.current()` asks a `ContextVar`). Python's warnings, the recursion
limit, NumPy's settings and `sys.stdout` are the process's: they are exchanged when a turn begins. Whoever has waited
longest comes next.
"""

from __future__ import annotations

from _thread import LockType, allocate_lock, get_ident  # `threading` takes a millisecond to import
from collections import deque
from types import TracebackType


class Turns:
    """A lock that one thread may take several times, and that is handed over in the order it was asked for."""

    __slots__ = ("_depth", "_lock", "_owner", "_waiting")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._owner: int | None = None
        self._depth = 0
        self._waiting: deque[tuple[int, LockType]] = deque()

    def __enter__(self) -> None:
        me = get_ident()
        with self._lock:
            if self._owner in (None, me):
                self._owner = me
                self._depth += 1
                return
            mine = allocate_lock()
            mine.acquire()
            asked = (me, mine)
            self._waiting.append(asked)
        try:
            mine.acquire()  # whoever has the turn lets go of it when it is ours
        except BaseException:  # an interrupt from the keyboard
            with self._lock:
                gone = asked in self._waiting
                if gone:
                    self._waiting.remove(asked)
            if not gone:
                self.__exit__(None, None, None)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth:
                return
            self._owner = None
            if self._waiting:
                self._owner, theirs = self._waiting.popleft()
                self._depth = 1
                theirs.release()

    @property
    def wanted(self) -> bool:
        """Whether another thread waits for the turn that this one could give away."""
        return bool(self._waiting) and self._depth == 1


turns = Turns()
