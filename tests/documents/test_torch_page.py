"""docs/torch.md: what it says is here, is here."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import torch_page

RECORDED = json.loads(torch_page.NAMES.read_text(encoding="utf-8"))


def absent_on_the_page() -> dict[str, set[str]]:
    text = torch_page.PAGE.read_text(encoding="utf-8")
    parts = re.split(r"\n### (torch\S*)\n", text)[1:]
    return {
        path: set(re.findall(r"`(\w+)`", body)) for path, body in zip(parts[::2], parts[1::2], strict=True)
    }


ABSENT = absent_on_the_page()


@pytest.mark.parametrize("path", RECORDED)
def test_every_name_is_here_or_on_the_page(path: str) -> None:
    missing = {name for name in RECORDED[path] if not torch_page.present(path, name)}
    assert missing <= ABSENT.get(path, set())


@pytest.mark.parametrize(
    "name, why", [("sparse_csr_tensor", "coordinate"), ("cudnn_convolution", "processor")]
)
def test_says_why(name: str, why: str) -> None:
    assert why in torch_page.reason(name)
