"""Values to save, by this library or by PyTorch; what both make of a file, in words.

`python tests/support/saved.py`, with a Python that has torch, writes `data/saved/NAME.pt` for each value (and for the
modules and optimisers that are made only there), and `data/saved/words.json`: what PyTorch loads from them.
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "data" / "saved"


def values(torch: Any) -> dict[str, Any]:
    """What is saved, by the name of its file."""
    x, parameter = torch.arange(6.0).view(2, 3), torch.nn.Parameter
    state = OrderedDict([("weight", x * 2), ("bias", torch.zeros(2, dtype=torch.float64))])
    state._metadata = OrderedDict([("", {"version": 1}), ("fc", {"version": 2})])  # type: ignore[attr-defined]
    kinds = [
        torch.tensor(v, dtype=d)
        for v, d in [
            ([True, False], torch.bool), ([1, 255], torch.uint8), ([-1, 2], torch.int8), ([-300], torch.int16),
            ([7], torch.int32), ([[2**40]], torch.int64), ([1.5], torch.float16), ([1.5, -2], torch.bfloat16),
            ([0.1], torch.float64), ([1 + 2j], torch.complex64), ([3 - 1j], torch.complex128), (4.0, torch.float32),
        ]
    ]  # fmt: skip
    marked = torch.ones(2)
    marked.note = "kept"
    return {
        "tensor": x,
        "shared": {"all": x, "turned": x.t(), "row": x[1], "every": x.view(-1)[::2], "again": x},
        "kinds": kinds,
        "leaves": [parameter(x.clone()), parameter(x[0], requires_grad=False), torch.ones(1, requires_grad=True)],
        "state": {"model": state, "epoch": 3, "losses": [0.5, float("inf"), -1e-300], "names": ("a", "ü", b"raw")},
        "optimiser": {
            "state": {0: {"step": torch.tensor(2.0), "exp_avg": x * 0.1}},
            "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.999), "foreach": None, "fused": True, "params": [0, 1]}],
        },
        "plain": [
            None, True, -1, 2**70, -(2**40), 65_536, 1 + 2j, {1}, Counter("aab"), bytearray(b"xy"), (), [[]], {"k": {}},
            torch.float32, torch.Size([1, 2]), torch.device("cpu"), torch.device("cuda", 1), torch.int64,
        ],
        "empty": [torch.empty(0), torch.empty(2, 0, 3), torch.tensor([])],
        "meta": torch.empty(2, 3, device="meta"),
        "marked": marked,
    }  # fmt: skip


def only_there(torch: Any) -> dict[str, Any]:
    """What PyTorch makes and this library only reads."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.LSTM(4, 2)
    )
    adam = torch.optim.Adam(net[0].parameters(), amsgrad=True)
    net[1](net[0](torch.ones(1, 1, 4, 4))).sum().backward()
    adam.step()
    z = torch.tensor([1 + 2j, 3 - 1j])
    return {
        "network": net.state_dict(),
        "adam": adam.state_dict(),
        "marked lazily": [z.conj(), torch._neg_view(torch.ones(2))],
        "permuted": torch.arange(24).view(2, 3, 4).permute(2, 0, 1),
    }


def module(torch: Any) -> Any:
    """A whole module, with numbers that do not come from a random stream."""
    parts = (
        torch.nn.Linear(2, 3),
        torch.nn.BatchNorm1d(3),
        torch.nn.Tanh(),
        torch.nn.Dropout(0.5),
        torch.nn.LSTM(3, 2),
    )
    for part in parts:
        for n, parameter in enumerate(part.parameters()):
            torch.nn.init.constant_(parameter, 0.5 - 0.25 * n)
    return torch.nn.Sequential(*parts)


def words(value: Any, blocks: dict[int, int]) -> Any:
    """A value in words: tensors with their strides and the number of the memory that they look into."""
    kind = type(value).__name__.removeprefix("torch.")
    if hasattr(value, "requires_grad"):
        memory, empty = None, value.numel() == 0 or value.is_meta
        if not empty:
            memory = blocks.setdefault(value.untyped_storage().data_ptr(), len(blocks))
        found = [kind, str(value.dtype), str(value.device), list(value.shape), list(value.stride()), memory]
        found += [None if empty else value.storage_offset(), value.requires_grad]
        numbers = value.detach().to("cpu") if not value.is_meta else None
        return [*found, None if numbers is None else str(numbers.tolist()), str(vars(value))]
    if isinstance(value, dict):
        metadata = str(getattr(value, "_metadata", None))
        return [kind, metadata, [[words(k, blocks), words(v, blocks)] for k, v in value.items()]]
    if isinstance(value, list | tuple):
        return [kind, [words(item, blocks) for item in value]]
    return [kind, repr(value)]


def main() -> None:
    import torch

    FOLDER.mkdir(exist_ok=True)
    found = {}
    torch.save(module(torch), FOLDER / "module.pt")
    for name, value in {**values(torch), **only_there(torch)}.items():
        torch.save(value, FOLDER / f"{name}.pt")
        torch.save(value, FOLDER / f"{name}.legacy.pt", _use_new_zipfile_serialization=False)
        found[name] = words(torch.load(FOLDER / f"{name}.pt"), {})
    text = json.dumps(found, indent=1)
    (FOLDER / "words.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
