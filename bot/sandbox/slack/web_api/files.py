"""files.*: what is known of a file, and an app's own uploads, whose sharing comes later than the answer."""

from typing import Any

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.files import File
from bot.sandbox.slack.team import BOT_USER_ID, Channel
from bot.sandbox.slack.web_api.arguments import Arguments, Method, joined_channel, thread_of
from bot.sandbox.slack.workspace import Workspace

SHARE_DELAY = 0.3  # seconds; Slack shares an upload some time after it said "ok"
PROCESSING = 0.25  # seconds until it knows a file's type; before SHARE_DELAY, so that messages show the type
NAME = 255
SNIPPET = 1_000_000  # bytes
ALT_TEXT = 1_000  # characters


def info(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """One file the bot can see: its own, or one shared where the bot is."""
    file = slack.files.need(arguments.need("file"))
    if not slack.files.app_sees(file):
        raise SlackError("file_not_found")
    return {"file": slack.files.for_info(file), "comments": [], "response_metadata": {"next_cursor": ""}}


def get_upload_url(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Where to send the bytes of a new file of `length` bytes."""
    name = arguments.need("filename")
    if arguments.text("length") == "0":
        raise SlackError("missing_argument")
    length = arguments.number("length", 0, 1_000_000_000)
    if arguments.text("snippet_type") and length > SNIPPET:
        raise SlackError("snippet_too_large")
    if len(arguments.text("alt_txt")) > ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    if len(name) > NAME:
        raise SlackError("invalid_arguments", messages=["[ERROR] must be less than 256 characters: filename"])
    mode = "snippet" if arguments.text("snippet_type") else "hosted"
    file = slack.files.new(name, BOT_USER_ID, mode=mode, length=length)
    return {"upload_url": f"{slack.base_url}/slack/upload/{file.id}", "file_id": file.id}


def complete_upload(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Finish uploads and share them, a little later, in a channel or thread."""
    wanted = arguments.array("files")
    if not wanted:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: files"])
    files = [_finished(slack, item) for item in wanted]
    channels = [c for c in (arguments.text("channel_id") or arguments.text("channels")).split(",") if c]
    body: dict[str, Any] = {"text": arguments.text("initial_comment")}
    for channel_id in channels:
        channel = joined_channel(slack, channel_id)
        body |= thread_of(slack, channel, arguments)
        for file in files:
            slack.background.start(_share_later(slack, file, channel, body))
    for file in files:
        file.complete = file.processing = True
        slack.background.start(_processed_later(slack, file))
    return {"files": [slack.files.for_info(f) for f in files]}


def _finished(slack: Workspace, item: Any) -> File:
    file = slack.files.find(str(item.get("id"))) if isinstance(item, dict) else None
    if file is None or file.user != BOT_USER_ID or file.complete or file.size != file.length:
        raise SlackError("file_not_found")
    file.title = str(item.get("title") or file.name)
    return file


async def _share_later(slack: Workspace, file: File, channel: Channel, body: dict[str, Any]) -> None:
    await slack.background.wait(SHARE_DELAY)
    if not file.deleted:
        slack.share(file, channel, {**slack.bot_identity(), **body})


async def _processed_later(slack: Workspace, file: File) -> None:
    """Slack says "ok" before it has looked at the file; until then nothing can show it."""
    await slack.background.wait(PROCESSING)
    file.processing = False


def delete(slack: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Delete one of the app's own files."""
    file = slack.files.need(arguments.need("file"))
    if file.user != BOT_USER_ID:
        raise SlackError("cant_delete_file")
    slack.delete_file(file)
    return {}


METHODS: dict[str, Method] = {
    "files.info": info,
    "files.getUploadURLExternal": get_upload_url,
    "files.completeUploadExternal": complete_upload,
    "files.delete": delete,
}
