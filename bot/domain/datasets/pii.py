"""Finds keys and personal data in a text by their shape; says which kind, never what; knows nothing of examples.

The shapes are those that their makers publish. What only looks alike is left out where a check sum, a reserved name
or too few different characters tell: a wrong alarm costs more trust than a missed placeholder.
"""

import re
from collections.abc import Callable, Iterator
from typing import Literal

Kind = Literal["secret", "payment", "email", "phone"]

KINDS: tuple[Kind, ...] = ("secret", "payment", "email", "phone")

LONGEST = 200_000
"""Characters that are looked at: about what fits into the longest example, and a bound for hostile texts."""

_HINTS: tuple[tuple[bytes, re.Pattern[bytes], Kind], ...] = (
    (b"@", re.compile(rb"@[A-Za-z0-9-]+\.[A-Za-z0-9]"), "email"),
    (b"sk-", re.compile(rb"sk-[\w-]{20}"), "secret"),
    (b"xox", re.compile(rb"xox[a-z]-\w"), "secret"),
    (b"AKIA", re.compile(rb"AKIA[A-Z0-9]{16}"), "secret"),
    (b"PRIVATE KEY", re.compile(rb"PRIVATE KEY"), "secret"),
)
"""What is worth a closer look, quick to see in a line of JSON: first the mark, then the shape that begins with it."""

_KEYS = (
    ("sk-", r"sk-[A-Za-z0-9_-]{20,}"),
    ("sk_live_", r"sk_live_[A-Za-z0-9]{16,}"),
    ("xox", r"xox[abeoprs]-[A-Za-z0-9-]{16,}"),
    ("xapp-", r"xapp-\d-[A-Za-z0-9-]{16,}"),
    ("hooks.slack.com", r"hooks\.slack\.com/services/T\w+/B\w+/\w{16,}"),
    ("AKIA", r"AKIA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("AIza", r"AIza[A-Za-z0-9_-]{35}"),
    *((f"gh{kind}_", rf"gh{kind}_[A-Za-z0-9]{{36,}}") for kind in "opsur"),
    ("github_pat_", r"github_pat_\w{30,}"),
    ("eyJ", r"eyJ[\w-]{10,300}\.eyJ[\w.-]{10,300}"),
)
_SECRETS = tuple((mark, re.compile(r"(?<![A-Za-z0-9])" + shape)) for mark, shape in _KEYS)
_KEY_BLOCK = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
_LEAST_DIGITS = 2
"""A random key of 16 characters and more has so many digits; `sk-learn-some-long-name` has none."""

_NUMBER = re.compile(r"[0-9][0-9() .-]{7,}[0-9]")
_LIKE_IBAN = re.compile(r"[A-Z][A-Z][0-9][0-9][ A-Z0-9]{8}")
"""What no card or phone number, and no IBAN, is without; far quicker to look for, the more so as it is written here."""

_BEFORE_AT = re.compile(r"[\w.+-]")
_AT_DOMAIN = re.compile(r"@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})")
_NO_ADDRESS = re.compile(
    r"(?:^|\.)example(?:\.\w+)?$|\.(?:test|invalid|localhost|png|jpe?g|gif|svg|webp)$", re.IGNORECASE
)
"""Domains reserved for documentation (RFC 2606), and names of picture files such as logo@2x.png."""

_PHONE = re.compile(
    r"(?<![\w+.-])(?:"
    r"\+\d{1,3}[ .-]\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}"
    r"|\(\d{3}\) ?\d{3}-\d{4}"
    r"|\d{3}-\d{3}-\d{4}"
    r"|0\d{1,2}-\d{3,4}-\d{4}"
    r")(?![\w-])"
)
_FICTIONAL = re.compile(r"555[ .-]?\d{4}$|(\d)\1{3}$|123-4567$|1234-5678$")

_CARD = re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-])")
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|3(?:0[0-5]|[68]\d)\d{11}"
)
_LEAST_DIFFERENT = 4
"""Different digits of a real card number; the numbers that card companies give for tests have fewer."""

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")


def hint_of(line: bytes) -> set[Kind]:
    """The kinds that a line may hold; of keys only the commonest show, payment and phone numbers never do."""
    return {kind for mark, shape, kind in _HINTS if mark in line and shape.search(line)}


def holds(kind: Kind, text: str) -> bool:
    """Whether a text holds something private of this kind; only its first LONGEST characters are looked at."""
    return _FINDERS[kind](text[:LONGEST])


def _has_secret(text: str) -> bool:
    if "PRIVATE KEY" in text and _KEY_BLOCK.search(text):
        return True
    return any(_is_random(found) for mark, shape in _SECRETS if mark in text for found in shape.findall(text))


def _has_payment(text: str) -> bool:
    if any(_is_card(found) for run in _number_runs(text) for found in _CARD.findall(run)):
        return True
    return _LIKE_IBAN.search(text) is not None and any(map(_is_iban, _IBAN.findall(text)))


def _has_email(text: str) -> bool:
    return any(
        _BEFORE_AT.match(text[at.start() - 1 : at.start()]) and not _NO_ADDRESS.search(at[1])
        for at in _AT_DOMAIN.finditer(text)
    )


def _has_phone(text: str) -> bool:
    return any(not _FICTIONAL.search(found) for run in _number_runs(text) for found in _PHONE.findall(run))


def _number_runs(text: str) -> Iterator[str]:
    """Digits with what may stand between them, and what stands around."""
    return (text[max(0, run.start() - 2) : run.end() + 1] for run in _NUMBER.finditer(text))


def _is_random(key: str) -> bool:
    return "EXAMPLE" not in key.upper() and sum(map(str.isdigit, key)) >= _LEAST_DIGITS and len(set(key)) > 10


def _is_card(text: str) -> bool:
    digits = text.replace(" ", "").replace("-", "")
    if not _ISSUED.fullmatch(digits) or len(set(digits)) < _LEAST_DIFFERENT:
        return False
    # Luhn: every second digit from the right counts double, and its own digits are added.
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    """ISO 13616: moved around and with letters as numbers, it leaves 1 when divided by 97."""
    compact = text.replace(" ", "")
    turned = compact[4:] + compact[:4]
    return len(compact) >= 15 and int("".join(str(int(each, 36)) for each in turned)) % 97 == 1


_FINDERS: dict[Kind, Callable[[str], bool]] = {
    "secret": _has_secret,
    "payment": _has_payment,
    "email": _has_email,
    "phone": _has_phone,
}
