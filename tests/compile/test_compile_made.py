"""What a run makes itself, it may change: lists that grow, dictionaries, states of modules, losses."""

from __future__ import annotations

import pytest

from compile_compare import difference
from tensorsh import Session

START = """
import torch, torch.nn as nn
from collections import OrderedDict
torch.manual_seed(0)
x = torch.randn(5, 4)
seen = []; table = {"a": x}; names = {"a", "b"}; pair = ([1.0], x); order = OrderedDict(a=x, b=x * 2)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.norm = nn.BatchNorm1d(4)
        self.outs = None
    def forward(self, v):
        outs, named = [], {}
        for k, part in enumerate(self.parts):
            v = part(v).tanh()
            outs.append(v)
            named[f"h{k}"] = v
        outs.extend([v, v]); outs.pop(0); outs[0] = v * 2; outs += [v]; del outs[-2]
        return self.norm(torch.stack(outs).sum(0)), named
    def kept(self, v):
        outs = [v * 2]
        self.outs = outs
        outs.append(v * 3)
        return outs
net = Net(); other = Net(); other.load_state_dict(net.state_dict())
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
averaged = torch.optim.swa_utils.AveragedModel(
    net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9)
)
count = torch.tensor(0)
scaler = torch.amp.GradScaler("cuda", enabled=False); on = torch.cuda.is_available()
def train(v):
    out, named = net(v)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    loss = criterion(out, torch.arange(5) % 4) + nn.L1Loss(reduction="sum")(out, v)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss, criterion, named
def counted(v):
    return v * 2 if count == 0 else v / count
def members(v, i):
    if i < 0:
        raise ValueError(i)
    found, parts = {1}, {"p": v, "q": v * 2}
    found.add(2)
    del parts["p"]
    return parts["q"] * len(found)
"""
COMPILED = {
    "lists and dictionaries in a method": "y, named = net(x)",
    "a list in the loop": "ys = []\n    for k in range(3): ys.append(x * k)\n    y = torch.stack(ys)",
    "sets and items that are deleted": "y = members(x, i)",
    "a list that grows when it has been kept": "ys = net.kept(x); y = ys[0] * 2",
    "losses of a function's own": "loss, criterion, named = train(x)",
    "a state": "state = net.state_dict(); y = state['norm.weight'] * 2",
    "a state that is changed and loaded": "a = other.state_dict(); b = net.state_dict()\n    for k in b:\n"
    "        a[k] = b[k] * 0.1 + a[k] * 0.9\n    keys = other.load_state_dict(a)",
    "an ordered dictionary": "made = OrderedDict()\n    for k, v in order.items(): made[k] = v * 2\n"
    "    made.move_to_end('a'); y = made['b'] + 1",
    "an activation": "act = nn.Sequential(nn.Tanh(), nn.Softmax(dim=-1)); y = act(x) * 2",
    "some modules": "some = net.parts[:2]; y = some[1](x) * 2",
    "a scaler and an autocast that do nothing": "optimizer.zero_grad()\n"
    "    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=on): loss = net(x)[0].pow(2).mean()\n"
    "    scaler.scale(loss).backward(); scaler.unscale_(optimizer); scaler.step(optimizer); scaler.update()",
    "averages of parameters": "averaged.update_parameters(net); y = averaged(x)[0] * 2",
    "a count that is asked": "y = counted(x); count += 1; z = counted(y)",
    "a dtype and a device": "kind, where = x.dtype, x.device; y = torch.ones(4, dtype=kind, device=where) * x",
    "a set from outside": "y = x * ('a' in names) + len(names)",
}
EVALUATED = {
    "a list from outside": "y = x * 2; seen.append(y)",
    "one by another name": "mine = seen; y = x * 2; mine += [y]",
    "one inside of a tuple": "pair[0].append(2.0); y = x * len(pair[0])",
    "a dictionary from outside": "table[f'{i}'] = x * 2; y = x + len(table)",
    "a set from outside is changed": "names.add(str(i)); y = x * len(names)",
    "an ordered one": "order.move_to_end('a' if i % 2 else 'b'); y = next(iter(order.values())) * 2",
    "a state that comes from the last round": "s = net.state_dict() if i % 2 else s; y = s['norm.bias'] + 1",
    "layers with parameters": "y = nn.Linear(4, 2)(x) * 2",
    "a module of a class of the program's": "y = Net()(x)[0] * 2",
    "a loss that is another in every round": "loss, kept, named = train(x); seen.append(kept)",
    "a count that begins again": "y = counted(x); count += 1\n    if i == 14: count.zero_()",
    "a count that is written before": "count += 1; y = counted(x); count.sub_(count * (i % 5 == 4)); z = counted(y)",
    "an autocast that comes into force": "optimizer.zero_grad()\n"
    "    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=i > 12): loss = net(x)[0].float().pow(2).mean()\n"
    "    scaler.scale(loss).backward(); scaler.step(optimizer); scaler.update()",
    "a function inside of an autocast": "with torch.autocast('cpu', enabled=i > 12): y = members(x @ x.T, i) + 1",
    "another loss": "loss, criterion, named = train(x * 2 if i > 9 else x)",
}


def program(body: str) -> str:
    return f"{START}s = net.state_dict()\nfor i in range(20):\n    {body}\n"


@pytest.mark.parametrize("name", [*COMPILED, *EVALUATED])
def test_what_a_run_makes_is_the_same_compiled(name: str) -> None:
    body = {**COMPILED, **EVALUATED}[name]
    found = difference(program(body), ["seen, table, names, pair, order"])
    assert found is None, f"{found}\n{body}"


@pytest.mark.parametrize("name", COMPILED)
def test_it_is_part_of_the_program(name: str) -> None:
    session = Session(seed=0)
    text = program(COMPILED[name])
    session.execute(text, "<input>", lambda shown: None)
    first, last = text[: text.index("    " + COMPILED[name])].count("\n") + 1, text.count("\n")
    titles = [title for title, _ in session._evaluator.loops.programs]
    left = [each.text for each in session.uncompiled() if each.span.position[0] >= first]
    if first == last:
        assert f"<input>, line {first}" in titles and not left, left
    else:
        assert f"<input>, lines {first} to {last}" in titles, left
