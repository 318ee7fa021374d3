"""What a person types, turned into what Slack stores: escapes, mentions, links and the rich_text block."""

import re
from typing import Any

from bot.sandbox.slack.team import Team

_TYPED = re.compile(
    r"<@(?P<user>[UW][A-Z0-9]+)(?:\|[^<>]*)?>|<\#(?P<channel>C[A-Z0-9]+)(?:\|[^<>]*)?>|<!(?P<all>channel|here|everyone)>"
    r"|(?<![\w@])@(?P<name>[a-z][\w.-]*)|(?<![\w#&])\#(?P<channel_name>[a-z0-9][\w-]*)"
    r"|(?P<link>https?://[^\s<>|]+)"
)
_STORED = re.compile(
    r"<@(?P<user>[A-Z0-9]+)>|<\#(?P<channel>[A-Z0-9]+)\|[^<>]*>|<!(?P<all>[a-z]+)>|<(?P<link>https?://[^<>|]+)>"
)


def escaped(text: str) -> str:
    """Slack's three escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def stored(text: str, team: Team) -> str:
    """A typed message in Slack's own markup: @mina becomes <@U…>, #general <#C…|general>, links <https://…>."""
    return _rewritten(text, team, lambda m: _mention(m, team, named=False))


def for_command(text: str, team: Team, *, should_escape: bool) -> str:
    """The text of a slash command: mentions as <@U…|name> when the manifest asks for it, else as they read."""
    if should_escape:
        return _rewritten(text, team, lambda m: _mention(m, team, named=True))
    return _rewritten(text, team, lambda m: _plain(m, team))


def rich_text(markup: str) -> dict[str, Any]:
    """The rich_text block Slack's composer sends along with a message's text."""
    elements: list[dict[str, Any]] = []
    at = 0
    for match in _STORED.finditer(markup):
        elements += _text_element(markup[at : match.start()])
        at = match.end()
        kind, value = next((k, v) for k, v in match.groupdict().items() if v)
        elements.append(
            {
                "user": {"type": "user", "user_id": value},
                "channel": {"type": "channel", "channel_id": value},
                "all": {"type": "broadcast", "range": value},
                "link": {"type": "link", "url": _unescaped(value)},
            }[kind]
        )
    elements += _text_element(markup[at:])
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _text_element(markup: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": _unescaped(markup)}] if markup else []


def _rewritten(text: str, _team: Team, mention: Any) -> str:
    out, at = [], 0
    for match in _TYPED.finditer(text):
        out += [escaped(text[at : match.start()]), mention(match)]
        at = match.end()
    return "".join([*out, escaped(text[at:])])


def _ids(match: re.Match[str], team: Team) -> tuple[str | None, str | None]:
    """The user id and the channel id a mention stands for, if it stands for one."""
    user, channel = match["user"], match["channel"]
    if match["name"]:
        user = next((u.id for u in team.users.values() if u.name == match["name"]), None)
    if match["channel_name"]:
        named = (c.id for c in team.channels.values() if c.name == match["channel_name"])
        channel = next(named, None)
    return (user if user in team.users else None, channel if channel in team.channels else None)


def _mention(match: re.Match[str], team: Team, *, named: bool) -> str:
    user, channel = _ids(match, team)
    if user:
        return f"<@{user}|{team.users[user].name}>" if named else f"<@{user}>"
    if channel:
        return f"<#{channel}|{team.channels[channel].name}>"
    everyone = match["all"] or (match["name"] if match["name"] in ("channel", "here", "everyone") else None)
    if everyone:
        return f"<!{everyone}>"
    return f"<{escaped(match['link'])}>" if match["link"] else escaped(match[0])


def _plain(match: re.Match[str], team: Team) -> str:
    user, channel = _ids(match, team)
    if user:
        return "@" + team.users[user].name
    return "#" + team.channels[channel].name if channel else escaped(match[0])
