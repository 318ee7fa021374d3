"""The shape of rich text: every element Slack's reference names, and no other; knows no block that holds it."""

from bot.sandbox.slack.shapes import Bool, ByType, Enum, Int, ListOf, Obj, Shape, Str

_LONGEST = 40_000  # characters; the reference names no limit for one element
_STYLE = Obj(
    {},
    {
        each: Bool()
        for each in (
            *("bold", "italic", "strike", "code", "underline"),
            *("highlight", "client_highlight", "unlink"),
        )
    },
)
_STYLED: dict[str, Shape] = {"style": _STYLE}
_BORDER: dict[str, Shape] = {"border": Int(0, 1)}
_INLINE = ByType(
    {
        "text": Obj({"text": Str(_LONGEST)}, _STYLED),
        "link": Obj({"url": Str(3_000)}, {**_STYLED, "text": Str(_LONGEST, 0), "unsafe": Bool()}),
        "user": Obj({"user_id": Str(20)}, _STYLED),
        "usergroup": Obj({"usergroup_id": Str(20)}, _STYLED),
        "channel": Obj({"channel_id": Str(20)}, _STYLED),
        "team": Obj({"team_id": Str(20)}, _STYLED),
        "broadcast": Obj({"range": Enum(("here", "channel", "everyone"))}, _STYLED),
        "emoji": Obj({"name": Str(100)}, {**_STYLED, "unicode": Str(100), "skin_tone": Int(1, 6)}),
        "color": Obj({"value": Str(7)}, _STYLED),
        "date": Obj(
            {"timestamp": Int(0, 9_999_999_999), "format": Str(300)},
            {**_STYLED, "url": Str(3_000), "fallback": Str(300)},
        ),
    }
)
_SECTION = Obj({"elements": ListOf(_INLINE, 1_000, 0)})
ELEMENTS = ByType(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": Obj(
            {
                "style": Enum(("bullet", "ordered")),
                "elements": ListOf(ByType({"rich_text_section": _SECTION}), 1_000),
            },
            {**_BORDER, "indent": Int(0, 8), "offset": Int(0, 1_000_000)},
        ),
        "rich_text_preformatted": Obj(
            {"elements": ListOf(_INLINE, 1_000, 0)}, {**_BORDER, "language": Str(50)}
        ),
        "rich_text_quote": Obj({"elements": ListOf(_INLINE, 1_000, 0)}, _BORDER),
    }
)
"""What stands in a rich_text block's `elements`."""
