"""Putting foreign text into our own sentences; sentences are Slack's mrkdwn, foreign text in them must be plain.

And lines of a file, which people read as ranges.
"""

import re
from collections.abc import Iterable, Sequence

_ADDRESS = re.compile(r":(?=//)|\bwww(?=\.)", re.IGNORECASE)
_BREAK = "\u200b"  # zero width: seen by Slack's parser, not by people


def plain(text: str) -> str:
    """Foreign text (a name, a server's words) made safe inside a mrkdwn sentence: one line, no links, no pings.

    Slack needs exactly these three characters escaped (its formatting guide), and makes links of bare addresses.
    """
    flat = " ".join(text.split())
    flat = _ADDRESS.sub(lambda found: found.group() + _BREAK, flat)
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def ranges(lines: Iterable[int]) -> list[str]:
    """Line numbers in rising order as people read them: neighbours as one range, such as 3–7."""
    found: list[list[int]] = []
    for line in lines:
        if found and line == found[-1][1] + 1:
            found[-1][1] = line
        else:
            found.append([line, line])
    return [f"{first:,}" if first == last else f"{first:,}–{last:,}" for first, last in found]


def places(lines: Sequence[int], count: int) -> str:
    """The first lines of `count` that have something, as the beginning of a sentence; 0 is the whole file."""
    if not lines[0]:
        return "The file"
    more = count - len(lines)
    named = ranges(lines)
    word = "Line" if named == [f"{lines[0]:,}"] else "Lines"
    return f"{word} {', '.join(named)}" + (f" and {more:,} more" if more > 0 else "")


def in_brackets(lines: Sequence[int], count: int, of: str = "") -> str:
    """The same at the end of a sentence, with which file they are `of`; nothing where there are no lines."""
    if not lines:
        return ""
    told = places(lines, count)
    return f" ({told[0].lower()}{told[1:]}{of})"
