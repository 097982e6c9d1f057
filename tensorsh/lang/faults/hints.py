"""What messages leave unsaid: help for exceptions that Python, or a function of the library in Python, has raised."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...engine.records.op import registry
from ...engine.values.tensor import Tensor
from ..names.library_parts import module_class
from ..names.namespace import did_you_mean


def hint(message: str) -> str | None:
    """What to do about an exception of this message."""
    for pattern, help in HINTS:
        found = re.match(pattern, message)
        if found is not None:
            return help(found) if callable(help) else help
    return None


def of_another_kind(of: Any, name: str) -> str | None:
    """Help where an attribute is asked of what is not the tensor that is meant."""
    if of is None:
        return "it is None: a function without return gives it, and .grad is None where no gradient came"
    if isinstance(of, Tensor):
        return GROWING.get(name)
    if not (hasattr(Tensor, name) or registry.load(f"Tensor.{name}")):
        return None
    if type(of) is tuple:
        return f"it holds {len(of)} values: take the one that is meant, as in out, state = lstm(x)"
    module = module_class()
    if module is not None and isinstance(of, module) and type(of).__module__.startswith("torch.nn"):
        return (
            None
            if name in ("grad", "data")
            else f"a layer is made, then called: nn.{type(of).__name__}(…)(x)"
        )
    return None


#: words of the language that are no names
WORDS = {"param": "it begins a statement: param x = [1., 2.]"}
#: methods of lists that tensors do not have
GROWING = {
    "append": "a tensor does not grow: collect in a list, then torch.stack or torch.cat",
    "extend": "a tensor does not grow: torch.cat joins tensors",
}


def _parameters(found: re.Match[str]) -> str | None:
    """The parameters of a class of the library that was given a keyword it does not have."""
    from inspect import signature

    from ...torch import nn, optim
    from ...torch.optim import lr_scheduler
    from ...torch.utils import data

    made = next((getattr(m, found[1]) for m in (nn, optim, lr_scheduler, data) if hasattr(m, found[1])), None)
    if made is None:
        return None
    names = [name for name in signature(made).parameters if name not in ("args", "kwargs")]
    starts = [name for name in names if name.startswith(found[2]) or found[2].startswith(name)]
    near = f"did you mean '{starts[0]}'?" if starts else did_you_mean(found[2], names)
    return near or f"it takes {', '.join(names)}"


def _too_many(found: re.Match[str]) -> str | None:
    if int(found[4]) != int(found[3]) + 1:
        return None
    if found[2] == "__init__":
        return f"{found[1]}(…) makes one; call what it makes: made = {found[1]}(); made(x)"
    return f"a method is given the object first: def {found[2]}(self, …)"


def _state(found: re.Match[str]) -> str | None:
    """What a size of a recurrent layer's state stands for, the first that is another one."""
    wanted, given = found[1].split(", "), found[2].split(", ")
    differs = next((i for i, (m, n) in enumerate(zip(wanted, given, strict=False)) if m != n), None)
    if differs is None or len(wanted) != len(given) or len(wanted) != 3:
        return None
    return (
        "the first size of a state is num_layers, times two if bidirectional",
        "the second is the batch: an input (batch, sequence, features) needs batch_first=True",
        "the last size of a state is hidden_size",
    )[differs]


def _batch(found: re.Match[str]) -> str | None:
    return "add the batch dimension: x.unsqueeze(0)" if int(found[2]) < int(found[1]) else None


def _keys(found: re.Match[str]) -> str | None:
    missing, unexpected = (
        {
            name
            for part in re.findall(rf"{word} key\(s\) in state_dict: (.*)", found[0])
            for name in re.findall('"(.*?)"', part)
        }
        for word in ("Missing", "Unexpected")
    )
    if unexpected and {f"module.{name}" for name in missing} == unexpected:
        return "DataParallel put 'module.' before the names: load into the same, or take it off"
    parts = [name for name in sorted(unexpected) if "model" in name or "state" in name]
    if missing and parts and not any("." in name for name in unexpected):
        return f"the weights are a part of what was saved: saved[{parts[0]!r}]"
    return None


Help = str | Callable[[re.Match[str]], str | None]

#: what messages leave unsaid
HINTS: tuple[tuple[str, Help], ...] = (
    (r"'int' object is not iterable", "count with range: for i in range(n)"),
    (r"'(?:float|bool|NoneType)' object is not iterable", "a loop runs over lists, ranges and tensors"),
    (r"can only concatenate str|unsupported operand .*'str'", 'write f"{x}" for text, float(s) for numbers'),
    (r"'Tensor' object is not callable", "an index is in brackets: x[0]; a product has its sign: x * (y)"),
    (r"'(?:int|float|complex)' object is not callable", "a product has its sign: 2 * (x)"),
    (r"'(?:list|tuple|str)' object is not callable", "an index is in brackets: xs[0]"),
    (r"'(?:type|function)' object .* context manager", "call it: with no_grad():"),
    (r"(?:too many|not enough) values to unpack", "as many names as values; *rest takes what is left"),
    (r"'tuple' object does not support item assignment", "a list can change: xs = list(xs)"),
    (r"'str' object does not support item assignment", "make a new string: s[:i] + new + s[i + 1:]"),
    (r"division by zero|modulo by zero", "float tensors divide by zero, to inf or nan: tensor(1.) / 0"),
    (r"invalid literal for int\(\) .*'[-+]?\d*\.\d*'", "read it as a float first: int(float(s))"),
    (r"(?:Unknown|Invalid) format|unsupported format", 'formats are for single values: f"{x.item():.3f}"'),
    (r"list indices must be integers or slices, not tuple", "is a comma missing before the bracket?"),
    (
        r"tuple indices must be integers or slices, not tuple",
        "it holds several values: take the one that is meant first, as in out, state = lstm(x)",
    ),
    (r"(?:list|tuple|string) index out of range", "the first has index 0, the last -1"),
    (r"unhashable type", "a key never changes: a string, a number, or a tuple of these"),
    (r"(?:dictionary|Set|deque) (?:changed|mutated)", "go over a copy: for k in list(d):"),
    (r"'(?:dict|set)' object is not callable", 'a key is in brackets: d["a"]'),
    (r"'set' object is not subscriptable", "a set has no order: sorted(s) is a list"),
    (r"Exceeds the limit .* integer", 'show it in hexadecimal, f"{n:x}", or a part of it, n % 10**20'),
    (r"cannot access local variable", "what a function assigns is its own: pass the value in as an argument"),
    (
        r"cannot assign \w+ before Module.__init__\(\) call",
        "begin __init__ with super().__init__()",
    ),
    (
        r"optimizer got an empty parameter list",
        "a module finds layers in its attributes and in nn.ModuleList, not in a list",
    ),
    (r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'", _parameters),
    (r"(\w+)\.(\w+)\(\) takes (\d+) positional arguments? but (\d+) were given", _too_many),
    (r"'torch.Size' object is not callable", "a shape is no function: x.shape, or x.size()"),
    (r"'(?:\w*method)' object is not (?:iterable|subscriptable)", "a function is called with brackets: f()"),
    (r"unsupported operand .*'torch.return_types", "it holds values and indices: take .values"),
    (r"object of type '\w+' has no len\(\)", "its class defines no __len__"),
    (r"expected (\d)D(?: or \dD)? input \(got (\d)D input\)", _batch),
    (r"Expected hidden(?:\[\d\])? size \((.*)\), got \[(.*)\]", _state),
    (
        r"input.size\(-1\) must be equal to input_size. Expected \S+, got (\S+)",
        lambda found: f"the first number of the layer is the size of the input's last dimension, {found[1]}",
    ),
    (r"\w+ is not an Optimizer", "a scheduler is made of the optimizer: StepLR(optimizer, …)"),
    (r"(?s)Error\(s\) in loading state_dict.*", _keys),
)
