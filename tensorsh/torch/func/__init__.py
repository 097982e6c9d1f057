"""torch.func: derivatives and vmap of functions (operations `func.…`), modules as functions of their parameters."""

from ..namespace import lazily

CONTENTS = {
    "rearrangement": "rearrange",
    "stateless": "functional_call stack_module_state",
    "transforms": "debug_unwrap functionalize replace_all_batch_norm_modules_",
}

__getattr__, __dir__ = lazily(__name__)
