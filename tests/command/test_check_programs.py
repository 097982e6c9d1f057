"""`tensorsh check` on programs as people write them: one report for each mistake, with what to do about it."""

from __future__ import annotations

import pytest

from check_programs import empty_folder, problems
from tensorsh.check import Checked
from tensorsh.errors import Warned
from tensorsh.source import Source

HEAD = "import torch\nimport torch.nn as nn\n"
CLASS = HEAD + "class Net(nn.Module):\n    def __init__(self):\n"


def told(program: str) -> list[tuple[int, str]]:
    with empty_folder():
        return [(each.span.position[0] if each.span else 0, each.message) for each in problems(program)]


def warned(program: str) -> list[tuple[str, str | None]]:
    with empty_folder():
        found = Checked(Source(program, "program.py")).problems()
    return [(each.message, each.help) for each in found if isinstance(each, Warned)]


@pytest.mark.parametrize(
    "line, help",
    [
        ("nn.Conv2d(3, 8, kernel=3)", "did you mean 'kernel_size'?"),
        ("torch.optim.Adam(nn.Linear(1, 1).parameters(), learning_rate=1)", "it takes params, lr, betas"),
        ("torch.optim.Adam([])", "nn.ModuleList"),
        ("torch.optim.lr_scheduler.StepLR(nn.Linear(1, 1), 3)", "StepLR(optimizer"),
        ("nn.LSTM(3, 4)(torch.ones(2, 5, 3))[:, -1]", "out, state = lstm(x)"),
        ("nn.Linear(4, 1)(nn.LSTM(3, 4)(torch.ones(2, 5, 3)))", "out, state = lstm(x)"),
        ("nn.LSTM(3, 4)(torch.ones(2, 5, 3)).size(0)", "out, state = lstm(x)"),
        ("nn.functional.cross_entropy(None, torch.zeros(3).long())", "return something?"),
        ("(torch.ones(2, requires_grad=True) * 2).grad.norm()", "it is None"),
        ("nn.ReLU(torch.ones(2)).sum()", "nn.ReLU(…)(x)"),
        ("torch.zeros(0).append(1)", "collect in a list"),
        ("nn.BatchNorm2d(3).eval()(torch.ones(3, 8, 8))", "x.unsqueeze(0)"),
        ("nn.BatchNorm1d(16)(torch.ones(8, 32))", "the input has 32 channels (dimension 1)"),
        ("nn.GRU(3, 4)(torch.ones(6, 5, 3), torch.ones(1, 6, 4))", "needs batch_first=True"),
        ("nn.GRU(3, 4, 2)(torch.ones(6, 5, 3), torch.ones(1, 5, 4))", "num_layers"),
        ("nn.GRU(3, 4)(torch.ones(6, 5, 7))", "the input's last dimension, 7"),
        ("torch.ones(2).shape()", "x.shape, or x.size()"),
        ("torch.ones(2).size[0]", "f()"),
        ("torch.optim.SGD(nn.Linear(1, 1).parameters, lr=1)", "f()"),
        ("torch.ones(2, 2).max(dim=1) - 1", "take .values"),
        ("torch.stack([torch.ones(2), torch.ones(3)])", "pad_sequence"),
        ("nn.BCELoss()(torch.ones(3, 1), torch.ones(3))", "target.view_as(input)"),
        ("nn.functional.cross_entropy(torch.ones(2, 7, 5), torch.zeros(2, 7).long())", "(batch, classes, …)"),
        ("nn.Linear(1, 1).load_state_dict({'epoch': 1, 'model': {}})", "saved['model']"),
        ("nn.Linear(1, 1).load_state_dict(nn.DataParallel(nn.Linear(1, 1)).state_dict())", "'module.'"),
    ],
)
def test_what_to_do(line: str, help: str) -> None:
    with empty_folder():
        found = problems(f"{HEAD}{line}\n")
    assert len(found) == 1
    assert help in (found[0].help or "")


def test_what_to_do_about_classes() -> None:
    program = CLASS + (
        "        self.n = nn.Linear(2, 2)\n"
        "    def helper(x):\n        return x\n"
        "class Other(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n"
        "    def helper(x):\n        return x\n"
        "    def forward(self, x):\n        return self.helper(x)\n"
        "Other(torch.ones(2))\nOther()(torch.ones(2))\nNet()\n"
        "def f(epoch):\n    return epcoh\n"
    )
    with empty_folder():
        found = [(each.span.position[0], each.help) for each in problems(program) if each.span]
    assert found == [
        (5, "begin __init__ with super().__init__()"),
        (14, "a method is given the object first: def helper(self, …)"),
        (15, "Other(…) makes one; call what it makes: made = Other(); made(x)"),
        (19, "did you mean 'epoch'?"),
    ]


def test_an_attribute_that_was_not_made_is_told_once() -> None:
    program = CLASS + (
        "        super().__init__()\n"
        "        self.a = nn.Linear(in_feature=3, out_features=2)\n"
        "        self.b, self.c = nn.Linear(2, 2), torch.ones(2) + torch.ones(3)\n"
        "    def forward(self, x):\n"
        "        return self.b(self.a(x)) + self.c\n"
        "net = Net()\n"
        "net(torch.ones(1, 3)), net.a.weight, net.c.shape\n"
        "net.d\n"
    )
    assert [line for line, _ in told(program)] == [6, 7, 12]


def test_layers_in_a_list() -> None:
    program = CLASS + (
        "        super().__init__()\n"
        "        self.hidden = [nn.Linear(2, 2)]\n"
        "        self.frozen = [nn.Linear(2, 2)]\n"
        "        self.head = nn.Linear(2, 1)\n"
        "    def forward(self, x):\n"
        "        with torch.no_grad():\n            self.frozen[0](x)\n"
        "        return self.head(self.hidden[0](x))\n"
        "net = Net()\n"
        "opt = torch.optim.SGD({}, lr=0.1)\n"
        "net(torch.ones(1, 2)).sum().backward()\n"
    )
    assert warned(program.format("net.parameters()")) == [
        (
            "'net.hidden' holds parameters that no optimizer is given",
            "nn.ModuleList(…) makes them parts of the module",
        )
    ]
    assert warned(program.format("[*net.parameters(), *net.hidden[0].parameters()]")) == []


def test_modules_are_known_wherever_they_are_put() -> None:
    program = HEAD + (
        "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\n"
        "nn.Linear(3, 2).to(device)(torch.ones(4, 5).to(device))\n"
        "nn.Linear(3, 2).to('cuda')\n"
        "nn.Linear(3, 2).to(device, torch.float64)(torch.ones(4, 3))\n"
    )
    assert [line for line, _ in told(program)] == [4, 5, 6]


def test_distributions_are_known() -> None:
    program = HEAD + (
        "from torch.distributions import Categorical, Normal\n"
        "Normal(torch.zeros(3), torch.rand(3)).rsample((4,)) @ torch.ones(4)\n"
        "Categorical(logits=torch.randn(2, 5)).log_prob(torch.zeros(3).long())\n"
    )
    assert [line for line, _ in told(program)] == [4, 5]


def test_formats() -> None:
    program = HEAD + (
        "x, n = torch.rand(()), torch.tensor(3)\n"
        "f'{x:.2f} {n:5d} {x.item():.1%} {n.item():d} {x > 1!s:>6} {torch.ones(3)} {x.mean():g}'\n"
        "f'{torch.ones(3):.2f}'\n"
        "f'{x.item():d}'\n"
        "f'{x:d}'\n"
        "class A:\n    def __repr__(self):\n        return 3\n"
        "print(A())\n"
    )
    assert [line for line, _ in told(program)] == [5, 6, 7, 11]


def test_files_that_the_program_writes() -> None:
    program = HEAD + (
        "import numpy as np\n"
        "net = nn.Linear(3, 2)\n"
        "torch.save({'model': net.state_dict(), 'epoch': 3}, 'kept.pt')\n"
        "nn.Linear(3, 2).load_state_dict(torch.load('kept.pt')['model'])\n"
        "nn.Linear(4, 2).load_state_dict(torch.load('kept.pt')['model'])\n"
        "torch.load('kept.pt')['modle']\n"
        "np.save('rows', np.zeros((4, 3)))\n"
        "torch.from_numpy(np.load('rows.npy')).float() @ torch.ones(4)\n"
        "if torch.rand(1) > 0.5:\n    torch.save(torch.ones(7), 'perhaps.pt')\n"
        "torch.load('perhaps.pt') + torch.ones(3)\n"
        "with open('log.txt', 'w') as log:\n    log.write(f'{torch.rand(1)}')\n    log.flush()\n"
        "log.write('late')\n"
        "open('log.txt').read()[3]\n"
    )
    assert [line for line, _ in told(program)] == [7, 8, 10, 17]


def test_much_work_is_cut_short() -> None:
    """A loop that goes round often enough is not gone to its end: what it makes has a size that nobody knows."""
    program = HEAD + (
        "lstm, rows = nn.LSTM(4, 8, 2), []\n"
        "for epoch in range(10_000):\n"
        "    out, _ = lstm(torch.ones(50, 2, 4))\n"
        "    out.sum().backward()\n"
        "    rows.append(out.detach())\n"
        "torch.stack(rows) + torch.ones(10_001, 50, 2, 8)\n"
        "out @ torch.ones(9, 3)\n"
    )
    checked = Checked(Source(program, "program.py"))
    work: list[int] = []
    reset = checked.analysis.reset
    checked.analysis.reset = lambda: (work.append(checked.analysis.work), reset())[1]  # type: ignore[method-assign]
    assert [each.span.position[0] for each in checked.problems() if each.span] == [9]
    assert max(work) < 20_000
