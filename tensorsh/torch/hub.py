"""torch.hub: weights of published models, from files that are there already; nothing is fetched."""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlparse

from .namespace import torch

__all__ = ["download_url_to_file", "load_state_dict_from_url"]


class URLError(OSError):
    """A file that is not here would have to be fetched."""

    def __str__(self) -> str:
        return f"<urlopen error {self.args[0]}>"


URLError.__module__ = "urllib.error"  # as `print(type(e))` shows PyTorch's


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = False,
) -> Any:
    """What `torch.load` finds in `model_dir` under the name that the URL ends in; URLError where it is not there."""
    if model_dir is not None:
        path = os.path.join(model_dir, file_name or os.path.basename(urlparse(url).path))
        try:
            return torch.load(path, map_location=map_location, weights_only=weights_only)
        except FileNotFoundError:
            sys.stdout.write(f'Downloading: "{url}" to {path}\n')
    raise _unreachable(url)


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """URLError: there is no network."""
    raise _unreachable(url)


def _unreachable(url: str) -> URLError:
    return URLError(f"nothing is fetched from the network: {url}")
