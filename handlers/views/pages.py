"""Cuts a long answer into messages, where the Markdown of each stays whole; knows no calls of Slack.

Where a page ends depends only on what stands in it, so that an answer that still grows never moves an earlier cut.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

TEXT = 11_000
"""Characters of one page: a markdown block takes 12,000, and a heading and a note of ours need some room."""

BLOCKS = 45
"""Blocks that Slack draws for one page; a message has at most 50, and a note of ours may be one more."""

_FENCE = re.compile(r"\A {0,12}(`{3,20}|~{3,20})([^`]{0,80})$")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_RULE = re.compile(r"\A {0,3}(?:(?:\*[ \t]*+){3,}+|(?:-[ \t]*+){3,}+|(?:_[ \t]*+){3,}+|=++[ \t]*+)$")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_HEADER = 500  # characters; a longer header of a table is not said again


class _Place(IntEnum):
    """How good a place for a cut is."""

    LINE_WITHIN = 1  # in code or a table: it is closed here and opened again
    LINE = 2
    PARAGRAPH = 3


@dataclass(frozen=True, slots=True)
class Page:
    """What one message says: `text` of `length` characters of the answer, with what it opens closed.

    `carries` opens the next page, when this one ends within code or a table.
    """

    text: str
    length: int
    carries: str = ""


def first_page(text: str, carried: str = "", *, most: int = TEXT, blocks: int = BLOCKS) -> Page:
    """The first page of what is left of an answer; `carried` is what the page before it left open."""
    room = most - len(carried)
    if len(text) <= room and _Reader(f"{carried}{text}").blocks <= blocks:
        return Page(carried + text, len(text))
    reader = _Reader(carried)
    best: tuple[_Place, Page] | None = None
    at = 0
    for line in _LINES.findall(text[: room + 1]):
        reader.read(line.rstrip("\n"))
        if at + len(line) + len(reader.closes) > room or reader.blocks > blocks:
            break
        at += len(line)
        place = reader.place(text, at)
        if best is None or place >= best[0] or at - best[1].length > room // 2:
            best = place, Page(carried + text[:at] + reader.closes, at, reader.opens)
    if best is not None and (best[1].length >= room // 2 or reader.blocks > blocks):
        return best[1]
    return _within_line(text, carried, room)


def left_open(text: str) -> tuple[str, str]:
    """What a page that goes on after this text begins with, and what ends it; both empty between code and tables."""
    reader = _Reader(text)
    return reader.opens, f"\n{reader.closes}" if reader.closes else ""


def _within_line(text: str, carried: str, room: int) -> Page:
    """A page that ends within a line as long as a page, between two words if there are any."""
    reader = _Reader(carried + text[:room])
    room -= len(reader.closes) + 1
    length = text.rfind(" ", room // 2, room) + 1 or room
    closes = f"\n{reader.closes}" if reader.closes else ""
    return Page(carried + text[:length] + closes, length, reader.opens)


class _Reader:
    """Reads an answer line by line: what is open after it, and how many blocks Slack draws for it.

    Headings, rules, code and tables are blocks of their own; all else between them is one.
    """

    def __init__(self, text: str) -> None:
        self.blocks = 0
        self._fence = ""
        self._table: tuple[str, ...] = ()
        self._before = ""
        self._runs = False
        for line in _LINES.findall(text):
            self.read(line.rstrip("\n"))

    @property
    def opens(self) -> str:
        """What a following page has to begin with."""
        lines = (self._fence,) if self._fence else self._table[: 2 * (len(self._table) > 1)]
        return "".join(f"{line}\n" for line in lines)

    @property
    def closes(self) -> str:
        """What this page has to end with, on a line of its own."""
        found = _FENCE.match(self._fence)
        return found[1] if found else ""

    def read(self, line: str) -> None:
        """One more line."""
        fence = _FENCE.match(line)
        if self._fence:
            if fence and not fence[2].strip() and fence[1].startswith(self.closes):
                self._fence = ""
        elif fence:
            self._fence, self._table = line, ()
            self._block(alone=True)
        elif line.lstrip().startswith("|"):
            self._row(line)
        else:
            self._table = ()
            if line.strip():
                self._block(alone=bool(_HEADING.match(line) or _RULE.match(line)))
        self._before = line

    def place(self, text: str, at: int) -> _Place:
        """How well a page can end here, before what stands at `at`."""
        if self._fence or (self._table and text.startswith("|", at)):
            return _Place.LINE_WITHIN
        if not self._before.strip() or text.startswith(("\n", "#"), at):
            return _Place.PARAGRAPH
        return _Place.LINE

    def _row(self, line: str) -> None:
        """A row of a table: the first two lines are its header, which a following page says again."""
        if not self._table:
            self._block(alone=True)
            self._table = (line,)
        elif len(self._table) == 1 and set(line) <= set("|:- \t") and len(line + self._before) <= _HEADER:
            self._table = (self._before, line)

    def _block(self, *, alone: bool) -> None:
        if alone or not self._runs:
            self.blocks += 1
        self._runs = not alone
