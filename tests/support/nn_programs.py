"""Programs about modules, whose output `record_nn.py` records."""

# ruff: noqa: E501

PROGRAMS = [
    # what a module has
    """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 3)
        self.act = nn.ReLU()
        self.blocks = nn.ModuleList([nn.Linear(3, 3) for _ in range(3)] + [nn.Tanh()])
        self.by_name = nn.ModuleDict({'a': nn.Linear(3, 2), 'b': nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.1))})
        self.scale = nn.Parameter(torch.ones(2))
        self.register_buffer('steps', torch.zeros(1))
        self.register_buffer('hidden', torch.zeros(1), persistent=False)
        self.shared = self.fc1
    def forward(self, x, which='a'):
        x = self.act(self.fc1(x))
        for block in self.blocks:
            x = block(x)
        return self.by_name[which](x) * self.scale
torch.manual_seed(0)
m = Net()
print(m)
print(m(torch.ones(2, 4)), m(torch.ones(2, 4), which='b'))
print([n for n, _ in m.named_parameters()])
print([n for n, _ in m.named_parameters(remove_duplicate=False)])
print([n for n, _ in m.named_buffers()], [n for n, _ in m.named_children()])
print([n for n, _ in m.named_modules()], [n for n, _ in m.named_modules(prefix='net')])
print(len(list(m.parameters())), len(list(m.modules())), len(list(m.children())))
print(list(m.state_dict()), m.state_dict()._metadata)
print(sum(p.numel() for p in m.parameters() if p.requires_grad))
m.eval()
print(m.training, m.by_name['b'][1].training)
m.train()
m.fc1.eval()
print(m.training, m.fc1.training)
m.requires_grad_(False)
print([p.requires_grad for p in m.parameters()])
print(m.get_submodule('by_name.b.0'), m.get_parameter('fc1.weight').shape, m.get_buffer('steps'))
m.set_submodule('by_name.b.0', nn.Linear(3, 7))
print(m.by_name)
print(sorted(vars(m)))
print('fc1' in dir(m), 'scale' in dir(m), hasattr(m, 'nothing'), m._get_name())
""",
    # attributes and their rules
    """
class Early(nn.Module):
    def __init__(self, how):
        if how == 0: self.a = nn.Linear(2, 2)
        if how == 1: self.a = nn.Parameter(torch.ones(2))
        if how == 2: self.register_buffer('a', torch.ones(2))
        if how == 3: self.a = 3
        super().__init__()
        if how == 4: self.b
        if how == 5: self.a = nn.Buffer(torch.ones(2)); self.a = torch.zeros(3); print(dict(self.named_buffers())); self.a = None; print(self._buffers)
        if how == 6: self.a = 3; self.a = nn.Parameter(torch.ones(1)); print(self.__dict__.get('a'), self.a); del self.a; print(hasattr(self, 'a'))
        if how == 7: self.a = nn.Parameter(torch.ones(1)); self.a = None; print(self._parameters, self.a); self.a = nn.ReLU(); print(self._parameters)
        if how == 8: self.a = torch.ones(2); print(list(self.parameters()), self.a)
for how in range(9):
    try:
        print(how, Early(how).__dict__.get('a'))
    except Exception as e:
        print(how, type(e).__name__, e)
try:
    Early(3)()
except Exception as e:
    print(type(e).__name__, e)
""",
    # saving and loading
    """
class Net(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.a = nn.Linear(2, n)
        self.b = nn.BatchNorm1d(n)
        self.c = nn.Linear(n, 1, bias=False)
torch.manual_seed(0)
m, k = Net(), Net()
print(m.load_state_dict(k.state_dict()))
print(torch.equal(m.a.weight, k.a.weight), m.a.weight is k.a.weight)
s = k.state_dict()
del s['b.weight']; s['zz'] = torch.ones(1); s['a.qq.x'] = torch.ones(1)
print(m.load_state_dict(s, strict=False))
r = m.load_state_dict(s, strict=False)
print(r.missing_keys, r.unexpected_keys, r[0])
for other in (s, Net(4).state_dict()):
    try:
        m.load_state_dict(other)
    except RuntimeError as e:
        print(e)
w = torch.zeros(3, 2)
print(m.load_state_dict({'a.weight': w}, strict=False, assign=True), m.a.weight.data_ptr() == w.data_ptr())
sd = m.state_dict()
print(type(sd).__name__, sd['a.weight'].requires_grad, m.state_dict(keep_vars=True)['a.weight'].requires_grad)
sd['c.weight'].fill_(5.0)
print(m.c.weight)
print(list(m.state_dict(prefix='p.')))
class Extra(nn.Linear):
    def get_extra_state(self): return {'n': 3}
    def set_extra_state(self, state): print('set', state)
e = Extra(1, 1)
print(e.state_dict().keys(), e.load_state_dict(e.state_dict()))
try:
    nn.Linear(1, 1).load_state_dict(e.state_dict())
except RuntimeError as error:
    print(error)
h1 = m.register_state_dict_post_hook(lambda mod, sd, prefix, meta: print('post', prefix, len(sd)))
h2 = m.register_state_dict_pre_hook(lambda mod, prefix, keep: print('pre', repr(prefix), keep))
h3 = m.register_load_state_dict_pre_hook(lambda mod, sd, *rest: print('load', type(mod).__name__, len(sd)))
h4 = m.register_load_state_dict_post_hook(lambda mod, keys: print('loaded', keys))
m.load_state_dict(m.state_dict())
for h in (h1, h2, h3, h4): h.remove()
m.load_state_dict(m.state_dict())
""",
    # hooks
    """
torch.manual_seed(0)
m = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
handles = [
    m[0].register_forward_pre_hook(lambda mod, args: print('pre', type(mod).__name__, args)),
    m[0].register_forward_hook(lambda mod, args, out: print('post', out.shape)),
    m[1].register_forward_hook(lambda mod, args, out: out * 2),
    m[0].register_full_backward_hook(lambda mod, gi, go: print('backward', gi, go)),
    m[2].register_full_backward_pre_hook(lambda mod, go: (go[0] * 10,)),
    m[2].register_full_backward_hook(lambda mod, gi, go: (gi[0] * 2,)),
]
x = torch.tensor([[1.0, 2.0]], requires_grad=True)
y = m(x)
y.backward()
print(y, x.grad, m[0].weight.grad)
for h in handles: h.remove()
print(m[0]._forward_hooks, m[2]._backward_hooks)
y = m(x); print(y)
class K(nn.Module):
    def forward(self, x, scale=1, fail=False):
        if fail: raise ValueError('no')
        return x * scale
k = K()
k.register_forward_pre_hook(lambda mod, args, kwargs: (args, {**kwargs, 'scale': 3}), with_kwargs=True)
k.register_forward_hook(lambda mod, args, kwargs, out: print('kw', args, kwargs, out), with_kwargs=True, always_call=True)
k.register_forward_hook(lambda mod, args, out: print('first'), prepend=True)
print(k(torch.ones(1), scale=2))
try:
    k(torch.ones(1), fail=True)
except ValueError as e:
    print('raised', e)
with k.register_forward_pre_hook(lambda mod, args: (args[0] + 1,)):
    print(k(torch.ones(1)))
print(k(torch.ones(1)))
h = nn.modules.module.register_module_forward_hook(lambda mod, args, out: print('any', type(mod).__name__))
m(x); h.remove(); m(x)
print(type(h))
bad = nn.Linear(2, 2)
bad.register_full_backward_hook(lambda mod, gi, go: None)
try:
    bad.register_backward_hook(lambda mod, gi, go: None)
except RuntimeError as e:
    print(e)
seen = []
for layer in m:
    layer.register_forward_hook(lambda mod, i, o: seen.append((type(mod).__name__, tuple(o.shape))))
m(torch.ones(5, 2)); print(seen)
l = nn.Linear(2, 1)
l.register_full_backward_hook(lambda mod, gi, go: print('no input', gi, go))
l(torch.ones(1, 2)).sum().backward()
""",
    # dtype, device, apply, copies
    """
import copy
torch.manual_seed(0)
m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
m(torch.ones(3, 2)).sum().backward()
p = m[0].weight
m.double()
print(m[0].weight is p, p.dtype, p.grad.dtype, m[1].running_mean.dtype, m[1].num_batches_tracked.dtype)
print(m.to(torch.float16)[0].bias, m.half() is m, m.float()[0].bias.dtype, m.to('cpu') is m, m.bfloat16()[0].weight.dtype)
m.float()
def init(mod):
    print('apply', type(mod).__name__)
    if isinstance(mod, nn.Linear):
        nn.init.ones_(mod.weight); mod.bias.data.fill_(0.5)
print(m.apply(init))
print(m[0].weight, m[0].bias)
c = copy.deepcopy(m)
c[0].weight.data.zero_()
print(m[0].weight, c[0].weight, c[1].running_mean is m[1].running_mean, c)
m.zero_grad(); print(p.grad)
m(torch.ones(3, 2)).sum().backward(); m.zero_grad(set_to_none=False); print(p.grad)
e = nn.Linear(2, 2, device='meta'); print(e.weight.device, e.weight.shape, e.to_empty(device='cpu').weight.shape)
try: nn.Linear(2, 2, device='meta').to('cpu')
except NotImplementedError as error: print(error)
s = copy.copy(m); print(s[0] is m[0])
t = nn.Linear(2, 2); t.weight = m[0].weight; print(t.weight is m[0].weight)
""",
    # containers
    """
from collections import OrderedDict
s = nn.Sequential(OrderedDict([('a', nn.Linear(2, 3)), ('b', nn.ReLU()), ('c', nn.Linear(3, 1))]))
print(s, s.a, s[0] is s.a, s[-1], s[:2], len(s))
s[1] = nn.Tanh(); print(s); del s[1]; print(s)
s = nn.Sequential(nn.ReLU(), nn.Tanh())
s.append(nn.Sigmoid()).insert(1, nn.GELU()).extend([nn.ELU()]); print(s)
print(s.pop(1), s, s + nn.Sequential(nn.ReLU()), nn.Sequential(nn.ReLU()) * 2)
s += nn.Sequential(nn.Mish()); print(len(s)); s *= 2; print(len(s))
print(nn.Sequential()(3), nn.Sequential(), list(s)[0], nn.ReLU() in s)
l = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)])
print(l, l[1:], l[-1], len(l))
l.append(nn.ReLU()); l.insert(0, nn.Tanh()); l.extend([nn.ReLU()]); l += [nn.ELU()]; l[1] = nn.GELU(); del l[0]
print(l, l.pop(0), l + [nn.Tanh()])
print(nn.ModuleList(), nn.ModuleList(nn.Linear(1, 1) for _ in range(2)))
d = nn.ModuleDict({'conv': nn.Conv2d(1, 2, 3), 'pool': nn.MaxPool2d(3)})
d['act'] = nn.ReLU(); d.update([('z', nn.Tanh())]); print(d, 'act' in d, len(d), list(d), list(d.keys()), list(d.items())[0])
print(d.pop('pool'), d.conv); d.clear(); print(d)
p = nn.ParameterList([nn.Parameter(torch.ones(2, 3)), torch.zeros(1), 'text']); print(p, len(p), p[0].requires_grad, type(p[1]))
p.append(torch.ones(1)); p.extend([torch.ones(4)]); p[0] = torch.zeros(1); print(p, [n for n, _ in p.named_parameters()], p[1:3])
q = nn.ParameterDict({'w': torch.ones(2), 'b': nn.Parameter(torch.zeros(1)), 'n': 5}); print(q, list(q), 'w' in q, q['w'])
q.update({'z': torch.ones(1)}); print(q.pop('b'), list(q.keys()), list(q.items()), q.get('none', 3), q.setdefault('k', torch.ones(1)), len(q), q | nn.ParameterDict({'r': torch.ones(1)}))
""",
    # init
    """
init = nn.init
for name, shape, args in [
    ('uniform_', (2, 3), ()), ('uniform_', (2, 3), (-1, 2)), ('normal_', (2, 3), (1, 2)), ('trunc_normal_', (4, 3), ()),
    ('trunc_normal_', (4, 3), (0, 1, 0.5, 3)), ('trunc_normal_', (4, 3), (0., 0.02)), ('constant_', (2, 2), (3,)), ('ones_', (2,), ()),
    ('zeros_', (2,), ()), ('eye_', (2, 3), ()), ('dirac_', (3, 2, 3), ()), ('dirac_', (4, 2, 3, 3), (2,)), ('xavier_uniform_', (3, 4), ()),
    ('xavier_uniform_', (3, 4), (2.0,)), ('xavier_normal_', (3, 4, 2), ()), ('kaiming_uniform_', (3, 4), ()), ('kaiming_normal_', (3, 4), ()),
    ('orthogonal_', (3, 5), ()), ('orthogonal_', (5, 3), (2,)), ('orthogonal_', (2, 2, 2), ()), ('sparse_', (5, 3), (0.4,)),
]:
    torch.manual_seed(1)
    t = torch.empty(shape)
    print(name, getattr(init, name)(t, *args))
torch.manual_seed(1)
w = nn.Parameter(torch.empty(2, 3))
print(init.kaiming_uniform_(w, mode='fan_out', nonlinearity='relu'), init.kaiming_normal_(w, a=0.1, nonlinearity='tanh') is w, w)
print([init.calculate_gain(n) for n in ('linear', 'conv2d', 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'selu')], init.calculate_gain('leaky_relu', 0.2))
print(init._calculate_fan_in_and_fan_out(torch.empty(3, 4, 5)))
""",
    # packed sequences
    """
rnn = nn.utils.rnn
pack_padded_sequence, pad_packed_sequence, pad_sequence = rnn.pack_padded_sequence, rnn.pad_packed_sequence, rnn.pad_sequence
pack_sequence, unpack_sequence, unpad_sequence = rnn.pack_sequence, rnn.unpack_sequence, rnn.unpad_sequence
torch.manual_seed(0)
x = torch.randn(3, 5, 2, requires_grad=True)
for lengths, sort in (([5, 3, 2], True), ([2, 5, 3], False)):
    p = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=sort)
    print(p)
    for make in (nn.RNN, nn.GRU, nn.LSTM):
        torch.manual_seed(1)
        m = make(2, 3, num_layers=2, bidirectional=True, batch_first=True)
        out, h = m(pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=sort))
        y, n = pad_packed_sequence(out, batch_first=True)
        print(y, n, h)
        x.grad = None
        (y * torch.linspace(0, 1, y.numel()).view(y.shape)).sum().backward()
        print(x.grad, m.weight_ih_l0.grad, m.bias_hh_l1_reverse.grad)
print(pad_packed_sequence(p, batch_first=True, padding_value=-1, total_length=6))
seqs = [torch.arange(3), torch.arange(5), torch.arange(1)]
print(pad_sequence(seqs), pad_sequence(seqs, batch_first=True, padding_value=-1), pad_sequence(seqs, True, 0, 'left'))
q = pack_sequence(seqs, enforce_sorted=False)
print(q, unpack_sequence(q), unpad_sequence(pad_sequence(seqs, True), torch.tensor([3, 5, 1]), True), q.double().data.dtype)
print(type(q), q.data.shape, q.batch_sizes.sum())
""",
    # clipping, vectors
    """
torch.manual_seed(0)
m = nn.Linear(3, 2)
(m(torch.ones(4, 3)) ** 2).sum().backward()
print(nn.utils.get_total_norm([p.grad for p in m.parameters()]))
print(nn.utils.clip_grad_norm_(m.parameters(), 1.0), m.weight.grad, nn.utils.clip_grad_norm_(m.parameters(), 1.0, norm_type=float('inf')))
nn.utils.clip_grad_value_(m.parameters(), 0.1); print(m.weight.grad)
v = nn.utils.parameters_to_vector(m.parameters()); print(v)
nn.utils.vector_to_parameters(torch.arange(8.), m.parameters()); print(m.weight, m.bias)
m.weight.grad.fill_(float('nan'))
try: nn.utils.clip_grad_norm_(m.parameters(), 1.0, error_if_nonfinite=True)
except RuntimeError as e: print(e)
print(nn.utils.clip_grad_norm_([], 1.0))
""",
    # transformers in evaluation
    """
torch.manual_seed(0)
e = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, batch_first=True), 2, nn.LayerNorm(4)).eval()
x = torch.randn(2, 3, 4)
pad = torch.tensor([[False, False, True], [False, False, False]])
mask = nn.Transformer.generate_square_subsequent_mask(3)
print(mask)
with torch.no_grad():
    print(e(x), e(x, mask=mask), e(x, mask, is_causal=True), e(x, src_key_padding_mask=pad))
print(e(x, src_key_padding_mask=pad))
print(e)
d = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 6, batch_first=True), 2).eval()
print(d(x, e(x), tgt_mask=mask, memory_key_padding_mask=pad))
t = nn.Transformer(4, 2, 1, 1, 6, batch_first=True).eval()
print(t(x, x, tgt_mask=mask, src_key_padding_mask=pad, memory_key_padding_mask=pad))
m = nn.MultiheadAttention(4, 2, batch_first=True).eval()
with torch.no_grad():
    print(m(x, x, x), m(x, x, x, key_padding_mask=pad, need_weights=False), m(x, x, x, attn_mask=mask, average_attn_weights=False))
print(m.merge_masks(mask, pad.float(), x)[0].shape)
print(sum(p.numel() for p in nn.Transformer(8, 2).parameters()))
torch.manual_seed(1)
print(F.gumbel_softmax(torch.randn(2, 3), tau=0.5), F.gumbel_softmax(torch.zeros(2, 3, requires_grad=True), hard=True))
""",
    # parametrisations
    """
P = nn.utils.parametrize
class Symmetric(nn.Module):
    def forward(self, X): return X.triu() + X.triu(1).transpose(-1, -2)
    def right_inverse(self, A): return A.triu()
torch.manual_seed(0)
m = nn.Linear(3, 3)
P.register_parametrization(m, 'weight', Symmetric())
print(m, m.weight, [n for n, _ in m.named_parameters()], P.is_parametrized(m), P.is_parametrized(m, 'bias'))
print(type(m).__name__, P.type_before_parametrizations(m))
m.weight = torch.arange(9.).view(3, 3)
print(m.weight, m.parametrizations.weight.original, m.parametrizations.weight[0])
m(torch.ones(1, 3)).sum().backward(); print(m.parametrizations.weight.original.grad)
with P.cached(): print(m.weight is m.weight)
print(m.weight is m.weight, list(m.state_dict()))
import copy
c = copy.deepcopy(m); print(torch.equal(c.weight, m.weight), c)
P.remove_parametrizations(m, 'weight'); print(m, m.weight, type(m))
class Bad(nn.Module):
    def forward(self, X): return X[:1]
for f in (lambda: P.register_parametrization(m, 'weight', Bad()), lambda: P.register_parametrization(m, 'foo', Bad()),
          lambda: P.remove_parametrizations(m, 'weight'), lambda: P.register_parametrization(m, 'weight', Bad(), unsafe=True)):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
""",
    """
from copy import deepcopy
P = nn.utils.parametrizations
x = torch.arange(6.).view(2, 3) / 5
for make, settings in [
    (P.weight_norm, {}), (P.weight_norm, {'dim': 1}), (P.weight_norm, {'dim': None}), (nn.utils.weight_norm, {}), (nn.utils.weight_norm, {'dim': None}),
    (P.spectral_norm, {}), (P.spectral_norm, {'n_power_iterations': 3, 'dim': 1}), (nn.utils.spectral_norm, {}), (nn.utils.spectral_norm, {'n_power_iterations': 2}),
    (P.orthogonal, {}), (P.orthogonal, {'orthogonal_map': 'cayley'}), (P.orthogonal, {'orthogonal_map': 'matrix_exp'}), (P.orthogonal, {'use_trivialization': False}),
]:
    torch.manual_seed(0)
    m = make(nn.Linear(3, 2), **settings)
    print(make.__name__, settings, m)
    print(m.weight)
    m(x).pow(2).sum().backward()
    for n, p in m.named_parameters(): print(n, p.detach(), p.grad)
    for n, b in m.named_buffers(): print(n, b)
    m(x); m.eval(); print(m(x))
    print(list(m.state_dict()))
torch.manual_seed(0)
m = P.orthogonal(nn.Linear(3, 3))
print(torch.allclose(m.weight @ m.weight.T, torch.eye(3), atol=1e-5), m.weight)
m.weight = torch.eye(3); print(m.weight)
m = nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(3, 2))); print(m, [n for n, _ in m.named_parameters()])
m = nn.utils.remove_spectral_norm(nn.utils.spectral_norm(nn.Conv2d(1, 2, 2))); print(m, [n for n, _ in m.named_parameters()])
for f in (lambda: nn.utils.remove_weight_norm(nn.Linear(1, 1)), lambda: nn.utils.weight_norm(nn.utils.weight_norm(nn.Linear(1, 1))), lambda: P.orthogonal(nn.Linear(2, 2), 'bias'),
          lambda: P.orthogonal(nn.Linear(2, 2), orthogonal_map='x'), lambda: P.spectral_norm(nn.Linear(2, 2), 'foo'), lambda: P.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
""",
    # pruning
    """
prune = nn.utils.prune
def fresh():
    torch.manual_seed(0)
    return nn.Linear(4, 3)
for f in (lambda m: prune.random_unstructured(m, 'weight', 0.3), lambda m: prune.l1_unstructured(m, 'weight', 5), lambda m: prune.random_structured(m, 'weight', 1, 0),
          lambda m: prune.ln_structured(m, 'weight', 0.5, 2, 1), lambda m: prune.identity(m, 'bias'), lambda m: prune.custom_from_mask(m, 'bias', torch.tensor([1., 0., 1.]))):
    m = f(fresh())
    print(m, m.weight, m.bias, [n for n, _ in m.named_parameters()], dict(m.named_buffers()), prune.is_pruned(m))
m = fresh()
prune.l1_unstructured(m, 'weight', 0.3); prune.random_structured(m, 'weight', 1, dim=1); prune.ln_structured(m, 'weight', 1, 2, dim=0)
print(m.weight, m.weight_mask, len(list(m._forward_pre_hooks.values())[0]))
m(torch.ones(2, 4)).sum().backward(); print(m.weight_orig.grad)
prune.remove(m, 'weight'); print(m.weight, [n for n, _ in m.named_parameters()], list(m.state_dict()))
a, b = fresh(), nn.Linear(3, 2)
prune.global_unstructured([(a, 'weight'), (b, 'weight')], pruning_method=prune.L1Unstructured, amount=0.5)
print(a.weight, b.weight)
class Every(prune.BasePruningMethod):
    PRUNING_TYPE = 'unstructured'
    def compute_mask(self, t, default_mask):
        mask = default_mask.clone(); mask.view(-1)[::2] = 0; return mask
m = fresh(); Every.apply(m, 'bias'); print(m.bias)
print(prune.L1Unstructured(amount=0.5).prune(torch.arange(4.)))
for f in (lambda: prune.l1_unstructured(fresh(), 'weight', 1.5), lambda: prune.l1_unstructured(fresh(), 'weight', 100), lambda: prune.l1_unstructured(fresh(), 'weight', 'a'),
          lambda: prune.ln_structured(fresh(), 'bias', 1, 2, 0), lambda: prune.remove(fresh(), 'weight'), lambda: prune.random_structured(fresh(), 'weight', 1, 5)):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
""",
    # fusion, skip_init, functional calls
    """
torch.manual_seed(0)
c, b = nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3)
b(torch.randn(4, 3, 2, 2)); c.eval(); b.eval()
x = torch.randn(1, 2, 3, 3)
f = nn.utils.fuse_conv_bn_eval(c, b)
print(f, torch.allclose(f(x), b(c(x)), atol=1e-5), f.weight)
l, b = nn.Linear(2, 3).eval(), nn.BatchNorm1d(3).eval()
print(torch.allclose(nn.utils.fuse_linear_bn_eval(l, b)(x[0, 0, :, :2]), b(l(x[0, 0, :, :2])), atol=1e-5))
m = nn.utils.skip_init(nn.Linear, 3, 2); print(m, m.weight.shape, m.weight.device)
m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
call = nn.utils.stateless.functional_call
new = {'0.weight': torch.eye(2), '0.bias': torch.zeros(2)}
print(call(m, new, torch.ones(3, 2)), m[0].weight)
m = nn.Linear(2, 1)
w = torch.ones(1, 2, requires_grad=True)
print(call(m, {'weight': w}, (torch.ones(1, 2),)))
for f in (lambda: call(m, {'weight': w}, torch.ones(1, 2), strict=True), lambda: call(m, {'weight': 3}, torch.ones(1, 2)), lambda: nn.utils.skip_init(dict), lambda: nn.utils.fuse_conv_bn_eval(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
""",
    # lazy modules
    r"""
import copy
torch.manual_seed(0)
# lazy
net = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5))
print(net)
print([p for p in net.parameters()][:2], net[0].has_uninitialized_params())
try: print(net[0].weight.shape)
except RuntimeError as e: print(e)
try: sum(p.numel() for p in net.parameters())
except Exception as e: print(type(e).__name__, str(e)[:50])
print(net(torch.randn(2, 3, 6, 6)).shape); print(net)
print(type(net[0]), type(net[0].weight), net[1].running_mean)
l = nn.LazyLinear(3); l.load_state_dict(nn.Linear(2, 3).state_dict()); print(l, l.weight.shape)
print(l(torch.ones(1, 2)).shape, l)
c = copy.deepcopy(nn.LazyLinear(2)); print(c, c.weight)
try: nn.LazyLinear(3).weight + 1
except Exception as e: print(type(e).__name__, str(e)[:50])
sd = nn.LazyLinear(3).state_dict(); print(sd)
class Mine(nn.modules.lazy.LazyModuleMixin, nn.Linear):
    cls_to_become = nn.Linear
    def __init__(self, out): super().__init__(1, out); self.weight = nn.UninitializedParameter()
    def initialize_parameters(self, x): self.weight.materialize((self.out_features, x.shape[-1])); nn.init.ones_(self.weight); self.in_features = x.shape[-1]
m = Mine(2); print(m(torch.ones(1, 4)).shape, m)
""",
    # more hooks
    r"""
torch.manual_seed(0)
m = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
def hook(mod, gi, go): print(type(mod).__name__, [None if g is None else g.shape for g in gi], [g.shape for g in go])
h = m[0].register_backward_hook(hook)
m(torch.ones(1, 2)).sum().backward(); h.remove()
class D(nn.Module):
    def forward(self, x): return {'a': x * 2, 'b': (x + 1, x)}
d = D()
d.register_forward_hook(lambda m, i, o: {**o, 'c': 3})
print(d(torch.ones(1)))
d.register_full_backward_hook(lambda m, gi, go: None)
print(d(torch.ones(1, requires_grad=True))['c'])
class T(nn.Module):
    def forward(self, x, y): return x * y, x + y, 3
t = T()
t.register_full_backward_hook(lambda m, gi, go: print('gi', gi, 'go', go))
t.register_full_backward_pre_hook(lambda m, go: print('pre', go))
a, b = torch.ones(2, requires_grad=True), torch.ones(2)
o = t(a, b); print(o); (o[0] * 3).sum().backward(); print(a.grad)
acts = {}
def get(name):
    def f(m, i, o): acts[name] = o.detach()
    return f
for n, l in m.named_modules(): l.register_forward_hook(get(n))
m(torch.ones(1, 2)); print({k: v.shape for k, v in acts.items()})
r = nn.ReLU(inplace=True); r.register_full_backward_hook(lambda m, gi, go: print('r', gi, go))
x = torch.tensor([-1., 2.], requires_grad=True)
try: r(x * 1).sum().backward()
except RuntimeError as e: print(str(e)[:120])
m[0].register_forward_pre_hook(lambda mod, args: 'bad')
try: m(torch.ones(1, 2))
except Exception as e: print(type(e).__name__, e)
g = nn.modules.module.register_module_full_backward_hook(lambda m, gi, go: print('global', type(m).__name__))
m2 = nn.Sequential(nn.Linear(2, 1)); m2(torch.ones(1, 2, requires_grad=True)).sum().backward(); g.remove()
m2(torch.ones(1, 2, requires_grad=True)).sum().backward()
h = nn.modules.module.register_module_parameter_registration_hook(lambda m, n, p: print('param', n, tuple(p.shape)))
nn.Linear(1, 1); h.remove()
class B(nn.Module):
    def forward(self, x): return x.sum() * 2
bb = B(); bb.register_full_backward_hook(lambda m, gi, go: (gi[0] * 0,)); x = torch.ones(3, requires_grad=True); bb(x).backward(); print(x.grad)
bb.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
try: bb(x).backward()
except RuntimeError as e: print(e)
""",
    # parameters, printing
    r"""
import copy
torch.manual_seed(0)
m = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
for p in m[0].parameters(): p.requires_grad = False
print([(n, p.requires_grad) for n, p in m.named_parameters()])
ema = copy.deepcopy(m)
for p, q in zip(ema.parameters(), m.parameters()): p.data.mul_(0.9).add_(q.data, alpha=0.1)
with torch.no_grad():
    for p in ema.parameters(): p.copy_(p * 2)
    m[2].weight.fill_(1.0); m[2].weight[0, 1] = 7; m[2].bias.add_(1)
print(m[2].weight, m[2].bias, ema[2].weight)
print(m[1].weight.grad, m[1].running_var, m[1].num_batches_tracked)
m(torch.randn(4, 2)).mean().backward()
print(m[0].weight.grad, m[1].weight.grad.shape, m[1].num_batches_tracked)
print(dict(m.named_children()), dict(m[1].named_buffers()))
m.add_module('extra', nn.Tanh()); m.register_module('more', nn.ReLU()); print(m, len(m)); del m[3]; print(m)
print(nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2), requires_grad=False), nn.Parameter(), [nn.Parameter(torch.zeros(1))], nn.Buffer(torch.ones(1)))
w = nn.Parameter(torch.randn(2)); print(w.data, w.detach(), w + 1, w.T, type(w.data), type(w + 1), isinstance(w, torch.Tensor), w.is_leaf, w.grad_fn)
print(str(w)[:20], f"{w.sum().item():.3f}", torch.is_tensor(w), repr(nn.Parameter(torch.tensor(3.0))))
class S(nn.Module):
    def __init__(s):
        super().__init__(); s.w = nn.Parameter(torch.ones(2)); s.b = nn.Buffer(torch.zeros(2), persistent=False); s.l = [nn.Linear(1, 1)]; s.d = {'a': nn.Linear(1, 1)}; s._p = nn.Parameter(torch.zeros(1))
    def forward(s, x): return x @ s.w + s._p
s = S(); print(s, list(s.state_dict()), [n for n, _ in s.named_parameters()], s.b)
s.w = nn.Parameter(torch.zeros(2)); print(s.w, s(torch.ones(2)))
try: s.w = torch.ones(2)
except TypeError as e: print(e)
s.w.data = torch.full((2,), 5.0); print(s.w); del s.w
try: s.w
except AttributeError as e: print(e)
print(s.to(torch.float64)._p.dtype, s.half().b.dtype)
class Sub(nn.Linear):
    def forward(self, x): return super().forward(x) * 2
u = Sub(2, 2); print(u, u(torch.zeros(1, 2)).shape, Sub.__name__, u._get_name())
class Outer(nn.Module):
    def __init__(self): super().__init__(); self.add_module('block.0'.replace('.', '_'), nn.Linear(1, 1)); setattr(self, 'fc%d' % 1, nn.Linear(1, 1))
print(Outer(), getattr(Outer(), 'fc1'))
print(nn.Sequential(nn.Conv2d(1, 20, 5), nn.ReLU(), nn.Conv2d(20, 64, 5)), nn.Conv2d(3, 6, (3, 5), stride=(2, 1), padding=(4, 2), dilation=(3, 1), groups=3, bias=False, padding_mode='reflect'), nn.ConvTranspose2d(1, 2, 3, output_padding=1, stride=2))
for l in [nn.MaxPool2d(2), nn.AvgPool2d(3, 2), nn.AdaptiveAvgPool2d((1, 1)), nn.Upsample(scale_factor=2, mode='bilinear'), nn.Flatten(), nn.Softmax(dim=-1), nn.LeakyReLU(0.1), nn.GELU(), nn.SiLU(), nn.PReLU(), nn.Identity(), nn.LayerNorm([2, 3]), nn.GroupNorm(1, 2), nn.InstanceNorm2d(3), nn.RMSNorm(4), nn.Embedding(10, 3, padding_idx=0), nn.EmbeddingBag(3, 2), nn.Bilinear(1, 2, 3), nn.RNN(1, 2, nonlinearity='relu'), nn.GRU(1, 2, 2, bidirectional=True), nn.LSTMCell(1, 2), nn.CrossEntropyLoss(), nn.MSELoss(), nn.BCELoss(), nn.Dropout2d(0.3), nn.ZeroPad2d(1), nn.PixelShuffle(2), nn.Unfold(2), nn.CosineSimilarity(), nn.Transformer(4, 2, 1, 1, 4), nn.ReLU6(), nn.Hardtanh(-2, 2), nn.Threshold(0.1, 20), nn.Softplus(), nn.ELU(), nn.LocalResponseNorm(2), nn.MultiheadAttention(4, 2), nn.ParameterDict({'a': torch.ones(1)}), nn.ParameterList([]), nn.ModuleDict(), nn.UpsamplingNearest2d(scale_factor=2), nn.TripletMarginLoss(), nn.AlphaDropout(), nn.ChannelShuffle(2), nn.FractionalMaxPool2d(2, output_size=2), nn.AdaptiveMaxPool1d(2), nn.LPPool2d(2, 3)]: print(l)
""",
    # a small GPT, a VAE, an LSTM in training
    r"""
import math
torch.manual_seed(42)
class PositionalEncoding(nn.Module):
    def __init__(self, d, max_len=50):
        super().__init__()
        pe = torch.zeros(max_len, d); pos = torch.arange(0, max_len).unsqueeze(1).float()
        div = torch.exp(torch.arange(0, d, 2).float() * (-math.log(10000.0) / d))
        pe[:, 0::2] = torch.sin(pos * div); pe[:, 1::2] = torch.cos(pos * div)
        self.register_buffer('pe', pe.unsqueeze(0))
    def forward(self, x): return x + self.pe[:, :x.size(1)]
class Head(nn.Module):
    def __init__(self, n, h, block):
        super().__init__()
        self.k, self.q, self.v = (nn.Linear(n, h, bias=False) for _ in range(3))
        self.register_buffer('tril', torch.tril(torch.ones(block, block)))
        self.dropout = nn.Dropout(0.1)
    def forward(self, x):
        B, T, C = x.shape
        w = self.q(x) @ self.k(x).transpose(-2, -1) * C ** -0.5
        w = w.masked_fill(self.tril[:T, :T] == 0, float('-inf'))
        return self.dropout(F.softmax(w, dim=-1)) @ self.v(x)
class GPT(nn.Module):
    def __init__(self, vocab=11, n=8, heads=2, block=6):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocab, n), nn.Embedding(block, n)
        self.heads = nn.ModuleList([Head(n, n // heads, block) for _ in range(heads)])
        self.ff = nn.Sequential(nn.Linear(n, 4 * n), nn.GELU(), nn.Linear(4 * n, n))
        self.ln1, self.ln2 = nn.LayerNorm(n), nn.LayerNorm(n)
        self.head = nn.Linear(n, vocab, bias=False)
        self.head.weight = self.tok.weight
        self.apply(self._init)
    def _init(self, m):
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, mean=0.0, std=0.02)
            if m.bias is not None: nn.init.zeros_(m.bias)
        elif isinstance(m, nn.Embedding): nn.init.normal_(m.weight, mean=0.0, std=0.02)
    def forward(self, idx, targets=None):
        B, T = idx.shape
        x = self.tok(idx) + self.pos(torch.arange(T))
        x = x + torch.cat([h(self.ln1(x)) for h in self.heads], dim=-1)
        x = x + self.ff(self.ln2(x))
        logits = self.head(x)
        return logits, None if targets is None else F.cross_entropy(logits.view(-1, logits.size(-1)), targets.reshape(-1))
g = GPT(); print(g); print(sum(p.numel() for p in g.parameters()), len(list(g.state_dict())))
opt = torch.optim.AdamW(g.parameters(), lr=1e-2)
data = torch.randint(0, 11, (4, 7))
for i in range(6):
    _, loss = g(data[:, :-1], data[:, 1:]); opt.zero_grad(set_to_none=True); loss.backward(); nn.utils.clip_grad_norm_(g.parameters(), 1.0); opt.step(); print(i, loss)
g.eval(); print(g(data[:, :-1])[0].argmax(-1)); print(PositionalEncoding(4)(torch.zeros(1, 2, 4)))
class VAE(nn.Module):
    def __init__(self): super().__init__(); self.enc = nn.Linear(4, 6); self.mu, self.lv = nn.Linear(6, 2), nn.Linear(6, 2); self.dec = nn.Sequential(nn.Linear(2, 6), nn.ReLU(), nn.Linear(6, 4), nn.Sigmoid())
    def forward(self, x):
        h = F.relu(self.enc(x)); mu, lv = self.mu(h), self.lv(h); z = mu + torch.randn_like(mu) * torch.exp(0.5 * lv); return self.dec(z), mu, lv
v = VAE(); o = torch.optim.Adam(v.parameters(), lr=0.01); x = torch.rand(8, 4)
for i in range(4):
    r, mu, lv = v(x); loss = F.binary_cross_entropy(r, x, reduction='sum') - 0.5 * torch.sum(1 + lv - mu.pow(2) - lv.exp()); o.zero_grad(); loss.backward(); o.step(); print(loss)
lstm = nn.LSTM(3, 5, 2, batch_first=True, dropout=0.2, bidirectional=True); fc = nn.Linear(10, 2); xs, ys = torch.randn(6, 7, 3), torch.randint(0, 2, (6,))
op = torch.optim.RMSprop(list(lstm.parameters()) + list(fc.parameters()), lr=0.01)
for i in range(4):
    out, (h, c) = lstm(xs); loss = F.cross_entropy(fc(out[:, -1]), ys); op.zero_grad(); loss.backward(); op.step(); print(loss, h.shape, c.shape)
print(lstm)
""",
    # recurrent networks on packed sequences, with attention
    r"""
pad_sequence, pack_padded_sequence = nn.utils.rnn.pad_sequence, nn.utils.rnn.pack_padded_sequence
pad_packed_sequence = nn.utils.rnn.pad_packed_sequence
torch.manual_seed(0)
class TextRNN(nn.Module):
    def __init__(self, vocab, emb, hid, classes, cell='LSTM'):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb, padding_idx=0)
        self.rnn = getattr(nn, cell)(emb, hid, num_layers=2, batch_first=True, bidirectional=True, dropout=0.1)
        self.fc = nn.Linear(2 * hid, classes)
    def forward(self, x, lengths):
        e = self.emb(x)
        p = pack_padded_sequence(e, lengths.cpu(), batch_first=True, enforce_sorted=False)
        out, h = self.rnn(p)
        out, _ = pad_packed_sequence(out, batch_first=True)
        if isinstance(h, tuple): h = h[0]
        return self.fc(torch.cat([h[-2], h[-1]], dim=1)), out
seqs = [torch.randint(1, 20, (n,)) for n in (5, 3, 7, 2)]
lengths = torch.tensor([len(s) for s in seqs]); x = pad_sequence(seqs, batch_first=True); y = torch.tensor([0, 1, 1, 0])
for cell in ('LSTM', 'GRU', 'RNN'):
    torch.manual_seed(1)
    m = TextRNN(20, 4, 5, 2, cell); opt = torch.optim.Adam(m.parameters(), lr=0.01)
    for i in range(3):
        logits, out = m(x, lengths); loss = F.cross_entropy(logits, y); opt.zero_grad(); loss.backward(); opt.step()
        print(cell, i, loss.detach(), out.shape)
    print(m)
class Encoder(nn.Module):
    def __init__(self): super().__init__(); self.emb = nn.Embedding(10, 6); self.gru = nn.GRU(6, 6)
    def forward(self, x, h): return self.gru(self.emb(x).view(1, 1, -1), h)
class AttnDecoder(nn.Module):
    def __init__(self, hidden=6, out=10, max_len=5):
        super().__init__(); self.emb = nn.Embedding(out, hidden); self.attn = nn.Linear(hidden * 2, max_len); self.comb = nn.Linear(hidden * 2, hidden); self.gru = nn.GRU(hidden, hidden); self.out = nn.Linear(hidden, out)
    def forward(self, x, h, enc):
        e = self.emb(x).view(1, 1, -1); w = F.softmax(self.attn(torch.cat((e[0], h[0]), 1)), dim=1); a = torch.bmm(w.unsqueeze(0), enc.unsqueeze(0))
        o = F.relu(self.comb(torch.cat((e[0], a[0]), 1)).unsqueeze(0)); o, h = self.gru(o, h); return F.log_softmax(self.out(o[0]), dim=1), h, w
enc, dec = Encoder(), AttnDecoder(); h = torch.zeros(1, 1, 6); outs = torch.zeros(5, 6); src, tgt = [1, 4, 2], [3, 5]
loss = 0
for i, t in enumerate(src): o, h = enc(torch.tensor([t]), h); outs[i] = o[0, 0]
d = torch.tensor([[0]])
for t in tgt: o, h, w = dec(d, h, outs); loss = loss + F.nll_loss(o, torch.tensor([t])); d = o.topk(1)[1].detach()
loss.backward(); print(loss, w, enc.gru.weight_ih_l0.grad.norm(), dec.attn.weight.grad.norm())
hx, cx = torch.zeros(2, 4), torch.zeros(2, 4); cell = nn.LSTMCell(3, 4)
for t in range(3): hx, cx = cell(torch.randn(2, 3), (hx, cx))
print(hx, cx)
rnn = nn.RNN(1, 8, batch_first=True); head = nn.Linear(8, 1); s = torch.sin(torch.linspace(0, 6, 21)); X, Y = s[:-1].view(1, -1, 1), s[1:].view(1, -1, 1)
opt = torch.optim.Adam([*rnn.parameters(), *head.parameters()], lr=0.02); h = None
for e in range(5):
    o, h = rnn(X, h); h = h.detach(); l = F.mse_loss(head(o), Y); opt.zero_grad(); l.backward(); opt.step(); print(l)
print(o.grad_fn.name(), nn.GRU(2,3)(torch.ones(4,1,2))[1].shape, nn.LSTM(2,3,batch_first=True)(torch.ones(0,4,2)) if False else '')
# in place on outputs
o, _ = nn.GRU(2, 3)(torch.randn(4, 1, 2)); o += 1; o.sum().backward()
o, _ = nn.RNN(2, 3)(torch.randn(4, 1, 2)); o.mul_(2); o.sum().backward(); print('ok')
""",
    # a ResNet, a GAN, a U-Net, and layers of one's own
    r"""
torch.manual_seed(0)
# ResNet block, conv nets, GAN
class Block(nn.Module):
    expansion = 1
    def __init__(self, cin, cout, stride=1, downsample=None):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False); self.bn1 = nn.BatchNorm2d(cout); self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False); self.bn2 = nn.BatchNorm2d(cout); self.downsample = downsample
    def forward(self, x):
        i = x; o = self.relu(self.bn1(self.conv1(x))); o = self.bn2(self.conv2(o))
        if self.downsample is not None: i = self.downsample(x)
        o += i; return self.relu(o)
class ResNet(nn.Module):
    def __init__(self):
        super().__init__(); self.stem = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(True), nn.MaxPool2d(2))
        self.l1 = Block(4, 4); self.l2 = Block(4, 8, 2, nn.Sequential(nn.Conv2d(4, 8, 1, 2, bias=False), nn.BatchNorm2d(8))); self.pool = nn.AdaptiveAvgPool2d(1); self.fc = nn.Linear(8, 3)
        for m in self.modules():
            if isinstance(m, nn.Conv2d): nn.init.kaiming_normal_(m.weight, mode='fan_out', nonlinearity='relu')
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)): nn.init.constant_(m.weight, 1); nn.init.constant_(m.bias, 0)
    def forward(self, x): return self.fc(torch.flatten(self.pool(self.l2(self.l1(self.stem(x)))), 1))
r = ResNet(); print(r); x, y = torch.randn(6, 1, 8, 8), torch.randint(0, 3, (6,)); opt = torch.optim.SGD(r.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4); sch = torch.optim.lr_scheduler.StepLR(opt, 2, 0.5)
for e in range(5):
    r.train(); loss = nn.CrossEntropyLoss(label_smoothing=0.1)(r(x), y); opt.zero_grad(); loss.backward(); opt.step(); sch.step(); r.eval()
    with torch.no_grad(): print(loss, F.cross_entropy(r(x), y), sch.get_last_lr())
print(r.stem[1].running_mean, r.l2.bn1.num_batches_tracked)
G = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 2), nn.Tanh()); D = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(2, 8)), nn.LeakyReLU(0.2), nn.Linear(8, 1))
og, od = torch.optim.Adam(G.parameters(), 1e-2, betas=(0.5, 0.999)), torch.optim.Adam(D.parameters(), 1e-2); bce = nn.BCEWithLogitsLoss()
for i in range(3):
    z = torch.randn(4, 2); real = torch.ones(4, 2); fake = G(z)
    od.zero_grad(); ld = bce(D(real), torch.ones(4, 1)) + bce(D(fake.detach()), torch.zeros(4, 1)); ld.backward(); od.step()
    og.zero_grad(); lg = bce(D(fake), torch.ones(4, 1)); lg.backward(); og.step(); print(ld, lg)
class UNet(nn.Module):
    def __init__(self): super().__init__(); self.d = nn.Conv2d(1, 4, 3, padding=1); self.m = nn.Conv2d(4, 8, 3, padding=1); self.up = nn.ConvTranspose2d(8, 4, 2, stride=2); self.o = nn.Conv2d(8, 1, 1)
    def forward(self, x): a = F.relu(self.d(x)); b = F.relu(self.m(F.max_pool2d(a, 2))); return torch.sigmoid(self.o(torch.cat([a, self.up(b)], 1)))
u = UNet(); print(u(torch.randn(1, 1, 4, 4)), sum(p.numel() for p in u.parameters()))
# gradient penalty
c = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)); xi = torch.randn(3, 2, requires_grad=True); g = torch.autograd.grad(c(xi).sum(), xi, create_graph=True)[0]; gp = ((g.norm(2, dim=1) - 1) ** 2).mean(); gp.backward(); print(gp, c[0].weight.grad)
# contrastive, triplet, embedding bag, label smoothing, focal
e = nn.EmbeddingBag(10, 3, mode='mean'); print(e(torch.tensor([1, 2, 4, 5]), torch.tensor([0, 2])))
class Focal(nn.Module):
    def __init__(self, gamma=2.0): super().__init__(); self.gamma = gamma
    def forward(self, i, t): ce = F.cross_entropy(i, t, reduction='none'); return ((1 - torch.exp(-ce)) ** self.gamma * ce).mean()
print(Focal()(torch.randn(4, 3), torch.tensor([0, 1, 2, 0])), Focal())
class Loss(nn.modules.loss._Loss):
    def forward(self, a, b): return F.mse_loss(a, b, reduction=self.reduction)
print(Loss(reduction='sum')(torch.ones(2), torch.zeros(2)), Loss())
class WS(nn.Conv2d):
    def forward(self, x): w = self.weight; w = w - w.mean(dim=[1, 2, 3], keepdim=True); return F.conv2d(x, w, self.bias, self.stride, self.padding, self.dilation, self.groups)
print(WS(1, 2, 3)(torch.ones(1, 1, 3, 3)).shape, WS(1, 2, 3))
class LoRA(nn.Module):
    def __init__(self, base, r=2): super().__init__(); self.base = base; self.A = nn.Parameter(torch.randn(r, base.in_features) * 0.01); self.B = nn.Parameter(torch.zeros(base.out_features, r)); base.requires_grad_(False)
    def forward(self, x): return self.base(x) + x @ self.A.T @ self.B.T
q = LoRA(nn.Linear(3, 2)); print(q, [n for n, p in q.named_parameters() if p.requires_grad], q(torch.ones(1, 3)).grad_fn.name())
m = nn.Sequential(nn.Linear(3, 3)); m[0] = LoRA(m[0]); print(m, m.state_dict().keys())
Linear, ReLU, Sequential, Module = nn.Linear, nn.ReLU, nn.Sequential, nn.Module; print(Sequential(Linear(1, 1), ReLU()), Module.__name__, nn.Module.__module__, Linear.__module__)
print(nn.init.xavier_uniform_(torch.empty(2, 2)), [type(l).__name__ for l in m.modules()], {n: tuple(p.shape) for n, p in m.named_parameters()})
""",
    # layers and losses directly in torch
    r"""
torch.manual_seed(0)
def t(f):
    try: print(f())
    except Exception as e: print(type(e).__name__, '|', str(e)[:300])
x=torch.randn(3,2,4); w=[torch.randn(12,4),torch.randn(12,3),torch.randn(12),torch.randn(12)]
h=(torch.zeros(1,2,3),torch.zeros(1,2,3))
t(lambda: torch.lstm(x,h,w,True,1,0.0,False,False,False))
t(lambda: torch.gru(x,h[0],[a[:9] for a in w],True,1,0.0,False,False,True) if False else torch.gru(x,h[0],[a[:9] for a in w],True,1,0.0,False,False,False))
t(lambda: torch.rnn_tanh(x,h[0],[a[:3] for a in w],True,1,0.0,False,False,False))
t(lambda: torch.rnn_relu(x,h[0],[a[:3] for a in w],True,1,0.0,False,False,False))
t(lambda: torch.lstm_cell(x[0],(h[0][0],h[1][0]),*w))
t(lambda: torch.lstm_cell(x[0],(h[0][0],h[1][0]),w[0],w[1]))
t(lambda: torch.gru_cell(x[0],h[0][0],*[a[:9] for a in w]))
t(lambda: torch.rnn_tanh_cell(x[0],h[0][0],*[a[:3] for a in w]))
t(lambda: torch.rnn_relu_cell(x[0],h[0][0],*[a[:3] for a in w]))
p=torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor([3,1]))
t(lambda: torch.lstm(p.data,p.batch_sizes,h,w,True,1,0.0,False,False))
t(lambda: torch.gru(p.data,p.batch_sizes,h[0],[a[:9] for a in w],True,1,0.0,False,False))
a,b=torch.randn(2,3),torch.randn(2,3)
for r in (0,1,2):
    t(lambda: torch.binary_cross_entropy_with_logits(a,b,reduction=r))
    t(lambda: torch.cosine_embedding_loss(a,b,torch.tensor([1,-1]),0.1,r))
    t(lambda: torch.hinge_embedding_loss(a,b.sign(),reduction=r))
    t(lambda: torch.margin_ranking_loss(a,b,b.sign(),0.1,r))
    t(lambda: torch.triplet_margin_loss(a,b,a*b,reduction=r))
    t(lambda: torch.poisson_nll_loss(a,b.abs(),True,False,1e-8,r))
t(lambda: torch.instance_norm(x,None,None,None,None,True,0.1,1e-5,False))
t(lambda: torch.norm_except_dim(a,2,0)); t(lambda: torch.norm_except_dim(a,1,1)); t(lambda: torch.norm_except_dim(a)); t(lambda: torch.norm_except_dim(a,2,-1))
t(lambda: torch.conv_tbc(torch.ones(3,2,4), torch.ones(2,4,5), torch.ones(5)))
t(lambda: torch.lstm_cell(x[0],h[0][0],*w))
""",
    # modes, names, sharing, mistakes, warnings
    r"""
import copy, warnings
torch.manual_seed(0)
def t(f):
    try: print(f())
    except Exception as e: print(type(e).__name__, '|', e)
# eval/train semantic, BN stats
bn = nn.BatchNorm1d(2); x = torch.randn(4, 2) * 3 + 1
for _ in range(3): bn(x)
print(bn.running_mean, bn.running_var, bn.eval()(x)[0], bn.state_dict())
bn.reset_running_stats(); print(bn.running_mean); bn.reset_parameters(); bn.momentum = None; bn.train(); bn(x); bn(x * 2); print(bn.running_mean)
# functional state
d = nn.Dropout(0.5); print(d(torch.ones(6)), d.eval()(torch.ones(6)), F.dropout(torch.ones(4), 0.5, training=False))
# ModuleDict iteration + nested prints
class Multi(nn.Module):
    def __init__(self):
        super().__init__()
        self.branches = nn.ModuleDict({k: nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for k in 'ab'})
        self.none = None; self.register_buffer('b', None); self.register_parameter('p', None); self.sub = None
    def forward(self, x): return {k: m(x) for k, m in self.branches.items()}
m = Multi(); print(m, list(m.state_dict()), m.b, m.p, {k: v.shape for k, v in m(torch.ones(1, 2)).items()})
m.sub = nn.Linear(1, 1); print([n for n, _ in m.named_children()]); m.sub = None; print([n for n, _ in m.named_children()], m._modules.keys())
m.p = nn.Parameter(torch.ones(1)); print(list(m.state_dict())[0], m.p)
m.b = torch.ones(2); print('b' in m.state_dict())
# extra: parameters order, param groups, no_decay split
decay, no = [], []
for n, p in m.named_parameters(): (no if n.endswith('bias') else decay).append(n)
print(decay, no)
# weight sharing counts once
a = nn.Linear(2, 2); s = nn.Sequential(a, a); print(sum(p.numel() for p in s.parameters()), len(s.state_dict()), s)
# nn.Module subclasses: property, classmethod, staticmethod, super calls, multiple inheritance
class Mixin:
    def describe(self): return f"{type(self).__name__}:{sum(p.numel() for p in self.parameters())}"
class P(Mixin, nn.Module):
    def __init__(self, n): super().__init__(); self.fc = nn.Linear(n, n)
    @property
    def size(self): return self.fc.in_features
    @classmethod
    def small(cls): return cls(2)
    @staticmethod
    def act(x): return x.relu()
    def forward(self, x): return self.act(self.fc(x))
    def __len__(self): return 7
p = P.small(); print(p.describe(), p.size, len(p), p(torch.ones(1, 2)).shape, isinstance(p, Mixin))
class Bad(nn.Module):
    @property
    def oops(self): return self.missing
t(lambda: Bad().oops)
class NoSuper(nn.Module):
    def __init__(self): self.x = 1
t(lambda: NoSuper()(1)); t(lambda: NoSuper().parameters().__next__()); t(lambda: print(NoSuper()))
class Call(nn.Module):
    def __call__(self, x): return x + 1
print(Call()(1))
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter('always'); nn.GRU(1, 2, dropout=0.5); nn.MSELoss(size_average=False); nn.init.xavier_uniform(torch.ones(2, 2)); nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2), 1); nn.utils.weight_norm(nn.Linear(1, 1)); nn.Hardtanh(min_value=-1); nn.Container(); nn.Linear(0, 1); nn.utils.clip_grad_norm(nn.Linear(1, 1).parameters(), 1)
for x in w: print(x.category.__name__, '|', x.message)
# state dict details
sd = copy.deepcopy(s.state_dict()); print(type(sd), sd.keys()); sd2 = {k: v.clone() for k, v in sd.items()}; print(s.load_state_dict(sd2)); print({k.replace('0.', 'x.'): v.shape for k, v in sd.items()})
dp = nn.DataParallel(nn.Linear(1, 1)); c = {k[len('module.'):]: v for k, v in dp.state_dict().items()}; print(nn.Linear(1, 1).load_state_dict(c))
nn.modules.utils.consume_prefix_in_state_dict_if_present(q := dp.state_dict(), 'module.'); print(list(q))
t(lambda: nn.Linear(1, 1).load_state_dict(dp.state_dict()))
print(torch.nn.utils.parameters_to_vector(a.parameters()).shape, nn.Parameter(torch.randn(2, 2)).shape, a.weight.requires_grad, a.bias.grad)
for mod in (nn.Flatten(), nn.Identity(), nn.Unflatten(1, (1, 2))): print(mod(torch.ones(2, 2)).shape)
print(nn.Linear(3, 4).weight.shape, nn.Conv2d(2, 4, 3, groups=2).weight.shape, nn.ConvTranspose2d(2, 4, 3).weight.shape, nn.LSTM(2, 3).weight_ih_l0.shape, nn.Embedding(3, 4).weight.shape, nn.MultiheadAttention(4, 2).in_proj_weight.shape)
print([n for n, _ in nn.LSTM(2, 3, 2, bidirectional=True, proj_size=2).named_parameters()], nn.LSTM(2, 3).all_weights[0][2].shape)
print(nn.functional.softmax.__name__, nn.ReLU.__name__, nn.Linear.__doc__ is not None, nn.Linear(1, 1).__class__.__name__, nn.Sequential.__mro__[1].__name__)
""",
    # recurrent layers further, modules under transforms
    r"""
torch.manual_seed(0)
def t(f):
    try: print(f())
    except Exception as e: print(type(e).__name__, '|', e)
# rnn misc
r = nn.RNN(2, 3, 2, batch_first=True); x = torch.randn(4, 5, 2)
o, h = r(x); print(o.shape, h.shape, torch.allclose(o[:, -1], h[-1])); o, h = r(x, h.detach()); print(o[0, 0])
o, h = r(x[0]); print(o.shape, h.shape, r(x[0], torch.zeros(2, 3))[0].shape)
for l in (nn.LSTM(2, 3, batch_first=True), nn.GRU(2, 3, batch_first=True)):
    s = None; outs = []
    for i in range(5): o, s = l(x[:, i:i+1], s); outs.append(o)
    print(torch.allclose(torch.cat(outs, 1), l(x)[0], atol=1e-6))
    l.eval(); print(l(x[:1])[0])
    with torch.no_grad(): print(l(x[:1])[0].requires_grad)
    for p in l.parameters(): nn.init.constant_(p, 0.1)
    print(l(x[:1])[0][0, -1])
    l.double(); print(l(x[:1].double())[0].dtype, l.weight_hh_l0.dtype); l.float()
    l.flatten_parameters(); print(len(list(l.parameters())), l._flat_weights_names if hasattr(l, '_flat_weights_names') else '')
    l.weight_ih_l0 = nn.Parameter(torch.zeros_like(l.weight_ih_l0)); print(l(x[:1])[0][0, -1])
    l.weight_hh_l0.requires_grad_(False); l(x)[0].sum().backward(); print(l.weight_hh_l0.grad, l.bias_hh_l0.grad.shape)
l = nn.LSTM(2, 3); l.bias_ih_l0.data[3:6].fill_(1.0); print(l.bias_ih_l0)
for n, p in l.named_parameters():
    if 'weight' in n: nn.init.orthogonal_(p)
    else: nn.init.zeros_(p)
print(l(torch.ones(2, 1, 2))[1][1])
h0 = torch.zeros(1, 1, 3, requires_grad=True); c0 = torch.zeros(1, 1, 3, requires_grad=True); o, (h, c) = l(torch.ones(2, 1, 2), (h0, c0)); (h.sum() + 2 * c.sum()).backward(); print(h0.grad, c0.grad)
g = nn.GRU(2, 3); h0 = torch.zeros(1, 1, 3, requires_grad=True); o, h = g(torch.ones(2, 1, 2), h0); h.sum().backward(); print(h0.grad, g.bias_ih_l0.grad)
t(lambda: nn.LSTM(2, 3)(torch.ones(0, 1, 2))[0].shape); t(lambda: nn.GRU(2, 3)(torch.ones(2, 0, 2))[0].shape); t(lambda: nn.GRU(2, 3)(torch.ones(0, 1, 2)))
t(lambda: nn.LSTM(2, 3)(torch.ones(2, 1, 2).half())); t(lambda: nn.LSTM(2, 3).bfloat16()(torch.ones(2, 1, 2).bfloat16())[0].dtype); t(lambda: nn.GRU(2, 3, device='meta')(torch.ones(2, 1, 2, device='meta'))[0].shape); t(lambda: nn.LSTM(2, 3, device='meta')(torch.ones(2, 1, 2, device='meta'))[0].shape)
# jacobians, vmap, functional over modules
m = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)); xx = torch.randn(2)
print(torch.autograd.functional.jacobian(m, xx), torch.func.vmap(m)(torch.randn(4, 2)).shape, torch.func.jacrev(m)(xx).shape, torch.func.hessian(lambda v: m(v).sum())(xx).detach())
functional_call, vmap, grad = torch.func.functional_call, torch.func.vmap, torch.func.grad
print(vmap(lambda v: v * v.size(0))(torch.ones(2, 3)))
params = {k: v.detach() for k, v in m.named_parameters()}
def loss(p, a, b): return F.mse_loss(functional_call(m, p, (a,)), b)
gs = vmap(grad(loss), in_dims=(None, 0, 0))(params, torch.randn(5, 2), torch.randn(5, 1)); print({k: v.shape for k, v in gs.items()}, gs['0.bias'])
# checkpoints of attention
a = nn.MultiheadAttention(4, 2, batch_first=True); q = torch.randn(1, 3, 4)
o, w = a(q, q, q); print(o, w); print(a(q, q, q, need_weights=False)[1], a(q, q, q, average_attn_weights=False)[1].shape, w.sum(-1))
o, w = a(q, q, q, attn_mask=torch.triu(torch.ones(3, 3, dtype=torch.bool), 1)); print(w); o.sum().backward(); print(a.in_proj_weight.grad.shape, a.out_proj.bias.grad)
print(F.scaled_dot_product_attention(q, q, q, is_causal=True))
""",
]
