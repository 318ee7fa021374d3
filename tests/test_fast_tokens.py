"""The fast counter is believed only where, and as long as, it counts as tiktoken does."""

import re
from collections.abc import Iterator
from importlib import metadata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import fast_tokens, tokenizer
from bot.domain.datasets.tokens import Unreliable
from bot.fast_tokens import LONGEST, SAMPLED, SELF_TEST, WELL_KNOWN, FastCounter

ENCODINGS = ("o200k_base", "cl100k_base")
with_the_extra = pytest.mark.skipif(
    not fast_tokens.is_installed(), reason="the extra `fast` is not installed"
)


class Judge:
    """Counts characters, and remembers what it was asked."""

    encoding = "letters"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count(self, text: str) -> int:
        self.asked.append(text)
        return len(text)


def letters(text: str) -> list[int]:
    """An encoder that agrees with the judge."""
    return [ord(letter) for letter in text]


def not_x(text: str) -> list[int]:
    """One that is wrong where an x stands."""
    return letters(text.replace("x", ""))


@pytest.fixture(autouse=True)
def _proven_anew() -> Iterator[None]:
    """What one test found out of the extra is not believed by the next."""
    fast_tokens._proven.cache_clear()
    yield
    fast_tokens._proven.cache_clear()


def test_about_one_text_in_so_many_is_judged() -> None:
    judge = Judge()
    counter = FastCounter(judge, letters, Random(1))
    assert {counter.count("abc") for _ in range(100 * SAMPLED)} == {3}
    assert 80 < len(judge.asked) < 120


def test_the_first_text_of_each_counter_is_judged() -> None:
    with pytest.raises(Unreliable):
        FastCounter(Judge(), not_x).count("box")


def test_a_wrong_count_is_found_out_and_said() -> None:
    counter = FastCounter(Judge(), not_x, Random(1))
    with pytest.raises(Unreliable):
        [counter.count("box") for _ in range(2 * SAMPLED)]


@pytest.mark.parametrize("text", ["x\u088f", "'\u017f", "x\U000323b0", "x\ud800", "x" * (LONGEST + 1)])
def test_texts_that_are_not_well_known_are_left_to_the_judge(text: str) -> None:
    judge = Judge()
    assert FastCounter(judge, not_x).count(text) == len(text)
    assert judge.asked == [text]


def test_without_the_extra_tiktoken_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_tokens, "is_installed", lambda: False)
    assert isinstance(fast_tokens.counter("o200k_base"), tokenizer.Counter)


@pytest.mark.parametrize(("version", "taken"), [("0.10.0", True), ("0.10.1", False)])
def test_only_the_version_that_was_judged_is_taken(
    monkeypatch: pytest.MonkeyPatch, version: str, taken: bool
) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: version)
    assert fast_tokens.is_installed() is taken


def broken(_: str) -> fast_tokens.Encode:
    raise ImportError("no such symbol")


def wrong(_: str) -> fast_tokens.Encode:
    return lambda text: [0] * (len(text) + 1)


@pytest.mark.parametrize(
    ("load", "said"), [(broken, "does not work here"), (wrong, "does not count as tiktoken")]
)
def test_an_extra_that_fails_at_the_start_is_told_and_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, load: object, said: str
) -> None:
    monkeypatch.setattr(fast_tokens, "is_installed", lambda: True)
    monkeypatch.setattr(fast_tokens, "_load", load)
    assert isinstance(fast_tokens.counter("o200k_base"), tokenizer.Counter)
    assert said in caplog.text


def test_the_self_test_is_of_texts_that_would_be_counted_here() -> None:
    strange = re.compile(f"[^{WELL_KNOWN}]")
    assert [text for text in SELF_TEST if strange.search(text) or len(text) > LONGEST] == []


# Where one counter takes a character for a letter, a mark or a number and the other does not, these count differently.
AROUND = ("{}", "A{}b'll", "{}'s", "12{}345", "x {}\n\ny", "  {}{} {}/\n", "{}A가'D", "!{}\u0301!")


@with_the_extra
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_well_known_character_counts_as_in_tiktoken(encoding: str) -> None:
    judge, encode = tokenizer.counter(encoding), fast_tokens._load(encoding)
    known = re.compile(f"[{WELL_KNOWN}]")
    wrong = [
        hex(code)
        for code in range(0x20000)
        if known.match(chr(code))
        for text in (around.replace("{}", chr(code)) for around in AROUND)
        if len(encode(text)) != judge.count(text)
    ]
    assert wrong == []


@pytest.fixture(scope="module")
def fast() -> dict[str, fast_tokens.Encode]:
    return {encoding: fast_tokens._load(encoding) for encoding in ENCODINGS}


KNOWN = st.text(st.from_regex(f"[{WELL_KNOWN}]", fullmatch=True), max_size=60)
HOSTILE = st.sampled_from(
    ["'s", "'LL", "  ", "\r\n", "\n\n", "0123", "aB", "한글", "🇰🇷", "\u0301", "<|endoftext|>", "/\n"]
)


@with_the_extra
@given(st.lists(KNOWN | HOSTILE, max_size=12).map("".join), st.sampled_from(ENCODINGS))
def test_any_text_of_well_known_characters_counts_as_in_tiktoken(
    fast: dict[str, fast_tokens.Encode], text: str, encoding: str
) -> None:
    assert len(fast[encoding](text)) == tokenizer.counter(encoding).count(text)


@with_the_extra
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "text", ["a" * 100_000, " " * 99_999 + "x", "한" * 50_000, "\n " * 40_000, "=" * 100_000]
)
def test_texts_hard_on_counters_count_as_in_tiktoken(
    fast: dict[str, fast_tokens.Encode], text: str, encoding: str
) -> None:
    assert len(fast[encoding](text)) == tokenizer.counter(encoding).count(text)
