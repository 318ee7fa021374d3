"""Files of ours against the sandbox's Slack, and against servers that are not to have them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.places import Place
from bot.errors import SlackRefused, SlackUnavailable, StaleState
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.team import BOT_USER_ID
from handlers.slack.uploads import SlackUploads
from tests.handlers.conftest import TOKEN, Desk, until
from tests.handlers.fakes import Log

CONTENT = b'{"messages": []}\n' * 30_000


def uploads_of(client: AsyncWebClient, *hosts: str) -> SlackUploads:
    return SlackUploads(client, bot_user_id=BOT_USER_ID, hosts=hosts or ["127.0.0.1"], log=Log())


@pytest.fixture
def uploads(desk: Desk) -> SlackUploads:
    return uploads_of(desk.client)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "made"
    path.write_bytes(CONTENT)
    return path


async def thread(desk: Desk) -> Place:
    channel = desk.channels["ft-support"]
    return Place("-/T1", channel, (await desk.act("message", channel=channel, text="root"))["ts"])


async def shared(desk: Desk, place: Place, name: str) -> dict[str, Any]:
    """The message of the thread that shows a file of this name, once it is there: Slack shares late."""

    async def look() -> dict[str, Any] | None:
        for message in await desk.messages(thread_ts=place.thread_ts):
            if any(file["name"] == name for file in message.get("files", ())):
                return message
        return None

    return await until(look)


async def test_a_file_stands_in_its_thread_with_what_is_said_of_it(
    desk: Desk, uploads: SlackUploads, file: Path
) -> None:
    place = await thread(desk)
    file_id = await uploads.send(place, file, name="a.jsonl", title="Mended", comment="I *mended* 3 lines.")
    message = await shared(desk, place, "a.jsonl")
    [shown] = message["files"]
    assert message["text"] == "I *mended* 3 lines."
    assert (shown["id"], shown["title"], shown["size"]) == (file_id, "Mended", len(CONTENT))
    async with desk.http.get(f"{desk.url}/control/files/{file_id}") as answer:
        assert await answer.read() == CONTENT


async def test_the_token_is_not_sent_with_the_bytes(file: Path) -> None:
    seen: list[str] = []

    async def bytes_come(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        assert await request.read() == CONTENT
        return web.Response(text="OK")

    async with slack_with(bytes_come) as url:
        await uploads_of(AsyncWebClient(token="xoxb-secret", base_url=f"{url}/api/")).send(
            Place("-/T1", "C1", "1.1"), file, name="a", title="a", comment=""
        )
    assert seen == [""]


async def test_the_bytes_go_to_no_host_that_is_not_on_the_list(file: Path) -> None:
    async def never(_: web.Request) -> web.Response:
        raise AssertionError

    async with slack_with(never) as url:
        client = AsyncWebClient(token="xoxb-secret", base_url=f"{url}/api/")
        with pytest.raises(SlackRefused, match="SLACK_FILE_HOSTS"):
            await uploads_of(client, "files.slack.com").send(
                Place("-/T1", "C1", "1.1"), file, name="a", title="a", comment=""
            )


@asynccontextmanager
async def slack_with(take: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """A Slack that answers every call with yes and takes bytes with `take`; gives its address."""
    app = web.Application()

    async def address(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "file_id": "F1", "upload_url": f"http://{request.host}/bytes"})

    app.router.add_post("/api/{method}", address)
    app.router.add_post("/bytes", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_file_that_was_shared_before_a_crash_is_found(
    desk: Desk, uploads: SlackUploads, file: Path
) -> None:
    place, before = await thread(desk), datetime.now(UTC)
    assert await uploads.find(place, "a.jsonl", before, ()) is None
    await desk.upload("ft-support", "a.jsonl", b"{}", thread_ts=str(place.thread_ts))  # a person's
    other = await thread(desk)
    await uploads.send(other, file, name="a.jsonl", title="a", comment="")
    await shared(desk, other, "a.jsonl")
    assert await uploads.find(place, "a.jsonl", before, ()) is None
    file_id = await uploads.send(place, file, name="b.jsonl", title="b", comment="")
    await shared(desk, place, "b.jsonl")
    assert await uploads.find(place, "b.jsonl", before, ()) == file_id
    assert await uploads.find(place, "b.jsonl", before, {file_id}) is None
    assert await uploads.find(place, "b.jsonl", before + timedelta(hours=1), ()) is None


async def test_a_deleted_file_of_ours_is_found_no_more(desk: Desk, uploads: SlackUploads, file: Path) -> None:
    place, before = await thread(desk), datetime.now(UTC)
    file_id = await uploads.send(place, file, name="a.jsonl", title="a", comment="")
    await shared(desk, place, "a.jsonl")
    await uploads.delete(file_id)
    await uploads.delete(file_id)
    assert await uploads.find(place, "a.jsonl", before, ()) is None


async def test_a_file_that_a_person_shared_is_left_alone(desk: Desk, uploads: SlackUploads) -> None:
    place = await thread(desk)
    await desk.upload("ft-support", "a.jsonl", b"{}", thread_ts=str(place.thread_ts))
    [file] = (await shared(desk, place, "a.jsonl"))["files"]
    await uploads.delete(file["id"])
    assert (await desk.client.files_info(file=file["id"]))["file"]["mode"] == "hosted"


@pytest.mark.parametrize("code", ["storage_limit_reached", "file_uploads_except_images_disabled"])
async def test_a_workspace_that_takes_no_file_is_told_as_the_reason(
    desk: Desk, uploads: SlackUploads, file: Path, code: str
) -> None:
    await desk.control("faults", side="slack", match="files.getUploadURLExternal", kind="error", code=code)
    with pytest.raises(SlackRefused, match="Slack takes no file: ") as told:
        await uploads.send(await thread(desk), file, name="a.jsonl", title="a", comment="")
    assert told.value.code == code


async def test_no_file_is_in_a_thread_that_is_gone(desk: Desk, uploads: SlackUploads) -> None:
    place = Place("-/T1", desk.channels["ft-support"], "1700000000.000100")
    assert await uploads.find(place, "a.jsonl", datetime.now(UTC), ()) is None


@pytest.mark.parametrize("side", ["files", "slack"])
@pytest.mark.parametrize("kind", ["429", "500", "drop_before", "drop_after"])
async def test_what_may_pass_is_worth_another_try(
    desk: Desk, uploads: SlackUploads, file: Path, side: str, kind: str
) -> None:
    place = await thread(desk)
    match = "*" if side == "files" else "files.completeUploadExternal"
    await desk.control("faults", side=side, match=match, kind=kind, retry_after=7)
    with pytest.raises(SlackUnavailable) as told:
        await uploads.send(place, file, name="a.jsonl", title="a", comment="")
    assert told.value.retry_after == (7.0 if kind == "429" else None)


async def test_a_channel_without_us_is_a_refusal_with_what_to_do(
    desk: Desk, uploads: SlackUploads, file: Path
) -> None:
    with pytest.raises(SlackRefused, match="/invite"):
        await uploads.send(Place("-/T1", desk.channels["random"]), file, name="a", title="a", comment="")


async def test_a_lacking_scope_is_named_with_whom_to_ask(file: Path) -> None:
    manifest = yaml.safe_load((Path(__file__).parents[3] / "manifest.yaml").read_text("utf-8"))
    manifest["oauth_config"]["scopes"]["bot"].remove("files:write")
    sandbox = Sandbox(manifest=manifest)
    await sandbox.start()
    try:
        client = AsyncWebClient(token=TOKEN, base_url=sandbox.slack_api_url)
        with pytest.raises(SlackRefused, match=r"files:write.*reinstall"):
            await uploads_of(client).send(Place("-/T1", "C1", "1.1"), file, name="a", title="a", comment="")
    finally:
        await sandbox.close()


async def test_a_picture_is_known_before_it_exists_and_can_be_shown_when_it_is_there(
    desk: Desk, uploads: SlackUploads, file: Path
) -> None:
    begun: list[str] = []

    async def begin(file_id: str) -> None:
        assert (await desk.client.files_info(file=file_id))["file"]["size"] == 0
        begun.append(file_id)

    sent = await uploads.put(file, name="loss.png", title="A curve", begin=begin)
    assert begun == [sent]
    block = {"type": "image", "slack_file": {"id": sent}, "alt_text": "A curve"}
    await desk.client.chat_postMessage(channel=desk.channels["ft-support"], text="x", blocks=[block])


async def test_nothing_is_sent_when_the_id_of_a_picture_could_not_be_saved(
    desk: Desk, uploads: SlackUploads, file: Path
) -> None:
    async def begin(_: str) -> None:
        raise StaleState("somebody else took over")

    with pytest.raises(StaleState):
        await uploads.put(file, name="loss.png", title="A curve", begin=begin)
    assert (await desk.get("calls", name="upload"))["calls"] == []
