"""Long answers cut into messages: nothing is lost, the Markdown of each message is whole, and each fits."""

import re

import pytest

from handlers.views.pages import BLOCKS, TEXT, Page, first_page


def cut(text: str, **limits: int) -> list[Page]:
    """All pages of a text."""
    pages: list[Page] = []
    carried = ""
    while text:
        page = first_page(text, carried, **limits)
        assert page.length
        pages.append(page)
        text, carried = text[page.length :], page.carries
    return pages


def test_a_short_answer_is_one_page_as_it_is() -> None:
    assert first_page("Hello *you*\n") == Page("Hello *you*\n", 12)


def test_a_long_answer_is_cut_between_paragraphs_and_loses_nothing() -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "lorem ipsum " * 20 for n in range(80))
    pages = cut(text)
    assert "".join(page.text for page in pages) == text
    assert len(pages) == -(-len(text) // TEXT)
    assert all(page.text.startswith("Paragraph") for page in pages)
    assert all(len(page.text) <= TEXT for page in pages)


def test_code_that_is_longer_than_a_page_is_closed_and_opened_again() -> None:
    lines = [f"print({n})  # {'x' * 60}" for n in range(400)]
    pages = cut("Look:\n\n```python\n" + "\n".join(lines) + "\n```\nThat is all.")
    assert len(pages) > 2
    for page in pages:
        assert page.text.count("```") % 2 == 0
        assert len(page.text) <= TEXT
    assert all(page.text.startswith("```python\nprint(") for page in pages[1:])
    assert re.findall(r"^print.*$", "\n".join(page.text for page in pages), re.MULTILINE) == lines


def test_code_that_fits_a_page_is_not_cut() -> None:
    code = "```\n" + "code\n" * 1_000 + "```\n"
    pages = cut("words " * 1_500 + "\n\n" + code)
    assert [page.text.count("```") for page in pages] == [0, 2]


def test_a_table_that_is_longer_than_a_page_has_its_header_on_each() -> None:
    rows = [f"| {n} | {'y' * 80} |" for n in range(300)]
    pages = cut("| a | b |\n|---|---|\n" + "\n".join(rows))
    assert len(pages) > 2
    assert all(page.text.startswith("| a | b |\n|---|---|\n| ") for page in pages)
    assert re.findall(r"^\| \d.*$", "\n".join(page.text for page in pages), re.MULTILINE) == rows


def test_one_endless_line_is_cut_between_words_and_one_endless_word_anywhere() -> None:
    words = cut("lorem ipsum " * 2_000)
    assert all(page.text.endswith(" ") for page in words)
    assert "".join(page.text for page in words) == "lorem ipsum " * 2_000
    assert "".join(page.text for page in cut("x" * 30_000)) == "x" * 30_000


def test_more_headings_than_a_message_holds_go_on_in_the_next() -> None:
    text = "".join(f"## Part {n}\nSome words.\n\n" for n in range(70))
    pages = cut(text)
    assert "".join(page.text for page in pages) == text
    assert all(page.text.startswith("## Part") for page in pages)
    assert all(2 * page.text.count("##") <= BLOCKS for page in pages)


@pytest.mark.parametrize(
    "text",
    [
        "```\n" * 5_000,
        "|\n" * 20_000,
        "# " * 20_000,
        "~~~~~~~~~~\n```\n" * 3_000,
        "\n" * 40_000,
        "| a |\n|---|\n" * 3_000,
        "`" * 40_000,
        "- " * 20_000 + "x",
    ],
    ids=["fences", "rows", "headings", "two fences", "empty lines", "tables", "ticks", "rules"],
)
def test_whatever_a_model_says_every_page_fits_and_the_cutting_ends(text: str) -> None:
    pages = cut(text)
    assert sum(page.length for page in pages) == len(text)
    assert all(len(page.text) <= TEXT for page in pages)
