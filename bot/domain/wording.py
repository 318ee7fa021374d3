"""Putting foreign text into our own sentences; sentences are Slack's mrkdwn, foreign text in them must be plain."""

import re

_ADDRESS = re.compile(r":(?=//)|\bwww(?=\.)", re.IGNORECASE)
_BREAK = "\u200b"  # zero width: seen by Slack's parser, not by people


def plain(text: str) -> str:
    """Foreign text (a name, a server's words) made safe inside a mrkdwn sentence: one line, no links, no pings.

    Slack needs exactly these three characters escaped (its formatting guide), and makes links of bare addresses.
    """
    flat = " ".join(text.split())
    flat = _ADDRESS.sub(lambda found: found.group() + _BREAK, flat)
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
