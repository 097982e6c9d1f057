"""torch.testing: whether results are what they should be."""

from ..namespace import lazily

CONTENTS = {"comparison": "assert_close assert_allclose", "creation": "make_tensor"}

__getattr__, __dir__ = lazily(__name__)
