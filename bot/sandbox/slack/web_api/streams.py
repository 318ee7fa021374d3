"""Text that comes in pieces: chat.startStream, appendStream, stopStream, and assistant.threads.setStatus."""

from typing import Any

from bot.sandbox.slack.block_kit import TASK_TEXT
from bot.sandbox.slack.blocks import MESSAGE_BLOCKS, MESSAGE_TEXT, check_message, drawn, with_ids
from bot.sandbox.slack.contents import MARKDOWN, parts_of
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.posts import Post
from bot.sandbox.slack.team import BOT_USER_ID
from bot.sandbox.slack.typed import rich_text
from bot.sandbox.slack.web_api.arguments import Arguments, Method, joined_channel, known_post, living
from bot.sandbox.slack.workspace import Workspace

LIFETIME = (
    5 * 60.0
)  # seconds after the start; Slack ends the stream then (slackapi/python-slack-sdk issue 1859)
STATUS_LIFETIME = 2 * 60.0  # seconds until an unanswered status clears by itself
_CHUNKS = frozenset(("markdown_text", "task_update", "plan_update", "blocks"))


def start(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Open a streaming message in a thread."""
    channel = living(joined_channel(slack, arguments.need("channel")))
    root = slack.posts.root_of(channel.id, arguments.need("thread_ts"))
    if root is None:  # unsettled: no page says what becomes of a stream below a message that is not there
        raise SlackError("thread_not_found")
    if not channel.is_im:
        if not arguments.text("recipient_team_id"):
            raise SlackError("missing_recipient_team_id")
        if not arguments.text("recipient_user_id"):
            raise SlackError("missing_recipient_user_id")
        if arguments.text("recipient_user_id") not in slack.team.users:
            raise SlackError("user_not_found")
    text, blocks = _piece(arguments)
    body = {"thread_ts": root, "text": text, "blocks": _drawn(text, blocks)}
    post = slack.post_as_bot(channel, body, streaming=True)
    post.streamed_by = _mode(arguments)
    slack.background.start(_expire(slack, post))
    return {"channel": channel.id, "ts": post.ts}


async def _expire(slack: Workspace, post: Post) -> None:
    await slack.background.wait(LIFETIME)
    if post.streaming:
        _end(slack, post)


def _end(slack: Workspace, post: Post, **parts: Any) -> None:
    post.streaming = False
    slack.edit(post, **parts)


def append(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Add a piece to an open stream."""
    post = _open_stream(slack, arguments)
    text, blocks = _grown(post, arguments)
    slack.posts.change(post, text=text, blocks=_drawn(text, blocks))
    return {"channel": post.channel, "ts": post.ts}


def stop(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Close an open stream, with a last piece, blocks below it and metadata if given."""
    post = _open_stream(slack, arguments)
    text, blocks = _grown(post, arguments, optional=True)
    below = parts_of(text="", blocks=arguments.json("blocks"), metadata=arguments.json("metadata"))
    streamed = _drawn(text, blocks)
    if (
        drawn(streamed) > MESSAGE_BLOCKS
    ):  # unsettled: the method's page lists the code, it was measured ok once
        raise SlackError("msg_blocks_too_many")
    check_message(streamed, streamed=True)
    whole = streamed + below.pop("blocks", [])  # these have a limit of their own
    _end(slack, post, text=text, blocks=whole, **below)
    return {"channel": post.channel, "ts": post.ts, "message": post.for_app(metadata=True)}


def _open_stream(slack: Workspace, arguments: Arguments) -> Post:
    channel = living(joined_channel(slack, arguments.need("channel")))
    post = known_post(slack, channel, arguments.need("ts"))
    if post.body.get("user") != BOT_USER_ID:
        raise SlackError("message_not_owned_by_app")
    if post.streaming and slack.clock.now() > float(post.ts) + LIFETIME:
        _end(slack, post)  # the clock was skipped ahead and nobody has looked yet
    if not post.streaming:
        raise SlackError("message_not_in_streaming_state")
    return post


def _piece(arguments: Arguments) -> tuple[str, list[dict[str, Any]]]:
    """The text and the blocks this call brings."""
    text = arguments.text("markdown_text")
    chunks = arguments.array("chunks")
    if text and chunks:
        raise SlackError("cannot_provide_both_markdown_text_and_chunks")
    blocks: list[dict[str, Any]] = []
    for chunk in chunks:
        kind = chunk.get("type") if isinstance(chunk, dict) else None
        if kind not in _CHUNKS:
            raise SlackError("invalid_chunks")
        if kind == "markdown_text":
            text += str(chunk.get("text", ""))
        elif kind == "blocks":
            blocks += chunk["blocks"] if isinstance(chunk.get("blocks"), list) else []
        elif kind == "task_update":
            blocks.append(_task(chunk))
        else:
            blocks.append({"type": "plan", "title": chunk.get("title")})
    if len(text) > MARKDOWN:
        raise SlackError("msg_too_long")
    check_message(blocks, streamed=True)
    return text, with_ids(blocks)


def _task(chunk: dict[str, Any]) -> dict[str, Any]:
    """The card of a task; unsettled: of what is too long msg_too_long was answered, too."""
    texts = [chunk.get(key, "") for key in ("id", "title", "details", "output")]
    if not (chunk.get("id") and chunk.get("title")) or any(
        not isinstance(each, str) or len(each) > TASK_TEXT for each in texts
    ):
        raise SlackError("invalid_chunks")
    told = {key: rich_text(chunk[key]) for key in ("details", "output") if chunk.get(key)}
    kept = {key: chunk[key] for key in ("status", "sources") if chunk.get(key)}
    return {"type": "task_card", "task_id": chunk["id"], "title": chunk["title"], **kept, **told}


def _grown(post: Post, arguments: Arguments, *, optional: bool = False) -> tuple[str, list[dict[str, Any]]]:
    """The whole text and the blocks beside it after this call; a task's newer card replaces its older one."""
    text, blocks = _piece(arguments)
    if not (text or blocks or optional):
        raise SlackError("markdown_text_or_chunks_required")
    mode = _mode(arguments)
    if mode and post.streamed_by and mode != post.streamed_by:
        raise SlackError("streaming_mode_mismatch")
    post.streamed_by = post.streamed_by or mode
    whole = post.body["text"] + text
    if len(whole) > MESSAGE_TEXT:
        raise SlackError("msg_too_long")
    newer = {b.get("task_id") for b in blocks if b["type"] == "task_card"}
    older = [b for b in post.body["blocks"] if b["type"] != "markdown" and b.get("task_id", "") not in newer]
    return whole, older + blocks


def _mode(arguments: Arguments) -> str:
    """In which of the two ways this call brings text, if it brings any."""
    return next((each for each in ("markdown_text", "chunks") if arguments.given.get(each)), "")


def _drawn(text: str, blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    cut = [text[i : i + MARKDOWN] for i in range(0, len(text), MARKDOWN)]
    return blocks + [
        {"type": "markdown", "text": part, "block_id": f"stream{i}"} for i, part in enumerate(cut)
    ]


def set_status(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Say "… is thinking" in a thread until the app posts there, clears it, or two minutes pass."""
    channel = joined_channel(slack, arguments.need("channel_id"))
    thread = slack.posts.root_of(channel.id, arguments.need("thread_ts"))
    if thread is None:
        raise SlackError("invalid_thread_ts")
    if len(arguments.array("loading_messages")) > 10:
        raise SlackError(
            "invalid_arguments", messages=["[ERROR] no more than 10 items allowed: loading_messages"]
        )
    slack.watch.status(channel.id, thread, arguments.text("status"))
    if arguments.text("status"):
        slack.background.start(_clear_status(slack, channel.id, thread))
    return {}


async def _clear_status(slack: Workspace, channel: str, thread: str) -> None:
    await slack.background.wait(STATUS_LIFETIME)
    slack.watch.status(channel, thread, "")


METHODS: dict[str, Method] = {
    "chat.startStream": start,
    "chat.appendStream": append,
    "chat.stopStream": stop,
    "assistant.threads.setStatus": set_status,
}
