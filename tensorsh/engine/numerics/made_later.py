"""Machine code that comes when there has been enough work for it, and does what NumPy's calls do, bit for bit.

So it does not matter when it comes: it is looked for in the user's cache after some work, else another process makes it
(`compile.apart`).
"""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Callable
from typing import Any

# Work is counted in elements that NumPy passes over, about half a nanosecond each, never timed.
#: after so much the cache is looked into, another process is asked, then looked for each time; after so much LLVM is
#: loaded here where there is no other process
LOOK, ASK, WAIT, MAKE = 1 << 23, 1 << 25, 1 << 25, 1 << 33
#: what a call of NumPy's costs besides
CALL = 2_000

#: the thread that looks for code: blocks of a large array are computed by several, and what the second found would take
#: the place of what the first one runs. No lock: an interrupt just behind its `acquire` would leave it held for ever,
#: while a thread that is named here still may look again
looking: dict[str, int] = {}
#: those that looked for their code in vain
LACKING: dict[str, MadeLater] = {}


class MadeLater:
    """A function of which there is machine code at some time; its `text` is said by subclasses.

    kinds    of its parameters: p of an address, a of an object (an array), i of a whole number, d of a double
    shared   whether it works so long that other threads go on meanwhile
    """

    def __init__(self, kinds: str, shared: bool = False):
        self.kinds = kinds
        self.shared = shared
        self.work = 0
        self.next = LOOK
        self.key = ""
        self.maker = 0
        self.function: Callable[..., None] | None = None
        self.owner: Any = None

    def text(self) -> str:
        raise NotImplementedError

    def worked(self, work: int) -> bool:
        """Whether there is machine code, now that so much more work is to be done without."""
        self.work += work
        if self.work < self.next:
            return False
        from ..core.context import compiling

        if looking.setdefault("thread", get_ident()) == get_ident():
            try:
                if self.function is None:
                    compiling(self._advance)
            finally:
                looking.pop("thread", None)
        return self.function is not None

    def _advance(self) -> None:
        from ..compile import apart, store
        from ..compile.machine.image import placed

        if not store.usable():
            self.next = MAKE
            if self.work >= MAKE:
                self.make()
            return
        self.key = self.key or store.key("text", self.text())
        found = store.find(self.key)
        if found is not None:
            LACKING.pop(self.key, None)
            self._use(*placed(found))
        elif self.work < ASK:
            LACKING[self.key] = self
            self.next = ASK
        elif not self.maker and apart.possible():
            LACKING[self.key] = self
            self._ask()
        elif self.work >= MAKE:
            self.make()
        else:
            self.next = min(self.work + WAIT, MAKE) if self.maker and not apart.over(self.maker) else MAKE

    def _ask(self) -> None:
        """Have another process make this, and what else there is no code for: most of its time goes to loading LLVM."""
        from ..compile import apart

        wanted = [each for each in LACKING.values() if not each.maker and each.function is None]
        process = apart.start("", "texts", [(each.key, each.text()) for each in wanted])
        for each in wanted:
            each.maker, each.next = process, each.work + WAIT

    def make(self) -> None:
        """Have it now, from LLVM; without it, never."""
        from ..compile import store
        from ..compile.machine.assembler import assembled

        text = self.text()
        try:
            owner, address, image = assembled(text, thorough=True)
        except (ImportError, OSError):
            self.next = 1 << 62  # never
            return
        if self.key and image is not None:
            store.keep(self.key, image)
        self._use(owner, address)

    def _use(self, owner: Any, address: int) -> None:
        self.owner, self.function = owner, self.callable(address, self.shared)

    def callable(self, address: int, shared: bool) -> Callable[..., None]:
        """What calls the machine code at an address."""
        import ctypes

        types: dict[str, Any] = {
            "p": ctypes.c_void_p, "a": ctypes.py_object, "i": ctypes.c_int64, "d": ctypes.c_double,
        }  # fmt: skip
        made = ctypes.CFUNCTYPE if shared else ctypes.PYFUNCTYPE
        return made(None, *[types[kind] for kind in self.kinds])(address)
