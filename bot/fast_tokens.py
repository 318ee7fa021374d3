"""Exact token counts several times faster, where the optional extra `fast` is installed; tiktoken is the judge.

The extra is gigatoken, pinned to one version. It is believed only as far as it was held against tiktoken: for texts
of well-known characters; after a self-test; and as long as texts picked at random while it works give tiktoken's
count. Without the extra, or after a failed self-test, the counter is tiktoken itself. Knows no dataset.
"""

import logging
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module, metadata
from importlib.resources import as_file
from random import Random
from typing import Any

from bot import tokenizer
from bot.domain.datasets.tokens import TokenCounter, Unreliable

TRUSTED_VERSION = "0.10.0"
"""The version that was judged (docs/decisions.md); another one is left alone until it was judged too."""

SAMPLED = 400
"""One text in so many is counted by tiktoken as well, picked at random, and the first text of each counter."""

LONGEST = 100_000
"""Longest text counted here, in characters; longer ones are left to tiktoken, which cuts them with care."""

WELL_KNOWN = (
    "\x00-\u017e\u0300-\u036f\u0391-\u03a1\u03a3-\u03ce\u0400-\u045f\u1ea0-\u1ef9\u200b-\u2027\u2030-\u205e"
    "\u20a0-\u20bf\u2190-\u23f3\u2460-\u2b73\u3000-\u303f\u3041-\u3096\u3099-\u30ff\u3131-\u318e\u3200-\u321e"
    "\u4e00-\u9fa5\uac00-\ud7a3\ufe0f\uff01-\uffbe\U0001f1e6-\U0001f1ff\U0001f300-\U0001f6d2"
    "\U0001f90d-\U0001f9ff"
)
"""Characters on which both agree, as the inside of a regular expression's brackets.

All were in Unicode long before either library was made; newer ones are letters to one and unknown to the other, and
U+017F (long s) is an s to only one of them. A test tries each character of the list.
"""

_PRETOKENIZERS = {"o200k_base": "o200k", "cl100k_base": "gpt4"}
_is_known = re.compile(f"[{WELL_KNOWN}]*+").fullmatch
_log = logging.getLogger(__name__)

# Each has brought some counter to grief: contractions, digits in runs, spaces before line ends, letter cases, joined
# emoji, words of other scripts, reserved tokens, long runs.
SELF_TEST = (
    "", " ", "\n", "Hello, world!", "IT'S we'LL don't 'tis 'Re", "12345678901 3.14 1,000,000",
    "  \n\n \t x\r\n\r\ny", "안녕하세요, 오늘 날씨가 어때요? ㅋㅋㅋ", "私は学生です。これは12個。",
    "Привет, как дела? Ωμέγα", "naïve café ÀÉÎ ß e\u0301", "👩\u200d👩\u200d👧 🇰🇷🚀 ❤️", "\u200b\ufe0f\ufe0fx",
    "camelCaseHTTPServer snake_case_9 <|endoftext|><|im_start|>", "def f(x):\n\treturn x ** 2  # ok\n",
    '{"a": [1, -2.5e10, null]}\\n', "a" * 3_000, " " * 3_000 + "x", "=-" * 500, "https://a.b/c?d=e&f=%20#g",
)  # fmt: skip

Encode = Callable[[str], Sequence[int]]


class FastCounter:
    """Counts as `judge` does, faster; see TokenCounter. Quickly made: each range of a file gets its own."""

    def __init__(self, judge: TokenCounter, encode: Encode, random: Random | None = None) -> None:
        self.encoding = judge.encoding
        self._judge = judge
        self._encode = encode
        self._random = random or Random()
        self._until_sample = 0

    def count(self, text: str) -> int:
        """The tokens of a text.

        Raises:
            Unreliable: this count was sampled and is not tiktoken's, so earlier ones may be wrong too.
        """
        if len(text) > LONGEST or not (text.isascii() or _is_known(text)):
            return self._judge.count(text)
        tokens = len(self._encode(text))
        self._until_sample -= 1
        if self._until_sample < 0:
            self._until_sample = self._random.randrange(2 * SAMPLED)
            if tokens != self._judge.count(text):
                raise Unreliable("the fast token counter does not count as tiktoken does")
        return tokens


def counter(encoding: str) -> TokenCounter:
    """The fastest exact counter there is here for this encoding: tiktoken unless the extra proves itself.

    Raises:
        ValueError: no such vocabulary ships with the application, or the file was changed.
    """
    judge = tokenizer.counter(encoding)
    encode = _proven(encoding)
    return FastCounter(judge, encode) if encode else judge


def is_installed() -> bool:
    """Whether the extra is there, in the version that was judged."""
    try:
        return metadata.version("gigatoken") == TRUSTED_VERSION
    except metadata.PackageNotFoundError:
        return False


@cache
def _proven(encoding: str) -> Encode | None:
    """Its encoder, once in a process; None where it is not installed or fails the self-test."""
    if not is_installed():
        return None
    judge = tokenizer.counter(encoding)
    try:
        encode = _load(encoding)
        agrees = all(len(encode(text)) == judge.count(text) for text in SELF_TEST)
    except Exception:  # noqa: BLE001 - whatever ails an optional extra must not stop the work
        _log.warning("gigatoken %s does not work here; tiktoken counts", TRUSTED_VERSION, exc_info=True)
        return None
    if not agrees:
        _log.warning("gigatoken %s does not count as tiktoken does; tiktoken counts", TRUSTED_VERSION)
        return None
    return encode


def _load(encoding: str) -> Encode:
    """Its encoder, made from our own vocabulary; it reads that from a file only."""
    backend: Any = import_module("gigatoken.gigatoken_rs").BPETokenizer
    with as_file(tokenizer.vocabulary(encoding)) as path:
        # No reserved tokens: their text counts as plain text.
        encode: Encode = backend.from_tiktoken(path, _PRETOKENIZERS[encoding], {}).encode
    return encode
