"""Makes foreign text harmless in Slack: nothing from a dataset, a model or a person pings, links or unfurls.

Knows Slack's text formats only, nothing of blocks or of what is said.
"""

import html
import re

_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Control characters and the marks that turn the reading direction, with which names can be faked."""

_FORMATTING = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_BRACKETS = str.maketrans({"<": "‹", ">": "›"})
_OURS = re.compile(r"<(?:@[UW][A-Z0-9]+|#[CG][A-Z0-9]+|!date\^\d+\^[^<>|]*\|[^<>|]*)>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_SLACK_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_ENTITY_OR_TOKEN = re.compile(r"&[a-z]{0,4}$|<[^<>]*$")

_ACTIVE = re.compile(r"<(?=[!@#]|[a-zA-Z]{2,10}:)|:(?=//)|\](?=[(:\[])|\bwww(?=\.)", re.IGNORECASE)
_MAYBE_ACTIVE = re.compile(r"(?:(?:<[a-zA-Z]{0,10}|\]):?/?|:/?|\bw{1,3})$", re.IGNORECASE)
_BREAK = "\u200b"  # zero width: seen by Slack's parser, not by people


def escape(text: str) -> str:
    """Foreign text for mrkdwn: the three characters that Slack reads as control are escaped."""
    return html.escape(_INVISIBLE.sub("", text), quote=False)


def name(text: str, limit: int = 80) -> str:
    """A foreign name for mrkdwn: on one line, shortened, unable to break the formatting around it."""
    return escape(shorten(" ".join(text.split()), limit)).translate(_FORMATTING)


def title(text: str, limit: int = 60) -> str:
    """A foreign name for plain text, such as a question's title: Slack reads no marks there, and shows no entities."""
    return shorten(" ".join(_INVISIBLE.sub("", text).split()), limit).translate(_BRACKETS)


def code(text: str, limit: int = 200) -> str:
    """Foreign text as inline code, e.g. an id that people copy."""
    return f"`{escape(shorten(' '.join(text.split()), limit)).replace('`', 'ˋ')}`"


def quote(text: str, limit: int = 1_000) -> str:
    """Foreign text as a quotation, kept apart from our own words."""
    lines = escape(shorten(text.strip(), limit)).splitlines() or [""]
    return "\n".join(f"> {line}" for line in lines)


def told(text: str) -> str:
    """A sentence of ours that may hold foreign words, escaped already or not: nothing in it is active."""
    return _BARE_AMPERSAND.sub("&amp;", _INVISIBLE.sub("", text)).replace("<", "&lt;").replace(">", "&gt;")


def sentence(text: str) -> str:
    """As `told`, for sentences of ours that mention people, channels or dates: these stay."""
    parts: list[str] = []
    end = 0
    for found in _OURS.finditer(text):
        parts += [told(text[end : found.start()]), found.group()]
        end = found.end()
    return "".join([*parts, told(text[end:])])


def markdown(text: str) -> str:
    """Foreign Markdown for markdown blocks and streams: what would ping or link is broken invisibly.

    Entities would show as such inside code, so a zero-width space stands in the middle of `<!`, `://`, `](` …
    """
    return _ACTIVE.sub(lambda found: found.group() + _BREAK, _INVISIBLE.sub("", text))


def settled(text: str) -> int:
    """How much of a text that is still growing can be passed through `markdown` already.

    What may yet become active with the next character is left for later.
    """
    found = _MAYBE_ACTIVE.search(text)
    return found.start() if found else len(text)


def unescape(text: str) -> str:
    """A message as Slack delivers it, as the person typed it: links as text, entities resolved; mentions stay."""

    def plain(found: re.Match[str]) -> str:
        target, label = found.group(1), found.group(2)
        return found.group() if target[0] in "@#!" else label or target

    return html.unescape(_SLACK_LINK.sub(plain, text))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis when something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def cut(mrkdwn: str, limit: int) -> str:
    """As `shorten`, for text already escaped: never ends inside an entity, a mention or a date."""
    if len(mrkdwn) <= limit:
        return mrkdwn
    return _ENTITY_OR_TOKEN.sub("", mrkdwn[: limit - 1]).rstrip() + "…"
