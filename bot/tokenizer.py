"""tiktoken without the internet: exact token counts from vocabularies that ship with the application.

tiktoken itself brings no vocabulary and downloads one at first use, without a timeout and with no way to forbid it.
So its encodings are built here from our own copies (bot/vocabularies/, see the NOTICE there); nothing is downloaded,
nothing is written to disk. Knows no dataset and no model's price.
"""

import re
from binascii import a2b_base64
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable

import tiktoken

_FOLDER = resources.files("bot") / "vocabularies"

_SHA256 = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
"""The hash of each vocabulary, the one that tiktoken itself holds a download against."""

# Base model name -> encoding, the longest prefix first. tiktoken's own table takes "ft:gpt-4.1…" for gpt-4.
_PREFIXES = (
    ("gpt-4.1", "o200k_base"),
    ("gpt-4o", "o200k_base"),
    ("gpt-4.5", "o200k_base"),
    ("gpt-4", "cl100k_base"),
    ("gpt-3.5", "cl100k_base"),
    ("gpt-", "o200k_base"),
    ("chatgpt-4o", "o200k_base"),
    ("o1", "o200k_base"),
    ("o3", "o200k_base"),
    ("o4", "o200k_base"),
)

_PIECE = 200_000
"""Longest text encoded at once, in characters: tiktoken panics on a million spaces, and slows on long words."""

_SAFE_CUT = re.compile(r"\n(?=[^\W_])")
"""A line end before a letter or digit: both patterns always begin a new piece after it."""


class Counter:
    """Counts tokens exactly as one encoding does; see bot.domain.datasets.tokens.TokenCounter."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._encode = _encoding(encoding).encode_ordinary

    def count(self, text: str) -> int:
        """The tokens of a text. Reserved tokens count as plain text.

        Exact for any text whose line ends come often enough; a single line beyond 200,000 characters is cut,
        which may change the count by a token or two at each cut.
        """
        if len(text) <= _PIECE:
            return len(self._encode(text))
        return sum(len(self._encode(piece)) for piece in _pieces(text))


def counter(encoding: str) -> Counter:
    """A counter for this encoding: o200k_base or cl100k_base.

    Raises:
        ValueError: no such vocabulary ships with the application, or the file was changed.
    """
    return Counter(encoding)


def encoding_for_model(name: str) -> tuple[str, bool]:
    """The encoding of a model, base or tuned, and whether that is known (True) or the likeliest guess (False)."""
    base = name.removeprefix("ft:")
    for prefix, encoding in _PREFIXES:
        if base.startswith(prefix):
            return encoding, True
    return "o200k_base", False


def vocabulary(name: str) -> Traversable:
    """The file of an encoding's tokens, as OpenAI wrote it, for another counter to be made from.

    Raises:
        ValueError: no such vocabulary ships with the application, or the file was changed.
    """
    if name not in _SHA256:
        raise ValueError(f"there is no vocabulary {name}; there are {', '.join(_SHA256)}")
    file = _FOLDER / f"{name}.tiktoken"
    if sha256(file.read_bytes()).hexdigest() != _SHA256[name]:
        raise ValueError(
            f"the vocabulary {name} is not the one that was shipped; install the application anew"
        )
    return file


@cache
def _encoding(name: str) -> tiktoken.Encoding:
    ranks = _ranks(vocabulary(name).read_bytes())
    pattern = (_FOLDER / f"{name}.pattern").read_text("utf-8").rstrip("\n")
    encoding = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    # It has copies of its own by now and counts with those; ours would cost each process 25 MB.
    ranks.clear()
    return encoding


def _ranks(lines: bytes) -> dict[bytes, int]:
    """Token -> rank: each line holds a token in base64 and its rank, which counts up from 0."""
    tokens = lines.split()[::2]
    return dict(zip(map(a2b_base64, tokens), range(len(tokens)), strict=True))


def _pieces(text: str) -> list[str]:
    """The text in pieces of at most _PIECE characters, cut where no token can reach across if there is such a place."""
    pieces, start = [], 0
    while len(text) - start > _PIECE:
        end = start + _PIECE
        cuts = [found.end() for found in _SAFE_CUT.finditer(text, start, end)]
        end = cuts[-1] if cuts else end
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]]
