"""What stands in `torch.` itself: questions, settings, types of tensors, comparisons; and what is absent, and why."""

from __future__ import annotations

import pytest

import library
from tensorsh import Session, TensorshError
from tensorsh.errors import facts_of
from tensorsh.torch.namespace import namespace

FILES = (
    "library_torch.txt",
    "library_testing.txt",
    "library_out.txt",
    "library_amp.txt",
    "library_memory.txt",
    "library_documentation.txt",
    "library_corners.txt",
)
PROGRAMS = [block for file in FILES for block in library.blocks(file)]


@pytest.mark.parametrize("program, expected", PROGRAMS)
def test_prints_what_pytorch_prints(program: str, expected: str) -> None:
    assert library.output(program) == expected


@pytest.mark.parametrize("path", ["fx", "multiprocessing", "sparse_csr_tensor", "onnx", "utils.tensorboard"])
def test_what_is_absent_says_why(path: str) -> None:
    where, _, name = path.rpartition(".")
    with pytest.raises(AttributeError, match="has no attribute") as caught:
        getattr(namespace(where), name)
    assert f"tensorsh has no torch.{path}" in facts_of(caught.value).help


def test_a_setting_belongs_to_the_session() -> None:
    from tensorsh.engine.core import context

    cudnn = namespace("backends.cudnn")
    with context.using(context.Context()):
        cudnn.benchmark = True
        assert cudnn.benchmark is True
    assert cudnn.benchmark is False


@pytest.mark.parametrize(
    "line", ["import torch.multiprocessing", "from torch.utils.tensorboard import SummaryWriter"]
)
def test_an_import_of_what_is_absent_says_why(line: str) -> None:
    with pytest.raises(TensorshError, match="No module named") as caught:
        Session().run(line)
    assert "tensorsh has no torch." in caught.value.help
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)
