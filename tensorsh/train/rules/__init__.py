"""The update rules of optimisers, on arrays: one spelling for `sgd(…)` and `torch.optim.SGD(…)`.

A rule is a function of one parameter, its gradient, its state and its hyperparameters, which are named as in
PyTorch. `state` is a dictionary of arrays, empty before the first step; the rule puts into it what it needs and
changes it in place, as it does the parameter. The order of rounding is PyTorch's.
"""
