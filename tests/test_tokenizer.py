"""The tokenizer works without the internet, and counts exactly as tiktoken does."""

import hashlib
from importlib import resources

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.tokenizer import counter, encoding_for_model

# What tiktoken downloads, and where its cache looks for it (the SHA-1 of the address).
OFFICIAL = {
    "o200k_base": (
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        "fb374d419588a4632f3f557e76b4b70aebbca790",
    ),
    "cl100k_base": (
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    ),
}


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tiktoken.Encoding]:
    """The encodings that tiktoken itself makes of our files; it checks their hashes."""
    folder = tmp_path_factory.mktemp("tiktoken")
    for name, (digest, cached_as) in OFFICIAL.items():
        content = (resources.files("bot") / "vocabularies" / f"{name}.tiktoken").read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        (folder / cached_as).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
        return {name: tiktoken.get_encoding(name) for name in OFFICIAL}


HOSTILE = [
    "",
    "Hello, world!",
    "안녕하세요, 오늘 날씨가 어때요? 👩‍👩‍👧",
    "def f(x):\n\treturn x ** 2\r\n\r\n",
    "<|endoftext|> <|im_start|>user",
    "a" * 10_000,
    " " * 10_000 + "x",
    "IT'S we'LL ſ",
    "\u0000\u200b\ufeff\u2028",
    "1234567890 ٣٤٥ 一二三",
    "lone \ud800 surrogate",
]


@pytest.mark.parametrize("name", OFFICIAL)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_count_as_in_tiktoken(
    official: dict[str, tiktoken.Encoding], name: str, text: str
) -> None:
    assert counter(name).count(text) == len(official[name].encode_ordinary(text))


@given(st.text(max_size=300), st.sampled_from(sorted(OFFICIAL)))
@settings(deadline=None)
def test_any_text_counts_as_in_tiktoken(official: dict[str, tiktoken.Encoding], text: str, name: str) -> None:
    assert counter(name).count(text) == len(official[name].encode_ordinary(text))


@pytest.mark.parametrize("name", OFFICIAL)
def test_long_texts_with_line_ends_count_exactly(official: dict[str, tiktoken.Encoding], name: str) -> None:
    text = "\n\n \n- 하나 two (3)!\nWhat's next?\r\n\tfour_five //\n6 7 8\n" * 8_000
    assert len(text) > 400_000
    assert counter(name).count(text) == len(official[name].encode_ordinary(text))


@pytest.mark.parametrize("text", [" " * 1_500_000 + "x", "a" * 1_500_000, "\n " * 750_000])
def test_a_text_that_makes_tiktoken_panic_is_still_counted(text: str) -> None:
    assert 0 < counter("o200k_base").count(text) < len(text)


def test_a_counter_says_its_encoding() -> None:
    assert counter("cl100k_base").encoding == "cl100k_base"


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no vocabulary p50k_base"):
        counter("p50k_base")


@pytest.mark.parametrize(
    ("model", "encoding", "known"),
    [
        ("gpt-4.1-mini-2025-04-14", "o200k_base", True),
        ("ft:gpt-4.1-mini-2025-04-14:acme:tone:x", "o200k_base", True),
        ("ft:gpt-4o-mini-2024-07-18:acme::x", "o200k_base", True),
        ("ft:gpt-4-0613:acme::x", "cl100k_base", True),
        ("gpt-4", "cl100k_base", True),
        ("gpt-4-turbo", "cl100k_base", True),
        ("ft:gpt-3.5-turbo-0125:acme::x", "cl100k_base", True),
        ("o4-mini-2025-04-16", "o200k_base", True),
        ("gpt-oss-20b", "o200k_base", True),
        ("gpt-6-luna", "o200k_base", True),
        ("meta-llama/Llama-3.3-70B", "o200k_base", False),
        ("", "o200k_base", False),
    ],
)
def test_each_model_has_its_encoding(model: str, encoding: str, known: bool) -> None:
    assert encoding_for_model(model) == (encoding, known)
