"""Functions of functions: `autograd`, `func`, `vmap`, checks of gradients."""
