r"""Letters that keyboards lack: `\alpha` and Tab is α."""

from __future__ import annotations

import re

NAME = re.compile(r"\\[A-Za-z]+$|\\[_^][0-9+-]$")

SMALL = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "finalsigma sigma tau upsilon phi chi psi omega"
)
#: what a program can use in names first, then what only stands in texts
SYMBOLS = {f"\\{name}": chr(ord("α") + i) for i, name in enumerate(SMALL.split()) if name != "finalsigma"}
SYMBOLS |= {f"\\{name[1:].title()}": symbol.upper() for name, symbol in list(SYMBOLS.items())}
SYMBOLS |= {"\\varepsilon": "ε", "\\varphi": "φ", "\\hbar": "ħ", "\\ell": "ℓ"}
#: signs that stand over the letter before them
SYMBOLS |= {"\\hat": "\u0302", "\\bar": "\u0304", "\\tilde": "\u0303", "\\dot": "\u0307"}
SYMBOLS |= {
    "\\nabla": "∇", "\\partial": "∂", "\\infty": "∞", "\\sum": "∑", "\\prod": "∏", "\\int": "∫", "\\sqrt": "√",
    "\\pm": "±", "\\times": "×", "\\cdot": "·", "\\le": "≤", "\\ge": "≥", "\\ne": "≠", "\\approx": "≈",
    "\\in": "∈", "\\to": "→", "\\degree": "°",
}  # fmt: skip
SYMBOLS |= {f"\\^{i}": sign for i, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")} | {"\\^+": "⁺", "\\^-": "⁻"}
SYMBOLS |= {f"\\_{i}": sign for i, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")} | {"\\_+": "₊", "\\_-": "₋"}


def symbol_before(text: str) -> tuple[str, str] | None:
    """The name of a symbol that `text` ends with, and the symbol."""
    found = NAME.search(text)
    if found is None or found[0] not in SYMBOLS:
        return None
    return found[0], SYMBOLS[found[0]]


def symbols_after(text: str) -> list[str]:
    """The names of symbols that continue what `text` ends with; nothing where it ends with no backslash."""
    found = re.search(r"\\[A-Za-z]*$|\\[_^]$", text)
    return sorted(name for name in SYMBOLS if name.startswith(found[0])) if found else []
