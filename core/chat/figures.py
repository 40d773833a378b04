"""Figures as people type them ('1,200', '38 %', '€14k', '-3.5') and as they are shown."""

import math
import re

LARGEST = 1e15
_SIGNS = {"k": 1e3, "m": 1e6, "bn": 1e9}
_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR"}
_FIGURE = re.compile(
    r"(?P<before>[€$£¥₹]|[a-z]{3}(?=[\s\d]))?\s*(?P<sign>[-+−]?)(?P<number>\d[\d.,'’_\s]*)(?P<scale>k|m|bn)?"
    r"\s*(?P<after>%|[€$£¥₹]|[a-z]{3})?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}([,'’_\s]\d{3})+(\.\d+)?")
_PLAIN = re.compile(r"\d+([.,]\d+)?")


def read(text: str) -> float | None:
    """The number that is meant; None where it is none. '1,200' is one thousand two hundred, '1,5' is one and a half."""
    found = amount(text)
    return found[0] if found else None


def amount(text: str) -> tuple[float, str] | None:
    """A number with its currency, '' where none is named: '€14k' -> (14000, 'EUR')."""
    found = _FIGURE.fullmatch(text.strip()) if len(text) <= 60 else None
    if not found:
        return None
    digits = found["number"].strip()
    if _GROUPED.fullmatch(digits):
        digits = re.sub(r"[,'’_\s]", "", digits)
    elif not _PLAIN.fullmatch(digits):
        return None
    value = float(digits.replace(",", ".")) * _SIGNS.get((found["scale"] or "").lower(), 1)
    currency = next((word for word in (found["before"], found["after"]) if word and word != "%"), "")
    if not math.isfinite(value) or value >= LARGEST:
        return None
    named = _CURRENCIES.get(currency, currency.upper())
    return (-value if found["sign"] in ("-", "−") and value else value), named


def shown(value: float, unit: str = "") -> str:
    """'38 %', '1,234.5 h', '€ 29': at most four digits that mean something, none that do not."""
    if value == int(value) and abs(value) < LARGEST:
        digits = f"{int(value):,}"
    elif abs(value) >= 1000:
        digits = f"{value:,.1f}".removesuffix(".0")
    elif abs(value) >= 1:
        digits = f"{value:.2f}".rstrip("0").rstrip(".")
    else:
        digits = f"{value:.4g}" if abs(value) >= 1e-4 else f"{value:.2g}"
    return f"{digits} {unit}".strip()


def price(value: float, currency: str) -> str:
    """'29 EUR', '29.90 EUR', '29'."""
    digits = f"{int(value):,}" if value == int(value) else f"{value:,.2f}"
    return f"{digits} {currency}".strip()


def percent(part: float) -> str:
    """0.5 as '50 %'; never 100 % before all of it is there, nor 0 % once there is something."""
    whole = round(part * 100)
    if part < 1:
        whole = min(whole, 99)
    if part > 0:
        whole = max(whole, 1)
    return f"{whole} %"
