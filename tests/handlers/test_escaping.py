"""Foreign text in Slack: it reads as it was written and does nothing."""

import pytest

from handlers import escaping


def test_mrkdwn_control_characters_are_escaped() -> None:
    assert escaping.escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


def test_a_name_cannot_break_the_bold_around_it_or_the_line() -> None:
    assert escaping.name("a*b\n\n`c`\u202e") == "a∗b ˋcˋ"


@pytest.mark.parametrize(
    "hostile",
    [
        "<!channel>",
        "<@U1>",
        "<#C1>",
        "https://e.example",
        "[x](mailto:a@b.c)",
        "[a]: http://x",
        "www.e.example",
        "<tel:1>",
    ],
)
def test_markdown_that_pings_or_links_is_broken(hostile: str) -> None:
    shown = escaping.markdown(hostile)
    assert shown.replace("\u200b", "") == hostile
    assert not any(active in shown for active in ("<!", "<@", "<#", "://", "](", "]:", "www.", "<tel"))


def test_code_in_markdown_stays_as_it_is() -> None:
    text = "`if a < b: c[0] = {x: 1}`\n\n<div>&lt;</div>"
    assert escaping.markdown(text) == text


@pytest.mark.parametrize(
    "text", ["a <!channel> [b]: https://x www.y [l](z) <mailto:q> c::d", "<" * 9 + "!]]](:" * 9]
)
def test_text_in_pieces_is_made_as_harmless_as_in_one(text: str) -> None:
    for cut in range(len(text) + 1):
        settled = escaping.settled(text[:cut])
        assert escaping.markdown(text).startswith(escaping.markdown(text[:settled]))


def test_our_mentions_survive_in_a_sentence_and_foreign_controls_do_not() -> None:
    sentence = "<@U2> was faster; <#C1> &lt;b&gt; <!here> <!date^123^{time}|12:00> a & b"
    assert escaping.sentence(sentence) == (
        "<@U2> was faster; <#C1> &lt;b&gt; &lt;!here&gt; <!date^123^{time}|12:00> a &amp; b"
    )


def test_a_sentence_that_mentions_nobody_keeps_no_mention() -> None:
    assert escaping.told("gone: <@U1> &amp; x") == "gone: &lt;@U1&gt; &amp; x"


def test_a_message_is_read_as_it_was_typed() -> None:
    assert (
        escaping.unescape("see <https://x.y|x.y> &lt;b&gt; <@U1>, <mailto:a@b|a@b>")
        == "see x.y <b> <@U1>, a@b"
    )


@pytest.mark.parametrize("text", ["a &amp; b", "a <@U123> b"])
def test_shortening_never_cuts_an_entity_or_a_mention(text: str) -> None:
    assert escaping.cut(text, 6) == "a…"
    assert escaping.cut(text, 100) == text


def test_a_quotation_marks_every_line() -> None:
    assert escaping.quote("a\nb<") == "> a\n> b&lt;"
