"""An app's own file: announced, taken without a token, shared in a thread a little later, and heard of by the app."""

import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack_side import SUPPORT, App, Hand


async def announced(web: AsyncWebClient, length: int) -> dict[str, Any]:
    answer = await web.files_getUploadURLExternal(filename="a.jsonl", length=length)
    assert isinstance(answer.data, dict)
    return answer.data


async def sent(hand: Hand, url: str, content: bytes) -> int:
    async with hand.session.post(url, data=content) as response:
        return response.status


async def test_a_file_stands_in_its_thread_and_the_app_is_told_of_it_twice(hand: Hand, app: App) -> None:
    root = (await hand.do("message", channel=SUPPORT, text="root"))["ts"]
    async with app.connected(), hand.live() as live:
        web = app.bolt.client
        given = await announced(web, 2)
        assert await sent(hand, given["upload_url"], b"{}") == 200
        await web.files_completeUploadExternal(
            files=[{"id": given["file_id"], "title": "Mended"}],
            channel_id=SUPPORT,
            thread_ts=root,
            initial_comment="Two lines mended.",
        )
        told = [(await live.call(name))["request"]["event"] for name in ("message/file_share", "file_shared")]
    message, shared = told
    assert shared["file_id"] == message["files"][0]["id"] == given["file_id"]
    assert (message["thread_ts"], message["text"]) == (root, "Two lines mended.")
    assert (message["user"], message["files"][0]["title"]) == ("U0FINETUNE", "Mended")
    assert message["bot_id"]
    calls = (await hand.see("calls", name="upload"))["calls"]
    assert [call["request"] for call in calls] == [{"file": given["file_id"], "bytes": 2}]


@pytest.mark.parametrize("content", [b"", b"{", b"{}\n"])
async def test_a_file_of_another_length_than_announced_is_not_completed(
    hand: Hand, web: AsyncWebClient, content: bytes
) -> None:
    given = await announced(web, 2)
    await sent(hand, given["upload_url"], content)
    with pytest.raises(SlackApiError, match="file_not_found"):
        await web.files_completeUploadExternal(files=[{"id": given["file_id"]}], channel_id=SUPPORT)


async def test_an_address_takes_no_bytes_once_its_file_is_complete(hand: Hand, web: AsyncWebClient) -> None:
    given = await announced(web, 2)
    assert await sent(hand, given["upload_url"], b"{}") == 200
    await web.files_completeUploadExternal(files=[{"id": given["file_id"]}])
    assert await sent(hand, given["upload_url"], b"xx") == 404
    async with hand.session.get(f"{hand.sandbox.url}/control/files/{given['file_id']}") as response:
        assert await response.read() == b"{}"


async def test_an_empty_file_is_not_taken(web: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="missing_argument"):
        await announced(web, 0)


async def test_an_upload_goes_wrong_as_asked_for(hand: Hand, web: AsyncWebClient) -> None:
    for kind, status in (("429", 429), ("500", 500), ("error", 400)):
        given = await announced(web, 2)
        await hand.do("faults", side="files", match=given["file_id"], kind=kind)
        assert await sent(hand, given["upload_url"], b"{}") == status
        assert await sent(hand, given["upload_url"], b"{}") == 200


async def test_an_app_deletes_its_own_files_only(hand: Hand, web: AsyncWebClient) -> None:
    theirs = await hand.upload("theirs.jsonl", b"{}")
    with pytest.raises(SlackApiError, match="cant_delete_file"):
        await web.files_delete(file=theirs["file_id"])
    given = await announced(web, 2)
    await sent(hand, given["upload_url"], b"{}")
    async with hand.live() as live:
        await web.files_completeUploadExternal(files=[{"id": given["file_id"]}], channel_id=SUPPORT)
        message = (await asyncio.wait_for(live.next(type="message"), 60))["message"]
        assert message["files"][0]["id"] == given["file_id"]
    await web.files_delete(file=given["file_id"])
    assert (await hand.messages())[-1]["files"] == [{"id": given["file_id"], "mode": "tombstone"}]


async def uploaded(hand: Hand, web: AsyncWebClient, name: str) -> str:
    """A file of the app's own that stands nowhere."""
    given = await web.files_getUploadURLExternal(filename=name, length=3)
    assert await sent(hand, str(given["upload_url"]), b"png") == 200
    await web.files_completeUploadExternal(files=[{"id": str(given["file_id"])}])
    return str(given["file_id"])


async def known(web: AsyncWebClient, file_id: str) -> None:
    """Wait until Slack knows the type of a file."""
    while not (await web.files_info(file=file_id))["file"]["mimetype"]:  # noqa: ASYNC110 - Slack sets no event
        await asyncio.sleep(0.05)


def showing(file_id: str) -> list[dict[str, Any]]:
    return [{"type": "image", "slack_file": {"id": file_id}, "alt_text": "A curve"}]


async def test_a_message_shows_a_file_of_the_apps_own_once_slack_knows_its_type(
    hand: Hand, web: AsyncWebClient
) -> None:
    file_id = await uploaded(hand, web, "loss.png")
    with pytest.raises(SlackApiError) as refused:
        await web.chat_postMessage(channel=SUPPORT, text="curve", blocks=showing(file_id))
    assert refused.value.response["response_metadata"]["messages"] == [
        "[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]"
    ]
    await known(web, file_id)
    posted = await web.chat_postMessage(channel=SUPPORT, text="curve", blocks=showing(file_id))
    assert posted["message"]["blocks"][0]["slack_file"] == {"id": file_id}


@pytest.mark.parametrize("fault", ["deleted", "no picture", "unknown"])
async def test_what_is_no_picture_to_show_is_refused(hand: Hand, web: AsyncWebClient, fault: str) -> None:
    file_id = await uploaded(hand, web, "loss.csv" if fault == "no picture" else "loss.png")
    await known(web, file_id)
    if fault == "deleted":
        await web.files_delete(file=file_id)
    if fault == "unknown":
        file_id = "F0NOWHERE0"
    posted = await web.chat_postMessage(channel=SUPPORT, text="card")
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await web.chat_update(channel=SUPPORT, ts=str(posted["ts"]), text="card", blocks=showing(file_id))
