"""What an app may put into a message: text, blocks, metadata; one place for every way to post."""

import json
from typing import Any

from bot.sandbox.slack.blocks import check_message, with_ids
from bot.sandbox.slack.errors import SlackError

TEXT = 40_000  # characters; chat.postMessage cuts there
MARKDOWN = 12_000
METADATA = 8_000  # characters of JSON; Slack documents no number, this one is on the safe side
ATTACHMENTS = 100


def parts_of(
    *, text: str, blocks: Any, attachments: Any = None, metadata: Any = None, markdown: str = ""
) -> dict[str, Any]:
    """The parts of a message's body that were given, checked; empty blocks stand for "no blocks".

    Raises:
        SlackError: invalid_blocks, msg_blocks_too_long, msg_too_long, invalid_metadata_format and the like.
    """
    parts: dict[str, Any] = {}
    if markdown:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > MARKDOWN:
            raise SlackError("msg_too_long")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    if text:
        parts["text"] = text[:TEXT]
    if blocks is not None:
        parts["blocks"] = _blocks(blocks)
    if attachments is not None:
        if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
            raise SlackError("invalid_attachments")
        if len(attachments) > ATTACHMENTS:
            raise SlackError("too_many_attachments")
        parts["attachments"] = [{"id": i, **a} for i, a in enumerate(attachments, 1)]
    if metadata is not None:
        parts["metadata"] = _metadata(metadata)
    return parts


def _blocks(blocks: Any) -> list[dict[str, Any]]:
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    check_message(blocks)
    return with_ids(blocks)


def _metadata(metadata: Any) -> dict[str, Any]:
    if metadata == {}:
        return {}
    formed = (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    )
    if not formed:
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata, ensure_ascii=False)) > METADATA:
        raise SlackError("metadata_too_large")
    return dict(metadata)
