"""What a PyTorch program defines itself where tensorsh has a function of its own: for `as_torch`.

A definition may use others; those are named first.
"""

from __future__ import annotations

#: optimisers of tensorsh's own programs, and the classes that they are
OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}

NEEDS = {
    "accuracy": ("classes_of",),
    "confusion_matrix": ("classes_of",),
    "precision": ("confusion_matrix", "mean_ratio"),
    "recall": ("confusion_matrix", "mean_ratio"),
    "f1_score": ("confusion_matrix", "mean_ratio"),
}

DEFINITIONS = {
    "show": """\
def show(value):
    if value is not None:
        print(repr(value))
    return value
""",
    "show_kept": """\
_ = __ = ___ = None


def show(value):
    global _, __, ___
    if value is not None:
        print(repr(value))
        _, __, ___ = value, _, __
    return value
""",
    "track": "def track(items, label=None, **live):\n    return items\n",
    "clock": "from time import perf_counter as clock\n",
    "argv": "from sys import argv\n\nargv = argv[1:]\n",
    "devices": """\
def devices():
    return ["cpu", "meta"] + [f"cuda:{i}" for i in range(torch.cuda.device_count())]
""",
    "alias": "def alias(value):\n    return value.view_as(value)\n",
    "copy": "def copy(value, other):\n    return torch.empty_like(value).copy_(other)\n",
    "get_printoptions": """\
def get_printoptions():
    return vars(torch._tensor_str.PRINT_OPTS)
""",
    "batches": """\
def batches(*tensors, size=32, shuffle=False, drop_last=False):
    tensors = [torch.as_tensor(t) for t in tensors]
    order = torch.randperm(len(tensors[0])) if shuffle else torch.arange(len(tensors[0]))
    for rows in order.split(size):
        if not (drop_last and len(rows) < size):
            picked = tuple(t[rows] for t in tensors)
            yield picked if len(picked) > 1 else picked[0]
""",
    "train_test_split": """\
def train_test_split(tensors, test=0.2, shuffle=True):
    rows = [torch.as_tensor(t) for t in tensors]
    order = torch.randperm(len(rows[0])) if shuffle else torch.arange(len(rows[0]))
    n = len(order) - round(len(order) * test)
    return [t[order[:n]] for t in rows], [t[order[n:]] for t in rows]
""",
    "classes_of": """\
def classes_of(scores, target):
    scores, target = torch.as_tensor(scores), torch.as_tensor(target)
    if scores.ndim == target.ndim + 1:
        scores = scores.argmax(-1)
    elif scores.is_floating_point() and not target.is_floating_point():
        logits = bool((scores < 0).any() or (scores > 1).any())
        scores = scores > (0 if logits else 0.5)
    return scores.flatten(), target.flatten()
""",
    "accuracy": """\
def accuracy(input, target):
    predicted, true = classes_of(input, target)
    return (predicted == true).double().mean().item()
""",
    "confusion_matrix": """\
def confusion_matrix(input, target, classes=None):
    predicted, true = (each.long() for each in classes_of(input, target))
    n = classes or int(torch.cat([predicted, true]).max()) + 1
    return torch.bincount(true * n + predicted, minlength=n * n).reshape(n, n)
""",
    "mean_ratio": """\
def mean_ratio(top, bottom):
    return (top.double() / bottom.clamp(min=1)).where(bottom > 0, 0.0).mean().item()
""",
    "precision": """\
def precision(input, target):
    counts = confusion_matrix(input, target)
    return mean_ratio(counts.diagonal(), counts.sum(0))
""",
    "recall": """\
def recall(input, target):
    counts = confusion_matrix(input, target)
    return mean_ratio(counts.diagonal(), counts.sum(1))
""",
    "f1_score": """\
def f1_score(input, target):
    counts = confusion_matrix(input, target)
    return mean_ratio(2 * counts.diagonal(), counts.sum(0) + counts.sum(1))
""",
    "r2_score": """\
def r2_score(input, target):
    input, target = torch.as_tensor(input).double(), torch.as_tensor(target).double()
    return (1 - ((target - input) ** 2).sum() / ((target - target.mean()) ** 2).sum()).item()
""",
    "mean_squared_error": """\
def mean_squared_error(input, target):
    return ((torch.as_tensor(target).double() - torch.as_tensor(input).double()) ** 2).mean().item()
""",
    "mean_absolute_error": """\
def mean_absolute_error(input, target):
    return (torch.as_tensor(target).double() - torch.as_tensor(input).double()).abs().mean().item()
""",
    "load": """\
def load(path, **options):
    import numpy

    if path.endswith(".npy"):
        return torch.from_numpy(numpy.load(path))
    if path.endswith((".pt", ".pth")):
        return torch.load(path)
    with open(path, encoding="utf-8") as file:
        lines = [line.strip().split(options.get("delimiter") or ",") for line in file if line.strip()]
    try:
        return torch.tensor([[float(cell) for cell in line] for line in lines])
    except ValueError:  # names of columns
        return torch.tensor([[float(cell) for cell in line] for line in lines[1:]])
""",
    "save": """\
def save(value, path):
    import numpy

    if path.endswith(".npy"):
        numpy.save(path, value.detach().numpy())
    elif path.endswith((".csv", ".tsv", ".txt")):
        numpy.savetxt(path, value.detach().numpy(), delimiter="," if path.endswith(".csv") else "\\t")
    else:
        torch.save(value, path)
""",
}
for _name in ("sum", "min", "max", "any", "all", "round", "pow"):
    DEFINITIONS[f"{_name}_of"] = (
        f"def {_name}_of(value, *rest, **options):\n"
        f"    function = torch.{_name} if isinstance(value, torch.Tensor) else {_name}\n"
        "    return function(value, *rest, **options)\n"
    )
for _name in ("heatmap", "hist", "image", "plot", "scatter"):
    DEFINITIONS[_name] = f"def {_name}(*values, **options):\n    pass  # tensorsh draws it\n"

#: of these, what a reader should be told of: the definition does less, or nothing
LESS = frozenset({"heatmap", "hist", "image", "load", "plot", "save", "scatter"})
