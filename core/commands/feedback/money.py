"""Amounts of money as people type and read them: '€14k', '14,000', '1.2m'."""

import re

LARGEST = 1e12
_SIGNS = {
    "eur": "€",
    "euro": "€",
    "euros": "€",
    "usd": "$",
    "dollar": "$",
    "dollars": "$",
    "gbp": "£",
    "inr": "₹",
    "jpy": "¥",
}
_SIGN = r"[^\W\d_]{2,7}|[€$£₹¥]"
_AMOUNT = re.compile(
    rf"(?P<before>{_SIGN})?\s*(?P<digits>\d[\d.,' ]*)\s*(?P<unit>[kKmM])?\s*(?P<after>{_SIGN})?"
    r"(?:\s*(?:a|per|/)\s*(?:year|yr))?"
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+")
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


def parse(text: str) -> tuple[float, str] | None:
    """The amount and its currency ('' where none was said); None where it is no amount."""
    found = _AMOUNT.fullmatch(text.strip())
    if not found:
        return None
    currency = found["before"] or found["after"] or ""
    digits = found["digits"].strip()
    if _GROUPED.fullmatch(digits):
        digits = re.sub(r"[.,' ]", "", digits)
    try:
        amount = float(digits.replace(",", ".").replace(" ", "").replace("'", ""))
    except ValueError:
        return None
    amount *= _UNITS[(found["unit"] or "").lower()]
    return (amount, _SIGNS.get(currency.lower(), currency.upper())) if amount < LARGEST else None


def shown(amount: float, currency: str) -> str:
    """'€14k', '€14,250', '€1.2m', '14k CHF': short where nothing is lost by it."""
    said = _short(amount)
    return f"{said} {currency}" if len(currency) > 1 else f"{currency}{said}"


def _short(amount: float) -> str:
    for unit, size in (("m", 1_000_000), ("k", 1_000)):
        if amount >= size and amount % (size // 10) == 0:
            return f"{amount / size:,.1f}".removesuffix(".0") + unit
    return f"{amount:,.2f}".removesuffix(".00")
