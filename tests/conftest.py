"""Tests import their neighbours (`from oracle import …`) and find the package beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
