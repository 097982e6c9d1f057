"""Files and folders: everything that opens, lists, makes or removes goes through the gate."""

from __future__ import annotations

import os
import types
from typing import Any

from .. import gate
from ..table import Table

#: functions of `os` that look, and how many of their first arguments are paths
OS_READS = {
    "listdir": 1, "scandir": 1, "walk": 1, "stat": 1, "lstat": 1, "access": 1, "readlink": 1, "chdir": 1, "statvfs": 1,
}  # fmt: skip
#: functions of `os` that change
OS_WRITES = {
    "mkdir": 1, "makedirs": 1, "remove": 1, "unlink": 1, "rmdir": 1, "removedirs": 1, "rename": 2, "renames": 2,
    "replace": 2, "link": 2, "utime": 1, "truncate": 1, "chmod": 1, "open": 1, "mkfifo": 1,
}  # fmt: skip
#: functions of `os.path` that say whether something is there
PATH_LOOKS = ("exists", "isdir", "isfile", "isjunction", "islink", "ismount", "lexists")
#: and that say more of it
PATH_READS = {"getatime": 1, "getctime": 1, "getmtime": 1, "getsize": 1, "samefile": 2}
NOT_LISTED = {"open", "mkfifo", "statvfs"}  # for the copies of Python's modules alone


def gated_os(host: Any) -> dict[str, Any]:
    """The functions of `os` that look at files or change them."""
    made = {
        name: gate.gated(host, getattr(os, name), how, paths)
        for how, functions in ((gate.READ, OS_READS), (gate.WRITE, OS_WRITES))
        for name, paths in functions.items()
        if hasattr(os, name)
    }
    if hasattr(os, "symlink"):
        made["symlink"] = gate.linking(host, os.symlink)
    return made


def _os(modules: Any) -> dict[str, Any]:
    """The gated functions of `os`, and the environment of the session."""
    host, environ = modules.host, modules.environ
    made: dict[str, Any] = {"environ": environ}
    made.update((name, function) for name, function in gated_os(host).items() if name not in NOT_LISTED)

    def getenv(key: str, default: Any = None) -> Any:
        """A variable of the environment."""
        return environ.get(key, default)

    def putenv(key: str, value: str, /) -> None:
        """Set a variable of the session's environment."""
        environ[key] = value

    def unsetenv(key: str, /) -> None:
        """Delete a variable of the session's environment."""
        environ.pop(key, None)

    def close(fd: int, /) -> None:
        """Close a descriptor that the session was given."""
        gate.admit(host, fd, gate.WRITE)
        if fd > 2:
            os.close(fd)
            host.descriptors.discard(fd)

    def fdopen(fd: int, *args: Any, **options: Any) -> Any:
        """A file of a descriptor that the session was given."""
        if not isinstance(fd, int):
            raise TypeError(f"invalid fd type ({type(fd)}, expected integer)")
        file = modules.open(fd, *args, **options)
        host.descriptors.discard(fd)
        return file

    return {
        **made,
        "getenv": getenv,
        "putenv": putenv,
        "unsetenv": unsetenv,
        "close": close,
        "fdopen": fdopen,
    }


def _paths(modules: Any) -> dict[str, Any]:
    """`expandvars` and `expanduser` read the environment of the session."""
    names = {**vars(os.path), "os": modules.copies.os}
    made: dict[str, Any] = {
        name: types.FunctionType(
            getattr(os.path, name).__code__, names, name, getattr(os.path, name).__defaults__
        )
        for name in ("expandvars", "expanduser")
    }

    home = at_home(modules.host, made["expanduser"], modules.environ)
    return gated_paths(modules.host) | made | {"expanduser": home}


def at_home(host: Any, expanduser: Any, environ: Any = ()) -> Any:
    """`expanduser`; in a sandbox nobody hears who has an account, and where, but from the session's environment."""

    def expanded(path: Any) -> Any:
        first = os.fsdecode(path).replace(os.altsep or os.sep, os.sep).partition(os.sep)[0]
        if host.confined and (first != "~" or "HOME" not in environ):
            return os.fspath(path)
        return expanduser(path)

    return gate.named_as(expanded, os.path.expanduser)


def gated_paths(host: Any) -> dict[str, Any]:
    """The functions of `os.path` that look at files."""
    looks = {
        name: gate.looking(host, getattr(os.path, name)) for name in PATH_LOOKS if hasattr(os.path, name)
    }
    reads = {
        name: gate.gated(host, getattr(os.path, name), gate.READ, paths) for name, paths in PATH_READS.items()
    }

    def realpath(filename: Any, *, strict: bool = False) -> Any:
        """Where a path leads to; where the program may not look, what it says by itself."""
        if host.admits(os.fspath(filename), gate.READ):
            return os.path.realpath(filename, strict=strict)
        return os.path.abspath(filename)

    found = {
        "realpath": gate.named_as(realpath, os.path.realpath),
        "expanduser": at_home(host, os.path.expanduser),
    }
    return looks | reads | found


def _shutil(modules: Any) -> dict[str, Any]:
    """Archives are read and written by modules that do not ask at the gate."""
    import shutil

    host = modules.host

    def make_archive(base_name: Any, format: str, root_dir: Any = None, base_dir: Any = None) -> str:
        """Make an archive of a folder; the path of what was made."""
        gate.admit(host, base_name, gate.WRITE)
        for folder in (root_dir, base_dir):
            if folder is not None:
                gate.admit(host, folder, gate.READ)
        return shutil.make_archive(base_name, format, root_dir, base_dir)

    def unpack_archive(filename: Any, extract_dir: Any = None, format: str | None = None) -> None:
        """Unpack an archive into a folder."""
        gate.admit(host, filename, gate.READ)
        gate.admit(host, os.getcwd() if extract_dir is None else extract_dir, gate.WRITE)
        shutil.unpack_archive(filename, extract_dir, format, filter="data")

    return {"make_archive": make_archive, "unpack_archive": unpack_archive}


def _tempfile(modules: Any) -> dict[str, Any]:
    copy = modules.copies.get("tempfile")

    def mkstemp(*args: Any, **options: Any) -> tuple[int, str]:
        """Make a temporary file: its descriptor, which the session may close, and its path."""
        fd, path = copy.mkstemp(*args, **options)
        modules.host.descriptors.add(fd)
        return fd, path

    return {"mkstemp": mkstemp}


def _io(modules: Any) -> dict[str, Any]:
    return {"open": modules.builtins["open"]}


TABLES = {
    "io": Table(
        "BlockingIOError BufferedIOBase BufferedRWPair BufferedRandom BufferedReader BufferedWriter BytesIO "
        "DEFAULT_BUFFER_SIZE IOBase IncrementalNewlineDecoder RawIOBase SEEK_CUR SEEK_END SEEK_SET StringIO "
        "TextIOBase TextIOWrapper UnsupportedOperation text_encoding",
        made=_io,
    ),
    "os": Table(
        "DirEntry F_OK PathLike R_OK SEEK_CUR SEEK_END SEEK_SET W_OK X_OK altsep cpu_count curdir defpath devnull "
        "error extsep fsdecode fsencode fspath get_exec_path get_terminal_size getcwd getcwdb getegid geteuid getgid "
        "getloadavg getlogin getpid getppid getuid linesep name pardir pathsep process_cpu_count sched_getaffinity "
        "sep stat_result strerror terminal_size times times_result uname uname_result urandom",
        made=_os,
        submodules="path",
    ),
    "os.path": Table(
        "abspath altsep basename commonpath commonprefix curdir defpath devnull dirname exists extsep getatime "
        "getctime getmtime getsize isabs isdir isfile isjunction islink ismount isreserved join lexists normcase "
        "normpath pardir pathsep realpath relpath samefile samestat sep split splitdrive splitext splitroot "
        "supports_unicode_filenames",
        made=_paths,
    ),
    "pathlib": Table(
        "Path PosixPath PurePath PurePosixPath PureWindowsPath UnsupportedOperation WindowsPath", copied=True
    ),
    "glob": Table("escape glob iglob translate", copied=True),
    "fnmatch": Table("filter filterfalse fnmatch fnmatchcase translate"),
    "shutil": Table(
        "Error SameFileError SpecialFileError copy copy2 copyfile copyfileobj copymode copystat copytree "
        "disk_usage get_archive_formats get_terminal_size get_unpack_formats ignore_patterns move rmtree which",
        copied=True,
        made=_shutil,
    ),
    "tempfile": Table(
        "NamedTemporaryFile SpooledTemporaryFile TMP_MAX TemporaryDirectory TemporaryFile gettempdir gettempdirb "
        "gettempprefix gettempprefixb mkdtemp mktemp",
        copied=True,
        made=_tempfile,
    ),
    "gzip": Table("BadGzipFile GzipFile compress decompress open", copied=True),
    "configparser": Table(
        "BasicInterpolation ConfigParser DuplicateOptionError DuplicateSectionError Error ExtendedInterpolation "
        "Interpolation InterpolationError MissingSectionHeaderError NoOptionError NoSectionError ParsingError "
        "RawConfigParser SectionProxy",
        copied=True,
    ),
    "stat": Table("S_IMODE S_IFMT S_ISDIR S_ISLNK S_ISREG filemode ST_MODE ST_MTIME ST_SIZE"),
    "errno": Table(
        "EACCES EEXIST EINVAL EISDIR ENOENT ENOTDIR ENOTEMPTY EPERM EPIPE EAGAIN EINTR ENOSPC errorcode"
    ),
}
