"""Devices that are not here: what asking for them says. The classes and messages are PyTorch's."""

from __future__ import annotations

import pytest

from tensorsh import Session

MTIA = (
    "Torch not compiled with MTIA enabled. Ensure you have `import mtia.host_runtime.torch_mtia."
    "dynamic_library` in your python src file and include `//mtia/host_runtime/torch_mtia:torch_mtia` as "
    "your target dependency!"
)
SAYS = {
    "cuda": (AssertionError, "Torch not compiled with CUDA enabled"),
    "xpu": (AssertionError, "Torch not compiled with XPU enabled"),
    "mtia": (AssertionError, MTIA),
    "ipu": (RuntimeError, "PyTorch is not linked with support for ipu devices"),
    "mps": (RuntimeError, "PyTorch is not linked with support for mps devices"),
    "xla": (RuntimeError, "PyTorch is not linked with support for xla devices"),
}
TRY = """
import torch
import torch.nn as nn
try:
    {}
    said = None
except Exception as e:
    said = type(e), str(e)
"""


def said(expression: str) -> tuple[type, str]:
    session = Session()
    session.execute(TRY.format(expression), "main.py", script=True, leads=True)
    return session["said"]


@pytest.mark.parametrize("device", SAYS)
@pytest.mark.parametrize("call", ["torch.ones(1).to('{}')", "nn.Linear(1, 1).to('{}')"])
def test_a_copy_says_what_is_missing(device: str, call: str) -> None:
    assert said(call.format(device)) == SAYS[device]


@pytest.mark.parametrize("device", ["cuda", "xpu", "mtia", "ipu"])
@pytest.mark.parametrize("value", ["torch.ones(1)", "nn.Linear(1, 1)"])
def test_a_tensor_and_a_module_have_a_method_for_each(device: str, value: str) -> None:
    assert said(f"{value}.{device}()") == SAYS[device]


@pytest.mark.parametrize("device", ["cuda", "xpu", "mtia"])
def test_a_new_tensor_there_says_the_same(device: str) -> None:
    assert said(f"torch.ones(1, device='{device}')") == SAYS[device]


def test_a_new_tensor_elsewhere_is_not_implemented() -> None:
    assert said("torch.ones(1, device='mps')")[0] is NotImplementedError


def test_a_module_without_tensors_goes_anywhere() -> None:
    assert (
        said("assert all(isinstance(getattr(nn.ReLU(), d)(), nn.ReLU) for d in ('xpu', 'ipu', 'mtia'))")
        is None
    )
