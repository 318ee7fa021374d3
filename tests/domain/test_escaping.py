"""Foreign text inside our own sentences."""

import pytest

from bot.domain.escaping import plain


@pytest.mark.parametrize("text", ["https://evil.example/a", "see HTTP://evil.example", "www.evil.example"])
def test_an_address_is_read_as_before_but_is_no_link(text: str) -> None:
    said = plain(text)
    assert "://" not in said
    assert "www." not in said
    assert said.replace("\u200b", "") == text


def test_foreign_text_is_one_line_without_control_characters() -> None:
    assert plain("a <!here>\n& b: c") == "a &lt;!here&gt; &amp; b: c"
