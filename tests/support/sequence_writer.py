"""Random PyTorch programs whose graphs go from round to round: states, losses added up, what is kept in lists.

`SequenceProgram(seed)` writes one of two kinds. In the one a loop over steps has an inner loop over time, whose length
is another one in most steps; it carries a state, which is cut now and then, and collects outputs and losses; then come
one or several ways back. In the other a round trains several networks. What stands in a round is drawn from
`sequence_tables` and `network_steps`.
"""

from __future__ import annotations

import re
from textwrap import indent

from network_steps import LATER, STEPS
from sequence_tables import AFTER, TABLES
from table_writer import TableWriter, lines_of, words_of

START = """
import torch, torch.nn as nn, torch.nn.functional as F
from torch import optim
from torch.distributions import Categorical
torch.manual_seed(1)
W = (torch.randn(3, 3) * 0.5).requires_grad_(); V = (torch.randn(3, 3) * 0.5).requires_grad_()
b = torch.zeros(3, requires_grad=True)
emb, gru, lstm, head = nn.Embedding(5, 3), nn.GRUCell(3, 3), nn.LSTMCell(3, 3), nn.Linear(3, 5)
net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
twin = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)); twin.load_state_dict(net.state_dict())
judge = nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1))
params = [W, V, b, *emb.parameters(), *gru.parameters(), *lstm.parameters(), *head.parameters(), *net.parameters()]
X = torch.randn(12, 2, 3); Y = torch.randint(0, 5, (12, 2)); Z = torch.randn(12, 3, 2); R = torch.randn(24, 3)
masks = torch.arange(12).unsqueeze(1) < torch.tensor([3, 7])
gen = torch.Generator().manual_seed(4)
def cell(x, h):
    return torch.tanh(x @ W + h @ V + b)
def look(q, keys):
    if not keys: return q
    keys = torch.stack(keys, 1)
    a = torch.softmax((keys * q.unsqueeze(1)).sum(-1), 1)
    return (a.unsqueeze(-1) * keys).sum(1)
def gated(x, h, **rest):
    z = torch.sigmoid(x @ W + rest.get('bias', 0.0))
    return z * h + (1 - z) * torch.tanh(x)
def scaled(v):
    return torch.tanh(v) * scaled.by + getattr(b, 'tag', 0.5) * v
scaled.by, W.decay = 0.5, 0.1
class Agent:
    def __init__(self, n):
        self.w = torch.eye(n).requires_grad_(); self.h = torch.zeros(2, n); self.count = 0; self.seen = []
        self.parts = {'w': self.w, 'rate': 0.5}
    def step(self, x):
        self.h = torch.tanh(self.h @ self.w + x * self.parts['rate'])
        self.count += 1
        return self.h
    def act(self, x, h):
        return torch.tanh(h @ self.parts['w']) + x / (1 + self.count)
    def forget(self, all=False):
        self.h = torch.zeros(2, 3) if all else self.h.detach()
class Rnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(6, 3); self.last = None; self.register_buffer('mean', torch.zeros(3))
    def forward(self, x, h=None):
        h = torch.zeros_like(x) if h is None else h
        self.last = torch.tanh(self.inner(torch.cat([x, h], 1)))
        return self.last
    def unroll(self, xs, h=None):
        outs = []
        for x in xs:
            h = self(x, h); outs.append(h)
        return torch.stack(outs), h
agent = Agent(3); rnn = Rnn(); params += [agent.w, *rnn.parameters()]
h = torch.zeros(2, 3); c = torch.zeros(2, 3); k = 3; total = 0.0; outs = []; x = X[0]; loss = 0; kept = []; losses = []
mem = torch.zeros(4, 3); table = {'scale': 0.5}; hook = None; n = 0; noted = []; y = Y[0]
""".lstrip()
#: what the inner loop has where it is a function's, and what comes back from there
GIVEN, LEFT = "i, n, h, c, k, total, y, x", "h, c, loss, losses, kept, table, mem, k, total, y, x"
#: these have other names in other programs
RENAMED = {
    "cell": ["cell", "step", "forward", "sum", "next", "go", "update", "f", "_", "lstm_step"],
    "look": ["look", "attend", "attention", "max", "read", "score"],
    "gated": ["gated", "mix", "call", "apply", "print_", "run"],
    "step(self, x)": ["step(self, x)", "step(it, x)", "step(this, x)"],
    "act(self, x, h)": ["act(self, x, h)", "act(me, x, h)", "act(agent, x, h)"],
}

LINES = lines_of(TABLES | {"AFTER": AFTER, "LATER": LATER})
WORDS = words_of(LINES)


def written(statements: str, indent: str) -> str:
    """Statements one a line; each `> ` puts one further in."""
    text = ""
    for statement in statements.split("; "):
        inside = len(statement) - len(statement.lstrip("> "))
        depth = statement[:inside].count(">")
        text += f"{indent}{'    ' * depth}{statement[inside:]}\n"
    return text


class SequenceProgram(TableWriter):
    """One program, and the statements to try after it."""

    lines, words = LINES, WORDS

    def __init__(self, seed: int):
        super().__init__(seed)
        text = START + self.text("opt = OPTIMIZER") + "\n"
        text += "def noised(v): return v + 0.1 * torch.randn(2, 3)\n"
        text += (
            "opt_g, opt_d = optim.Adam(net.parameters(), lr=0.01), optim.SGD(judge.parameters(), lr=0.05)\n"
        )
        for _ in range(self.random.choice((1, 1, 1, 2))):
            text += self.several() if self.chance(0.3) else self.sequences()
        for name, others in RENAMED.items():
            text = self.renamed(text, name, self.random.choice(others))
        self.program = text
        self.after = self.random.sample(LINES["AFTER"], 2)

    def renamed(self, text: str, name: str, other: str) -> str:
        if "(" not in name:
            return re.sub(rf"\b{name}\b", other, text)
        head, _, rest = text.partition(f"    def {name}:\n")
        body, end, after = rest.partition("    def ")
        mine = other.partition("(")[2].partition(",")[0]
        body = re.sub(r"\bself\b", mine, body)
        return f"{head}    def {other}:\n{body}{end}{after}"

    def piece(self, name: str, indent: str) -> str:
        return written(self.text(name, 2), indent)

    def several(self) -> str:
        """Steps that train several networks."""
        text = f"for i in range({self.random.choice((9, 11, 16))}):\n"
        text += indent("\n".join(self.random.choices(STEPS, k=self.random.randint(1, 3))), "    ") + "\n"
        if self.chance(0.5):
            text += self.piece("LATER", "    ")
        return text

    def sequences(self) -> str:
        """Steps over sequences of other lengths."""
        apart = self.chance(0.4)
        indent = "    "
        inner = written(f"{self.text('SETUP')}; losses = []; kept = []", indent)
        if apart:
            inner += written("mem = torch.zeros(4, 3); table = {'scale': 0.5}", indent)
        if not self.chance(0.1):
            inner += self.piece("PROLOGUE", indent)
        inner += written(self.text("LOOP"), indent)
        inner += "".join(self.piece("ROUND", indent * 2) for _ in range(self.random.randint(2, 6)))
        text = f"for i, n in enumerate({self.text('LENGTHS')}):\n"
        if apart:
            text = f"def sequence({GIVEN}):\n{inner}    return {LEFT}\n{text}    {LEFT} = sequence({GIVEN})\n"
        else:
            text += inner
        text += written(self.text("l = SUM + (W * W).sum() * 0.01; BACK", 2), indent)
        if not apart and self.chance(0.7):
            text += written("mem = mem.detach(); agent.forget()", indent)
        elif self.chance(0.8):
            text += written("agent.forget()", indent)
        for _ in range(self.random.choice((0, 0, 1, 2))):
            text += self.piece("BESIDES", indent)
        return text
