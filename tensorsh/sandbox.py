"""`--sandbox`: a process for the program of a stranger.

Two fences, one behind the other. The gate (`modules.gate`, `Host.admit`) is asked by whatever a program has for files,
and refuses in Python's words. Behind it an audit hook hears of each file that anything in this process opens, lists or
changes, of each process and socket that it wants, and refuses what is not named, also where nobody asked at the gate.
Around both stand the system's limits of memory, time, file sizes and descriptors; where `landlock` is installed, and
the system has it, the system refuses the files itself.

What the library itself reads (its modules, Python's, time zones) is let through the hook, not through the gate.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from . import kept
from .engine.core import sealed
from .errors import Facts, know

#: bytes of a file that a program may write, and how many it may have open
LARGEST, DESCRIPTORS = 1 << 30, 256
#: of the environment what says how the screen is written to, and what we have said to libraries
KEPT = frozenset({
    "TERM", "COLORTERM", "COLORFGBG", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "LANG", "LANGUAGE", "LC_ALL",
    "LC_CTYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_NUM_THREADS",
})  # fmt: skip
#: audit events with paths among their arguments: how many, and whether something is changed there
PATHS = {
    "os.listdir": (1, "read"), "os.scandir": (1, "read"), "os.chdir": (1, "read"),
    "os.getxattr": (1, "read"), "os.listxattr": (1, "read"),
    "os.mkdir": (1, "write"), "os.rmdir": (1, "write"), "os.remove": (1, "write"), "os.rename": (2, "write"),
    "os.link": (2, "write"), "os.symlink": (2, "write"), "os.truncate": (1, "write"), "os.chmod": (1, "write"),
    "os.chown": (1, "write"), "os.chflags": (1, "write"), "os.utime": (1, "write"), "os.setxattr": (1, "write"),
    "os.removexattr": (1, "write"),
}  # fmt: skip
#: audit events that are nobody's business in a sandbox, by how they begin
REFUSED = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.startfile",
    "os.kill", "pty.", "signal.", "sqlite3.", "urllib.", "http.", "ftplib.", "smtplib.",
    "poplib.", "imaplib.", "webbrowser.", "winreg.", "msvcrt.", "syslog.", "cpython.run_",
)  # fmt: skip
#: what the system's own libraries read, when they are loaded and when they are asked for the time
OF_THE_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime",
    "/usr/share/zoneinfo", "/proc/self", "/sys/fs/cgroup", "/dev/null", "/dev/urandom",
)  # fmt: skip
#: flags of `open` that change a file
CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Sandbox:
    """The files that a program may read, and those that it may write and read; folders stand for what is in them."""

    def __init__(self, read: Iterable[str] = (), write: Iterable[str] = ()):
        self.written = tuple(map(_place, write))
        self.read = (*map(_place, read), *self.written)
        self.library: tuple[str, ...] = ()

    def admits(self, path: str | bytes, how: str) -> bool:
        """Whether a program may "read" or "write" there."""
        return _inside(_place(path), self.written if how == "write" else self.read)

    def admit(self, path: str | bytes, how: str) -> None:
        """PermissionError where it may not."""
        if not self.admits(path, how):
            raise _refused(path, how)

    def confine(self) -> None:
        """Make this process the sandbox's. There is no way back."""
        kept.settle()
        self.library = tuple(map(_place, _library()))
        for name in set(os.environ) - KEPT:
            del os.environ[name]
        with contextlib.suppress(OSError):  # matplotlib wants a folder that it may write to, or makes one
            os.makedirs(kept.folder(), mode=0o700, exist_ok=True)
        os.environ["MPLCONFIGDIR"] = kept.folder()
        sys.dont_write_bytecode = True
        coarsen_clocks()
        limit_files()
        self._fence()
        sys.addaudithook(self._hear)

    def _fence(self) -> None:
        """Let the system refuse files, too, whoever asks for them: with Landlock, where its library is installed."""
        try:
            import landlock
        except ImportError:
            return
        access = landlock.FSAccess
        reads = access.READ_FILE | access.READ_DIR
        allowed = [
            (path, reads | access.EXECUTE) for path in (*self.library, *OF_THE_SYSTEM, sys.base_prefix)
        ]
        allowed += [(path, reads) for path in self.read]
        for path in self.written:
            # a file is written beside, and renamed; one that is not there yet is made in its folder
            allowed.append((path if os.path.isdir(path) else os.path.dirname(path), access.all()))
        with contextlib.suppress(landlock.LandlockError, OSError):  # a system without it
            rules = landlock.Ruleset()
            for path, rights in allowed:
                if os.path.isdir(path):
                    rules.allow(path, rules=rights)
                elif os.path.exists(path):
                    rules.allow(path, rules=rights & (access.READ_FILE | access.EXECUTE | access.WRITE_FILE))
            rules.apply()

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse what nothing in this process may do: a program, a command of the shell, a library."""
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, str | bytes):
                changes = flags & CHANGING if isinstance(flags, int) else False
                self._hear_path(path, "write" if changes or set(str(mode or "")) & set("wax+") else "read")
        elif event in PATHS:
            count, how = PATHS[event]
            if event == "os.symlink":
                arguments = (led_to(*arguments[:2]), arguments[1])
            for path in arguments[:count]:
                if path is None or isinstance(path, str | bytes | os.PathLike):
                    self._hear_path("." if path is None else os.fspath(path), how)
        elif event.startswith(REFUSED) and not (event == "socket.__new__" and not sealed.in_force()):
            # (the prompt wakes itself through a pair of sockets)
            raise _denied(f"{event} is not for programs in a sandbox")

    def _hear_path(self, path: str | bytes, how: str) -> None:
        place = _place(path)
        if _inside(place, self.library) if how == "read" else self._is_beside(place):
            return
        if not _inside(place, self.written if how == "write" else self.read):
            raise _refused(path, how)

    def _is_beside(self, place: str) -> bool:
        """Whether a file is the one that `io.files.replace` fills and puts in the place of one that may be written."""
        folder, name = os.path.split(place)
        beside = (os.path.split(written) for written in self.written)
        return any(folder == at and name.startswith(f".{of}.{os.getpid()}.") for at, of in beside)


def led_to(target: Any, link: Any) -> str:
    """Where a link to `target` leads that stands at `link`."""
    return os.path.join(os.path.dirname(os.fsdecode(link)), os.fsdecode(target))


def _place(path: str | bytes) -> str:
    """Where a path leads to, whatever links are on the way."""
    try:
        return os.path.realpath(os.fsdecode(path))
    except (ValueError, OSError):  # no path at all
        return ""


def _inside(place: str, roots: tuple[str, ...]) -> bool:
    return any(place == root or place.startswith(root.rstrip(os.sep) + os.sep) for root in roots if root)


def _refused(path: str | bytes, how: str) -> BaseException:
    shown = os.fsdecode(path)
    error = PermissionError(13, "Permission denied", shown)
    return know(
        error, Facts("limit", code="sandbox", help=f"--allow-{how} {shown} lets the program {how} it")
    )


def _denied(message: str) -> BaseException:
    return know(PermissionError(1, message), Facts("limit", code="sandbox"))


def _library() -> list[str]:
    """The folders that Python and this package are made of."""
    import sysconfig

    paths = sysconfig.get_paths()
    here = os.path.dirname(os.path.abspath(__file__))
    found = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib") if name in paths]
    found += [path for path in sys.path if path.endswith(("-packages", ".zip", "lib-dynload"))]
    found += (
        sysconfig.get_config_var("TZPATH").split(os.pathsep) if sysconfig.get_config_var("TZPATH") else []
    )
    found.append("/proc/self/statm")  # how much memory is used
    beside = (os.path.join(os.path.dirname(here), name) for name in ("grammar", "docs"))  # of a checkout
    return [here, *beside, kept.folder(), *found]


# ------------------------------------------------------------------ clocks

MILLISECOND = 10**6  # nanoseconds


def coarsen_clocks() -> None:
    """Let all clocks of this process tick in milliseconds."""
    import time
    from datetime import datetime, tzinfo

    now = time.time_ns

    def seconds_of(clock: Callable[..., int]) -> Callable[..., float]:
        return lambda *which: clock(*which) // MILLISECOND / 1000

    def ticks_of(clock: Callable[..., int]) -> Callable[..., int]:
        return lambda *which: clock(*which) // MILLISECOND * MILLISECOND

    module: Any = time
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime"):
        fine = getattr(time, f"{name}_ns", None)
        if fine is not None:
            for made, shown in ((seconds_of(fine), name), (ticks_of(fine), f"{name}_ns")):
                made.__name__ = made.__qualname__ = shown
                made.__module__, made.__doc__ = "time", getattr(time, shown).__doc__
                setattr(module, shown, made)
    info = time.get_clock_info

    def get_clock_info(name: str) -> Any:
        """What there is to know of a clock."""
        found = info(name)  # type: ignore[arg-type]
        found.resolution = max(found.resolution, 1e-3)
        return found

    module.get_clock_info = get_clock_info
    if hasattr(time, "clock_getres"):
        module.clock_getres = lambda which: 1e-3

    def at(cls: Any, tz: tzinfo | None = None) -> datetime:
        """The current date and time."""
        return cls.fromtimestamp(now() // MILLISECOND / 1000, tz)

    def utcnow(cls: Any) -> datetime:
        """The current date and time in UTC, without a time zone."""
        return cls.utcfromtimestamp(now() // MILLISECOND / 1000)

    def today(cls: Any) -> datetime:
        """The current date and time."""
        return at(cls)

    at.__name__ = at.__qualname__ = "now"
    with sealed.changing(datetime):
        for method in (at, utcnow, today):
            type.__setattr__(datetime, method.__name__, classmethod(method))
    coarsen_times_of_files()
    import uuid

    uuid._generate_time_safe = uuid._UuidCreate = None  # type: ignore[attr-defined]  # the system's are finer


def coarsen_times_of_files() -> None:
    """A file that is written says when that was."""

    def coarse(found: os.stat_result) -> os.stat_result:
        named = {name: getattr(found, name) for name in dir(found) if name.startswith("st_")}
        for name in ("st_atime", "st_mtime", "st_ctime", "st_birthtime"):
            if f"{name}_ns" in named:
                named[f"{name}_ns"] = named[f"{name}_ns"] // MILLISECOND * MILLISECOND
            if name in named:
                named[name] = int(named[name] * 1000) / 1000
        return os.stat_result(tuple(found), named)

    def coarsened(function: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def stat(*args: Any, **options: Any) -> os.stat_result:
            return coarse(function(*args, **options))

        stat.__name__ = stat.__qualname__ = function.__name__
        stat.__doc__, stat.__module__ = function.__doc__, "posix"
        return stat

    module: Any = os
    for name in ("stat", "lstat", "fstat"):
        setattr(module, name, coarsened(getattr(os, name)))
    with sealed.changing(os.DirEntry):
        type.__setattr__(os.DirEntry, "stat", coarsened(os.DirEntry.stat))


# ------------------------------------------------------------------ the system's limits


def limit_files() -> None:
    """Files are of some size, few are open at a time, and no crash leaves memory on the disk."""
    with contextlib.suppress(ImportError):
        import resource

        for kind, most in (
            (resource.RLIMIT_FSIZE, LARGEST), (resource.RLIMIT_NOFILE, DESCRIPTORS), (resource.RLIMIT_CORE, 0)
        ):  # fmt: skip
            _, hard = resource.getrlimit(kind)
            with contextlib.suppress(OSError, ValueError):
                most = most if hard == resource.RLIM_INFINITY else min(most, hard)
                resource.setrlimit(kind, (most, most))
