"""An amount of money, the one type of it: kept in whole micro-dollars, so that sums are exact; how it is said."""

from collections.abc import Iterable
from typing import NewType

from bot.errors import BadInput

Money = NewType("Money", int)
"""Micro-dollars: a price in US dollars per million tokens is what one token costs in them."""

NO_MONEY = Money(0)
DOLLAR = Money(1_000_000)
CENT = Money(DOLLAR // 100)


def of_dollars(usd: float) -> Money:
    """US dollars, as providers and catalogs give them, rounded to a micro-dollar."""
    return Money(round(usd * DOLLAR))


def cost(tokens: int, usd_per_million: float) -> Money:
    """What so many tokens cost at this price, rounded to a micro-dollar."""
    return Money(round(tokens * usd_per_million))


def in_dollars(amount: Money) -> float:
    """As US dollars, for what is kept or sent as JSON."""
    return amount / DOLLAR


def total(amounts: Iterable[Money]) -> Money:
    """All of them together."""
    return Money(sum(amounts))


def dollars(amount: Money) -> str:
    """As people read it: "$1,234.50", "−$3.00", or "under $0.01"."""
    if 0 < amount < CENT:
        return "under $0.01"
    return f"{'−' if amount < 0 else ''}${in_dollars(Money(abs(amount))):,.2f}"


def about(amount: Money | None) -> str:
    """An estimate as people read it: "≈ $1,234.50", "under $0.01", or "price unknown"."""
    if amount is None:
        return "price unknown"
    return f"≈ {dollars(amount)}" if amount >= CENT else "under $0.01"


def read_limit(text: str) -> Money | None:
    """An amount as people type it: "200", "$1,250.50"; "off" takes the limit away.

    Raises:
        BadInput: it is something else.
    """
    typed = text.strip().lower().removesuffix("usd").strip().lstrip("$").strip()
    if typed in ("off", "none", "no limit", "unlimited"):
        return None
    whole, dot, cents = typed.partition(".")
    digits = whole.replace(",", "")
    if not digits.isdecimal() or not digits.isascii() or len(digits) > 9 or (dot and not _is_cents(cents)):
        raise BadInput('Type an amount of US dollars a month, such as 200 or 1,250.50, or "off".', "limit")
    return Money(int(digits) * DOLLAR + int((cents + "00")[:2]) * CENT)


def _is_cents(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= 2
