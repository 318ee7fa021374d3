"""Small builders of Block Kit; each keeps to Slack's limits by itself. Knows nothing of our subjects.

Plain dicts, because slack_sdk's `View` turns blocks it does not know into null. Limits: Block Kit reference.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from handlers.escaping import cut, shorten

Block = dict[str, Any]
View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says: `text` is the notification and what screen readers get, `blocks` what is drawn.

    `plainer` blocks say the whole of it, too, for when Slack refuses `blocks`; without them it is then said shorter.
    """

    text: str
    blocks: list[Block] = field(default_factory=list)
    plainer: list[Block] = field(default_factory=list)


def mrkdwn(text: str, limit: int = 3_000) -> Block:
    """Formatted text; `verbatim` keeps Slack from linking what looks like an address or a channel."""
    return {"type": "mrkdwn", "text": cut(text, limit) or " ", "verbatim": True}


def plain(text: str, limit: int = 75) -> Block:
    """Text in which nothing is formatted; entities need no escaping here."""
    return {"type": "plain_text", "text": shorten(text, limit) or " ", "emoji": True}


def section(text: str, *, accessory: Block | None = None) -> Block:
    """A paragraph, with a button or menu beside it."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block | {"accessory": accessory} if accessory else block


def fields(*pairs: tuple[str, str]) -> Block:
    """Label and value in two columns; at most ten."""
    return {
        "type": "section",
        "fields": [mrkdwn(f"*{label}*\n{value}", 2_000) for label, value in pairs[:10]],
    }


def context(*texts: str) -> Block:
    """Small grey print."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10]]}


def picture(file_id: str, says: str) -> Block:
    """A picture of ours in Slack; `says` tells the same to whoever does not see it."""
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": shorten(says, 2_000) or "A picture"}


def header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain(text, 150)}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def markdown(text: str) -> Block:
    """Standard Markdown, e.g. a model's answer; the caller has made it harmless."""
    return {"type": "markdown", "text": shorten(text, 12_000)}


def plain_sections(text: str) -> list[Block]:
    """A long text in which nothing is formatted."""
    parts = [text[at : at + 3_000] for at in range(0, len(text), 3_000)]
    return [{"type": "section", "text": plain(part, 3_000)} for part in parts if part.strip()]


def actions(*elements: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(elements[:25])}


def button(
    label: str, action_id: str, value: str, *, style: str | None = None, confirm: Block | None = None
) -> Block:
    """A button; `style` is primary, danger or None."""
    block: Block = {
        "type": "button",
        "text": plain(label),
        "action_id": action_id,
        "value": value[:2_000],
    }
    if style:
        block["style"] = style
    if confirm:
        block["confirm"] = confirm
    return block


def confirm(title: str, text: str, yes: str, no: str, *, danger: bool = False) -> Block:
    """The question before something that costs or deletes."""
    return {
        "title": plain(title, 100),
        "text": mrkdwn(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
        "style": "danger" if danger else "primary",
    }


def option(label: str, value: str, description: str = "") -> Block:
    """One choice of a menu."""
    block: Block = {"text": plain(label), "value": value[:150]}
    return block | {"description": plain(description)} if description else block


def select(action_id: str, placeholder: str, options: Sequence[Block], chosen: str | None = None) -> Block:
    """A menu of at most 100 choices; `chosen` is the value of the one picked already."""
    block: Block = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder, 150),
        "options": list(options[:100]),
    }
    initial = next((each for each in options[:100] if each["value"] == chosen), None)
    return block | {"initial_option": initial} if initial else block


def overflow(action_id: str, options: Sequence[Block]) -> Block:
    """What is wanted more seldom, behind three dots: at most five choices."""
    return {"type": "overflow", "action_id": action_id, "options": list(options[:5])}


def question(
    block_id: str,
    label: str,
    element: Block,
    *,
    hint: str = "",
    optional: bool = False,
    live: bool = False,
) -> Block:
    """An input of a form; a `live` one tells the app of every change."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2_000),
        "element": element,
        "optional": optional,
        "dispatch_action": live,
    }
    return block | {"hint": plain(hint, 2_000)} if hint else block


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback_id: str = "",
    submit: str = "",
    close: str = "Close",
    private_metadata: str = "",
) -> View:
    """A modal view of at most 100 blocks."""
    view: View = {
        "type": "modal",
        "title": plain(title, 24),
        "close": plain(close, 24),
        "blocks": named(blocks[:100]),
        "private_metadata": private_metadata,
    }
    if callback_id:
        view["callback_id"] = callback_id
    if submit:
        view["submit"] = plain(submit, 24)
    return view


def home(blocks: Sequence[Block]) -> View:
    """The App Home tab."""
    return {"type": "home", "blocks": named(blocks[:100])}


MESSAGE_BLOCKS = 50
MESSAGE_TEXT = 11_900
"""Characters of all texts of one message; Slack refuses somewhere above 13,000 (`msg_blocks_too_long`)."""


def fit(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that one message can hold: the first ones, and every row of buttons, for those must not go."""
    kept: list[Block] = []
    rows = sum(block["type"] == "actions" for block in blocks)
    left = MESSAGE_TEXT - sum(length(block) for block in blocks if block["type"] == "actions")
    room = MESSAGE_BLOCKS - rows
    for block in blocks:
        if block["type"] == "actions":
            kept.append(block)
        elif room > 0 and (left := left - length(block)) >= 0:
            kept.append(block)
            room -= 1
    return named(kept)


def named(blocks: Sequence[Block]) -> list[Block]:
    """The same blocks; each that can be pressed has an id of its own, made of what it is about.

    Without one Slack draws a new id at each edit, and a press on what was shown a moment ago is on something that is
    not there any more. So it reaches us, and we say what has changed, if anything has.
    """
    taken: dict[str, int] = {}
    shown: list[Block] = []
    for block in blocks:
        subject = _subject(block)
        if subject is None or "block_id" in block:
            shown.append(block)
            continue
        taken[subject] = taken.get(subject, 0) + 1
        place = f" {taken[subject]}" if taken[subject] > 1 else ""  # Slack refuses one id twice
        shown.append(block | {"block_id": f"{subject[:240]}{place}"})
    return shown


def _subject(block: Block) -> str | None:
    """What the buttons of a block are about: what they carry, up to what was read of it (bot/domain/stale_buttons)."""
    if block["type"] == "actions":
        carried = (str(element["value"]) for element in block["elements"] if "value" in element)
        return f"buttons {next(carried, '').partition(':')[0]}"
    accessory = block.get("accessory")
    return f"beside {accessory.get('value', '')}" if accessory else None


def length(value: Any) -> int:
    """Characters of every text inside."""
    return sum(len(text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
