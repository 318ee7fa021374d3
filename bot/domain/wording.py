"""Putting foreign text into our own sentences; sentences are Slack's mrkdwn, foreign text in them must be plain."""


def plain(text: str) -> str:
    """Foreign text (a name, a server's words) made safe inside a mrkdwn sentence: one line, no links, no pings.

    Slack needs exactly these three characters escaped (its formatting guide).
    """
    flat = " ".join(text.split())
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
