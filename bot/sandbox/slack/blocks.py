"""Judges blocks as Slack does: each by the table of blocks, and a message's together: text, tables, what is drawn.

The cap on a message's text is not documented; 13,200 characters is what has been measured (slackapi/bolt-js issue
2509, metabase pull request 79908).
"""

import secrets
from collections.abc import Collection
from typing import Any

from bot.sandbox.slack.block_kit import ALLOWED, BLOCKS, Surface
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.markdown import rendered
from bot.sandbox.slack.shapes import ByType, Findings, ListOf

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIDEO_SCOPE = "links.embed:write"
MESSAGE_TEXT = 13_200  # characters over all blocks
MARKDOWN_TEXT = 12_000  # characters over all markdown blocks; unsettled: 13,200 were measured once
TABLE_TEXT = {"table": 10_000, "data_table": 20_000}  # characters over all blocks of that type
CHARTS = 2


def faults_of(blocks: Any, surface: Surface, at: str = "/blocks") -> list[str]:
    """Everything Slack would hold against these blocks, as its `response_metadata.messages`; empty when fine."""
    findings = Findings()
    most = MESSAGE_BLOCKS if surface == "message" else VIEW_BLOCKS
    ListOf(ByType(BLOCKS, ALLOWED[surface]), most, 0).check(blocks, at, findings)
    if isinstance(blocks, list):
        _unique(blocks, at, findings)
        for i, block in enumerate(blocks):
            if not isinstance(block, dict):
                continue
            if block.get("type") == "container":
                findings.messages += faults_of(block.get("child_blocks"), surface, f"{at}/{i}/child_blocks")
            if _element(block).get("type") == "file_input":
                if surface != "modal":
                    findings.add(f"{at}/{i}/element/type", "unsupported type: file_input")
                elif block.get("dispatch_action"):
                    findings.add(f"{at}/{i}/dispatch_action", "not supported for file_input")
        focused = [f"{at}{where}" for where in _focused(blocks)]
        for where in focused[1:]:
            findings.add(where, "only one element can have focus_on_load")
    return findings.messages


def check_message(blocks: Any, *, streamed: bool = False) -> None:
    """Raise what posting these blocks gives: invalid_blocks or msg_blocks_too_long.

    A stream holds its text in several blocks, and its tasks may wait.
    """
    messages = faults_of(blocks, "message")
    if messages:
        raise SlackError("invalid_blocks", messages=messages)
    for kind, most in TABLE_TEXT.items():
        if sum(_characters(b["rows"]) for b in blocks if b["type"] == kind) > most:
            raise _invalid(f"{kind} blocks hold more than {most} characters", "/blocks")
    if sum(b["type"] == "data_visualization" for b in blocks) > CHARTS:
        raise _invalid("no more than 2 charts allowed", "/blocks")
    if not streamed:
        for i, block in enumerate(blocks):
            if block["type"] == "task_card" and block.get("status") == "pending":  # seen on a live workspace
                raise _invalid("must be one of: in_progress, complete, error", f"/blocks/{i}/status")
    marked = sum(len(b["text"]) for b in blocks if b["type"] == "markdown")
    told = [{k: v for k, v in b.items() if (b["type"], k) != ("data_table", "rows")} for b in blocks]
    if _characters(told) > MESSAGE_TEXT or (marked > MARKDOWN_TEXT and not streamed):
        raise SlackError("msg_blocks_too_long")
    if drawn(blocks) > MESSAGE_BLOCKS:
        raise _invalid("no more than 50 items allowed", "/blocks")


def _invalid(text: str, at: str) -> SlackError:
    findings = Findings()
    findings.add(at, text)
    return SlackError("invalid_blocks", messages=findings.messages)


def drawn(blocks: list[dict[str, Any]]) -> int:
    """How many blocks Slack draws for these."""
    return sum(rendered(b["text"]) if b["type"] == "markdown" else 1 for b in blocks)


def unscoped(blocks: Any, scopes: Collection[str], at: str = "/blocks") -> list[str]:
    """What is wrong with blocks that need a scope of their own: a video wants links.embed:write."""
    findings = Findings()
    if VIDEO_SCOPE not in scopes and isinstance(blocks, list):
        for i, block in enumerate(blocks):
            if isinstance(block, dict) and block.get("type") == "video":
                findings.add(f"{at}/{i}", f"missing scope: {VIDEO_SCOPE}")
    return findings.messages


def _focused(value: Any, at: str = "") -> list[str]:
    """Where elements ask for the focus, however deep."""
    if isinstance(value, list):
        return [found for i, each in enumerate(value) for found in _focused(each, f"{at}/{i}")]
    if not isinstance(value, dict):
        return []
    own = [at] if value.get("focus_on_load") is True else []
    return own + [found for key, inner in value.items() for found in _focused(inner, f"{at}/{key}")]


def slack_files(value: Any, at: str = "/blocks") -> list[tuple[str, dict[str, Any]]]:
    """Every `slack_file` in blocks however deep, with its JSON pointer."""
    if isinstance(value, list):
        return [found for i, each in enumerate(value) for found in slack_files(each, f"{at}/{i}")]
    if not isinstance(value, dict):
        return []
    found = [(f"{at}/slack_file", value["slack_file"])] if isinstance(value.get("slack_file"), dict) else []
    return found + [each for key, inner in value.items() for each in slack_files(inner, f"{at}/{key}")]


def with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same blocks with the block ids and action ids Slack makes up where the app gave none."""
    given = []
    for named in blocks:
        block = {**named, "block_id": named.get("block_id") or secrets.token_urlsafe(3)[:5]}
        for key in ("accessory", "element"):
            if isinstance(block.get(key), dict):
                block[key] = _named(block[key])
        match block["type"]:
            case "actions" | "context_actions":
                block["elements"] = [_named(e) for e in block["elements"]]
            case "card":
                block["actions"] = [_named(e) for e in block.get("actions") or ()]
            case "carousel":
                block["elements"] = with_ids(block["elements"])
            case "container":
                block["child_blocks"] = with_ids(block["child_blocks"])
        given.append(block)
    return given


def interactive(blocks: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every (block, element) a person can act on, in order."""
    found = []
    for block in blocks:
        if block["type"] in ("actions", "context_actions"):
            found += [(block, e) for e in block["elements"]]
        elif block["type"] in ("card", "carousel"):
            cards = [block] if block["type"] == "card" else block["elements"]
            found += [(block, e) for card in cards for e in card.get("actions") or ()]
        elif block["type"] == "container":
            found += interactive(block["child_blocks"])
        elif _element(block).get("type") not in (None, "image"):
            found.append((block, _element(block)))
    return found


def _named(element: dict[str, Any]) -> dict[str, Any]:
    if element["type"] == "image" or element.get("action_id"):
        return element
    return {**element, "action_id": secrets.token_urlsafe(3)[:5]}


def _element(block: dict[str, Any]) -> dict[str, Any]:
    found = block.get("accessory") or block.get("element") or {}
    return found if isinstance(found, dict) else {}


def _unique(blocks: list[Any], at: str, findings: Findings) -> None:
    seen: set[str] = set()
    for i, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in seen:
                findings.add(f"{at}/{i}/block_id", f"block_id already exists: {block_id}")
            seen.add(block_id)
        elements = block.get("elements")
        ids = (
            [e.get("action_id") for e in elements if isinstance(e, dict)]
            if isinstance(elements, list)
            else []
        )
        for j, action_id in enumerate(ids):
            if action_id is not None and action_id in ids[:j]:
                findings.add(f"{at}/{i}/elements/{j}/action_id", f"action_id already exists: {action_id}")


def _characters(value: Any) -> int:
    """The characters a reader sees: every `text` and `alt_text` string, however deep."""
    if isinstance(value, list):
        return sum(map(_characters, value))
    if isinstance(value, dict):
        return sum(
            len(v) if isinstance(v, str) and k in ("text", "alt_text") else _characters(v)
            for k, v in value.items()
        )
    return 0
