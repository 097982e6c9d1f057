"""`.npz`: named arrays, `.npy` files in a zip archive."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from ..errors import DataError
from . import npy
from .pickles import refuse_torch_archive

Array = np.ndarray[Any, Any]


def read(stream: BinaryIO, name: str) -> dict[str, Array]:
    """The arrays by name, in the order they were written. Every one must be readable."""
    arrays = {}
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.namelist()
            refuse_torch_archive(members, name)
            for member in members:
                if not member.endswith(".npy"):
                    raise DataError(
                        f"{name}: {member!r} in it is not an array", help="an .npz holds .npy files"
                    )
                with archive.open(member) as part:
                    arrays[member.removesuffix(".npy")] = npy.read(part, f"{name}, {member!r}")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{name}: not a whole .npz file ({error})") from None
    return arrays


def write(arrays: Mapping[str, Array], stream: BinaryIO) -> None:
    """Not compressed, as `numpy.savez`."""
    with zipfile.ZipFile(stream, "w", allowZip64=True) as archive:
        for key, array in arrays.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as part:
                npy.write(array, part)
