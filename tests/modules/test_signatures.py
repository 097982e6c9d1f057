"""`inspect.signature` of the library: classes, as PyTorch shows them, and nothing that a program could not name."""

from __future__ import annotations

import pytest

from tensorsh import Session, TensorshError


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("nn.Linear.forward", "(self, input: torch.Tensor) -> torch.Tensor"),
        ("nn.Linear(2, 3).forward", "(input: torch.Tensor) -> torch.Tensor"),
        (
            "nn.Linear",
            "(in_features: int, out_features: int, bias: bool = True, device=None, dtype=None) -> None",
        ),
        (
            "nn.Module.register_buffer",
            "(self, name: str, tensor: torch.Tensor | None, persistent: bool = True) -> None",
        ),
        ("nn.LSTM.flatten_parameters", "(self) -> None"),
        ("torch.optim.Optimizer.zero_grad", "(self, set_to_none: bool = True) -> None"),
    ],
)  # fmt: skip
def test_signatures_of_the_library_are_pytorch_s(call: str, shown: str) -> None:
    assert Session().run(f"import inspect, torch\nfrom torch import nn\nstr(inspect.signature({call}))") == [
        shown
    ]


def test_annotations_are_classes_that_programs_can_use() -> None:
    text = (
        "import inspect, torch\nfrom torch import nn\n"
        "given = inspect.signature(nn.Linear.forward).parameters['input'].annotation\n"
        "given is torch.Tensor, inspect.getfullargspec(nn.Linear.forward).annotations['return'] is torch.Tensor"
    )
    assert Session().run(text) == [(True, True)]


def test_texts_of_programs_stay_texts() -> None:
    text = (
        "import dataclasses, inspect, torch\n@dataclasses.dataclass\nclass Point:\n  x: 'torch.Tensor'\n"
        "def f(x: 'torch.Tensor') -> 'print(1)': pass\n"
        "str(inspect.signature(Point)), str(inspect.signature(f))"
    )
    assert Session().run(text) == [("(x: 'torch.Tensor') -> None", "(x: 'torch.Tensor') -> 'print(1)'")]


def test_no_program_gives_the_library_annotations() -> None:
    session = Session()
    session.run("import functools, inspect, torch\nfrom torch import nn\ndef f(input: 'torch.nn'): pass")
    for text in (
        "nn.Linear.forward.__annotations__['input'] = 'torch.nn'",
        "functools.wraps(f)(nn.Linear.forward)",
    ):
        with pytest.raises(TensorshError):
            session.run(text)
    assert "torch.Tensor" in session.run("str(inspect.signature(nn.Linear.forward))")[0]
