"""NumPy's files as a program has them: opened at the gate, and never pickles."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from typing import Any

PICKLES = "Object arrays cannot be {} when allow_pickle=False"


def functions(modules: Any) -> dict[str, Any]:
    """`load`, `save` and their like for one session."""
    import numpy as np

    def opened(file: Any, mode: str) -> tuple[Any, bool]:
        """A file as it is, or the opened file of a path, and whether it is ours to close."""
        if isinstance(file, str | bytes | os.PathLike):
            return modules.open(file, mode), True
        return file, False

    def load(
        file: Any,
        mmap_mode: str | None = None,
        allow_pickle: bool = False,
        fix_imports: bool = True,
        encoding: str = "ASCII",
        *,
        max_header_size: int = 10_000,
    ) -> Any:
        """Load an array of an .npy file, or the arrays of an .npz file by their names."""
        if mmap_mode is not None:
            raise ValueError("memory maps are not available: leave mmap_mode out")
        if allow_pickle:
            raise ValueError("pickles are not available: leave allow_pickle out")
        source, ours = opened(file, "rb")
        try:
            content = io.BytesIO(source.read())
        finally:
            if ours:
                source.close()
        known: Any = encoding  # which NumPy checks itself
        found = np.load(content, allow_pickle=False, encoding=known, max_header_size=max_header_size)
        return found if isinstance(found, np.ndarray) else NpzFile(found, file if ours else "object")

    def written(file: Any, suffix: str, content: bytes) -> None:
        if isinstance(file, str | os.PathLike) and not os.fspath(file).endswith(suffix):
            file = os.fspath(file) + suffix
        target, ours = opened(file, "wb")
        try:
            target.write(content)
        finally:
            if ours:
                target.close()

    def save(file: Any, arr: Any, allow_pickle: bool = True) -> None:
        """Save an array to an .npy file."""
        content = io.BytesIO()
        np.save(content, arr, allow_pickle=False)
        written(file, ".npy", content.getvalue())

    def archive(pack: Any) -> Any:
        def saved(file: Any, *args: Any, allow_pickle: bool = True, **kwds: Any) -> None:
            """Save several arrays to an .npz file."""
            content = io.BytesIO()
            pack(content, *args, allow_pickle=False, **kwds)
            written(file, ".npz", content.getvalue())

        return saved

    def text(file: Any, encoding: str | None) -> Any:
        """What a reader of texts reads from: lines, a file, or a path that is opened."""
        if not isinstance(file, str | os.PathLike):
            return file
        path = os.fspath(file)
        try:
            with modules.open(path, "rb") as source:
                content = source.read()
        except FileNotFoundError:
            raise FileNotFoundError(f"{path} not found.") from None  # NumPy looks for the file itself
        if path.endswith(".gz"):
            import gzip

            return io.StringIO(gzip.decompress(content).decode(encoding or "latin1"))
        return io.StringIO(content.decode(encoding or "utf-8"), newline=None)

    def loadtxt(fname: Any, *args: Any, encoding: Any = None, **options: Any) -> Any:
        """Load an array from a text file."""
        options["encoding"] = None
        return np.loadtxt(text(fname, encoding), *args, **options)

    def genfromtxt(fname: Any, *args: Any, encoding: Any = None, **options: Any) -> Any:
        """Load an array from a text file in which values may be missing."""
        options["encoding"] = None
        return np.genfromtxt(text(fname, encoding), *args, **options)

    def savetxt(fname: Any, X: Any, *args: Any, encoding: str | None = None, **options: Any) -> None:
        """Save an array to a text file."""
        if not isinstance(fname, str | os.PathLike):
            options["encoding"] = encoding
            np.savetxt(fname, X, *args, **options)
            return
        content = io.StringIO()
        np.savetxt(content, X, *args, **options)
        if os.fspath(fname).endswith(".gz"):
            import gzip

            with modules.open(fname, "wb") as file:
                file.write(gzip.compress(content.getvalue().encode(encoding or "latin1")))
            return
        with modules.open(fname, "w", encoding=encoding or "latin1", newline="") as file:
            file.write(content.getvalue())

    def fromfile(
        file: Any, dtype: Any = float, count: int = -1, sep: str = "", offset: int = 0, **_: Any
    ) -> Any:
        """An array of the bytes, or with `sep` of the numbers, in a file."""
        source, ours = opened(file, "rb")
        try:
            source.seek(offset, 1)
            if sep:
                return np.fromstring(source.read().decode("latin1"), dtype, count, sep=sep)
            size = np.dtype(dtype).itemsize
            content = source.read() if count < 0 else source.read(count * size)
        finally:
            if ours:
                source.close()
        return np.frombuffer(content[: len(content) // size * size], dtype).copy()

    made = {
        "load": load,
        "save": save,
        "savez": archive(np.savez),
        "savez_compressed": archive(np.savez_compressed),
        "loadtxt": loadtxt,
        "genfromtxt": genfromtxt,
        "savetxt": savetxt,
        "fromfile": fromfile,
    }
    for name, function in made.items():
        function.__name__ = function.__qualname__ = name
        function.__module__ = "numpy"
    return made


class NpzFile(Mapping[str, Any]):
    """The arrays of an .npz file by their names, each read when it is asked for."""

    def __init__(self, archive: Any, file: Any):
        names = list(archive.files)
        self.files = names

        def read(name: str) -> Any:
            return archive[name]

        self._read = read
        self._file = os.fspath(file) if isinstance(file, str | os.PathLike) else file

    def __getitem__(self, name: str) -> Any:
        if name not in self.files and name.removesuffix(".npy") not in self.files:
            raise KeyError(f"{name} is not a file in the archive")
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __contains__(self, name: object) -> bool:
        return name in self.files

    def __repr__(self) -> str:
        shown = ", ".join(self.files[:5]) + "..." * (len(self.files) > 5)
        return f"NpzFile {self._file!r} with keys: {shown}"

    def __enter__(self) -> NpzFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is open: the file was read when it was loaded."""


NpzFile.__module__ = "numpy.lib.npyio"
