"""Posts, people and downloads against the sandbox's Slack, and downloads against servers that are not."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.domain.outbox import MessageKind
from bot.domain.places import Place
from bot.errors import NotFound, SlackRefused, SlackUnavailable, UnusableFile
from bot.ports import SlackFile
from bot.sandbox.slack.team import TEAM_ID
from handlers.slack.client import Sender, respond_with
from handlers.slack.files import SlackFiles
from handlers.slack.listeners import Dedupe
from handlers.slack.notifier import SlackNotifier
from handlers.slack.people import REMEMBERED, SlackPeople
from handlers.views.blocks import Message, markdown, picture, section
from tests.handlers import samples
from tests.handlers.conftest import APP_TOKEN, Desk
from tests.handlers.fakes import Log

CAP = 1_000_000


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


# ---- messages of ours ----------------------------------------------------------------------------------


@pytest.fixture
def notifier(client: AsyncWebClient) -> SlackNotifier:
    return SlackNotifier(client, clock=Now(), log=Log())


async def test_a_post_stands_in_its_channel_and_is_redrawn_in_place(
    desk: Desk, notifier: SlackNotifier
) -> None:
    post = samples.post(place=Place("-/T1", desk.channels["ft-support"]))
    posted = await notifier.post(post, samples.job())
    await notifier.update(replace(post, ts=posted.ts), samples.running())
    [message] = await desk.messages()
    assert message["ts"] == posted.ts
    assert "training · 62%" in message["text"]


@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_post_that_reached_slack_before_a_crash_is_found(
    desk: Desk, notifier: SlackNotifier, in_thread: bool
) -> None:
    channel = desk.channels["ft-support"]
    root = (await desk.act("message", channel=channel, text="root"))["ts"] if in_thread else None
    post = samples.post(place=Place("-/T1", channel, root), begun_at=datetime.now(UTC))
    assert await notifier.find(post) is None
    other = replace(post, id="job:other:card")
    await notifier.post(other, samples.job())
    assert await notifier.find(post) is None
    posted = await notifier.post(post, samples.job())
    assert posted.thread_ts == root
    assert await notifier.find(post) == posted


async def test_a_post_whose_thread_is_gone_is_found_where_slack_put_it(
    desk: Desk, notifier: SlackNotifier
) -> None:
    channel = desk.channels["ft-support"]
    root = (await desk.act("message", channel=channel, text="root"))["ts"]
    thread = Place("-/T1", channel, root)
    post = samples.post(MessageKind.JOB_CARD, thread, begun_at=datetime.now(UTC))
    assert await notifier.thread_exists(thread)
    await desk.act("delete_message", channel=channel, ts=root)
    assert not await notifier.thread_exists(thread)
    assert await notifier.find(post) is None
    posted = await notifier.post(post, samples.job())
    assert posted.thread_ts is None
    assert await notifier.find(post) == posted
    await desk.act("message", channel=channel, text="a reply", thread_ts=posted.ts)
    assert await notifier.find(post) == posted


async def test_who_may_not_read_a_thread_takes_it_to_be_there(desk: Desk, notifier: SlackNotifier) -> None:
    channel = desk.channels["ft-support"]
    root = (await desk.act("message", channel=channel, text="root"))["ts"]
    await desk.control(
        "faults", side="slack", match="conversations.replies", kind="error", code="missing_scope"
    )
    assert await notifier.thread_exists(Place("-/T1", channel, root))


async def test_slack_asking_to_wait_says_how_long(desk: Desk, notifier: SlackNotifier) -> None:
    await desk.control("faults", side="slack", match="chat.postMessage", kind="429", retry_after=7)
    with pytest.raises(SlackUnavailable) as told:
        await notifier.post(samples.post(place=Place("-/T1", desk.channels["ft-support"])), samples.job())
    assert told.value.retry_after == 7.0


@pytest.mark.parametrize("kind", ["500", "drop_after"])
async def test_a_post_is_tried_once_for_its_fate_may_be_unknown(
    desk: Desk, notifier: SlackNotifier, kind: str
) -> None:
    await desk.control("faults", side="slack", match="chat.postMessage", kind=kind)
    with pytest.raises(SlackUnavailable):
        await notifier.post(samples.post(place=Place("-/T1", desk.channels["ft-support"])), samples.job())
    assert len((await desk.get("calls", name="chat.postMessage"))["calls"]) == 1


async def test_a_channel_without_us_is_a_refusal_with_what_to_do(desk: Desk, notifier: SlackNotifier) -> None:
    with pytest.raises(SlackRefused, match="/invite") as told:
        await notifier.post(samples.post(place=Place("-/T1", desk.channels["random"])), samples.job())
    assert told.value.code == "not_in_channel"


async def test_blocks_that_slack_refuses_become_a_short_text_with_a_code(desk: Desk) -> None:
    log = Log()
    sender = Sender(desk.client, log)
    refused = Message("Short <@U1>", [section("fine"), {"type": "nonsense"}])
    ts = await sender.post(desk.channels["ft-support"], refused)
    [(_, fields)] = log.lines
    [message] = await desk.messages()
    assert message["text"].startswith("Short <@U1>\n(Slack refused the full message; code")
    assert fields["reference"] in message["text"]
    assert "/blocks/1" in str(fields["pointers"])
    await sender.update(desk.channels["ft-support"], ts, Message("Fine", [section("again")]))
    await sender.update(desk.channels["ft-support"], ts, refused)
    assert "Slack refused" in (await desk.messages())[0]["text"]


async def test_a_card_whose_picture_slack_refuses_keeps_all_the_rest(desk: Desk) -> None:
    """Somebody deleted the file, say: the buttons stay."""
    shows = Message("Card", [section("trained"), picture("F0NOWHERE0", "A curve")])
    ts = await Sender(desk.client, Log()).post(desk.channels["ft-support"], shows)
    [message] = await desk.messages()
    assert (message["text"], [block["type"] for block in message["blocks"]]) == ("Card", ["section"])
    await Sender(desk.client, Log()).update(desk.channels["ft-support"], ts, shows)
    assert [block["type"] for block in (await desk.messages())[0]["blocks"]] == ["section"]


async def test_more_than_a_message_can_hold_is_cut_and_still_posted(desk: Desk) -> None:
    blocks = [section("x" * 2_900) for _ in range(60)] + [markdown("y" * 12_000)]
    await Sender(desk.client, Log()).post(desk.channels["ft-support"], Message("Much", blocks))
    [message] = await desk.messages()
    assert message["text"] == "Much"
    assert len(message["blocks"]) == 4


# ---- people -------------------------------------------------------------------------------------------------


async def test_members_guests_and_strangers_are_told_apart(desk: Desk) -> None:
    people = SlackPeople(desk.client, TEAM_ID)
    world = await desk.get("world")
    for user in world["users"]:
        member = await people.member(user["id"])
        assert member.is_outsider == user["is_stranger"]
        assert member.is_guest == bool(user["is_restricted"])
        assert member.is_bot == user["is_bot"]
    assert any(user["is_stranger"] for user in world["users"])


async def test_somebody_who_left_is_no_full_member(desk: Desk) -> None:
    await desk.act("deactivate", user=desk.users["ines"])
    ines, jonas = [
        await SlackPeople(desk.client, TEAM_ID).member(desk.users[name]) for name in ("ines", "jonas")
    ]
    assert (ines.is_gone, ines.is_full) == (True, False)
    assert (jonas.is_gone, jonas.is_full) == (False, True)


async def test_a_person_is_looked_up_once_in_a_while(desk: Desk) -> None:
    seconds = [0.0]
    people = SlackPeople(desk.client, TEAM_ID, now=lambda: seconds[0])
    for _ in range(3):
        await people.member(desk.users["mina"])
    assert len((await desk.get("calls", name="users.info"))["calls"]) == 1
    seconds[0] = REMEMBERED
    await people.member(desk.users["mina"])
    assert len((await desk.get("calls", name="users.info"))["calls"]) == 2


async def test_nobody_is_not_a_member(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await SlackPeople(desk.client, TEAM_ID).member("U0NOBODY00")


# ---- what comes twice ----------------------------------------------------------------------------------------


def unanswered() -> AsyncAck:
    return AsyncAck()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped


async def test_an_event_told_again_is_not_acknowledged_before_it_is_written_down() -> None:
    dedupe, first = Dedupe(), unanswered()
    event = {"type": "event_callback", "event_id": "Ev1"}

    async def go_on() -> BoltResponse:
        return BoltResponse(status=200)

    await dedupe.drop(event, first, go_on)
    assert (await dedupe.drop(event, unanswered(), go_on)).status == 503
    await first()
    assert (await dedupe.drop(event, unanswered(), go_on)).status == 200


async def test_a_delivery_counts_as_new_again_after_its_time() -> None:
    seconds, passed = [0.0], []
    dedupe = Dedupe(lambda: seconds[0])

    async def go_on() -> web.Response:
        passed.append(seconds[0])
        return web.Response()

    for at in (0.0, 599.0, 601.0):
        seconds[0] = at
        await dedupe.drop({"trigger_id": "1.2.3"}, unanswered(), go_on)  # type: ignore[arg-type]  # any answer passes through
    await dedupe.drop({"type": "event_callback"}, unanswered(), go_on)  # type: ignore[arg-type]
    assert passed == [0.0, 601.0, 601.0]


# ---- files --------------------------------------------------------------------------------------------------


async def test_a_file_comes_whole_with_what_slack_says_of_it(desk: Desk, tmp_path: Path) -> None:
    content = b'{"messages": []}\n' * 50_000
    shared = await desk.upload("ft-support", "big.jsonl", content)
    files = SlackFiles(desk.client, hosts=["127.0.0.1"])
    file = await files.info(shared["file_id"])
    assert (file.name, file.size, file.user_id) == ("big.jsonl", len(content), desk.users["mina"])
    assert file.shares == {desk.channels["ft-support"]: shared["ts"]}
    told: list[int] = []
    assert await files.download(file, tmp_path / "f", cap=CAP, on_bytes=told.append) == len(content)
    assert (tmp_path / "f").read_bytes() == content
    assert told == sorted(told)
    assert told[-1] == len(content)


async def test_a_file_over_the_cap_is_not_read_to_its_end(desk: Desk, tmp_path: Path) -> None:
    shared = await desk.upload("ft-support", "big.jsonl", b"x" * 200_000)
    files = SlackFiles(desk.client, hosts=["127.0.0.1"])
    file = await files.info(shared["file_id"])
    with pytest.raises(UnusableFile, match="larger than"):
        await files.download(file, tmp_path / "f", cap=100_000, on_bytes=lambda _: None)


async def test_a_deleted_file_is_said_to_be_deleted(desk: Desk) -> None:
    shared = await desk.upload("ft-support", "a.jsonl", b"{}")
    await desk.act("delete_file", file_id=shared["file_id"])
    with pytest.raises(UnusableFile, match="deleted"):
        await SlackFiles(desk.client, hosts=["127.0.0.1"]).info(shared["file_id"])


async def test_an_external_file_is_said_to_be_elsewhere(desk: Desk, tmp_path: Path) -> None:
    shared = await desk.upload("ft-support", "a.jsonl", b"{}", mode="external")
    files = SlackFiles(desk.client, hosts=["127.0.0.1"])
    with pytest.raises(UnusableFile, match="outside of Slack"):
        await files.download(
            await files.info(shared["file_id"]), tmp_path / "f", cap=CAP, on_bytes=lambda _: None
        )


async def test_the_login_page_is_not_taken_for_a_file(desk: Desk, tmp_path: Path) -> None:
    shared = await desk.upload("ft-support", "a.jsonl", b"{}")
    file = await SlackFiles(desk.client, hosts=["127.0.0.1"]).info(shared["file_id"])
    stranger = AsyncWebClient(token=APP_TOKEN, base_url=desk.client.base_url)
    with pytest.raises(UnusableFile, match="files:read"):
        await SlackFiles(stranger, hosts=["127.0.0.1"]).download(
            file, tmp_path / "f", cap=CAP, on_bytes=lambda _: None
        )


@asynccontextmanager
async def server(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A web server on loopback that answers everything with `answer`; gives its address."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def shared_at(url: str, size: int = 2) -> SlackFile:
    return SlackFile("F1", "a.jsonl", size, "hosted", url=url)


def files_of(base_url: str, *hosts: str) -> SlackFiles:
    return SlackFiles(AsyncWebClient(token="xoxb-secret", base_url=base_url), hosts=hosts)


async def test_the_token_goes_to_no_host_that_is_not_on_the_list(tmp_path: Path) -> None:
    seen: list[str] = []

    async def spy(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        return web.Response(body=b"{}")

    async with server(spy) as elsewhere:

        async def away(_: web.Request) -> web.Response:
            raise web.HTTPFound(elsewhere.replace("127.0.0.1", "localhost"))

        async with server(away) as slack:
            with pytest.raises(UnusableFile, match="SLACK_FILE_HOSTS"):
                await files_of(slack, "127.0.0.1").download(
                    shared_at(slack), tmp_path / "f", cap=CAP, on_bytes=lambda _: None
                )
            assert seen == []
            allowed = files_of(slack, "127.0.0.1", "localhost")
            assert (
                await allowed.download(shared_at(slack), tmp_path / "f", cap=CAP, on_bytes=lambda _: None)
                == 2
            )


@pytest.mark.parametrize(
    "url",
    [
        "http://files.slack.com/x",
        "https://files.slack.com.evil.example/x",
        "file:///etc/passwd",
        "https://evil.example",
    ],
)
async def test_the_real_slack_is_asked_over_https_at_slacks_hosts_only(url: str, tmp_path: Path) -> None:
    files = files_of("https://slack.com/api/", "slack.com", "*.slack.com")
    with pytest.raises(UnusableFile, match="don't trust"):
        await files.download(shared_at(url), tmp_path / "f", cap=CAP, on_bytes=lambda _: None)


async def test_an_endless_redirect_ends(tmp_path: Path) -> None:
    async def round_and_round(request: web.Request) -> web.Response:
        raise web.HTTPFound(str(request.url))

    async with server(round_and_round) as slack:
        with pytest.raises(UnusableFile, match="from address to address"):
            await files_of(slack, "127.0.0.1").download(
                shared_at(slack), tmp_path / "f", cap=CAP, on_bytes=lambda _: None
            )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (web.Response, "incomplete"),
        (lambda: web.Response(status=503), "asks to wait"),
        (lambda: web.Response(status=429, headers={"Retry-After": "9"}), "asks to wait"),
    ],
)
async def test_what_may_pass_is_worth_another_try(
    answer: Callable[[], web.Response], sentence: str, tmp_path: Path
) -> None:
    async def say(_: web.Request) -> web.Response:
        return answer()

    async with server(say) as slack:
        with pytest.raises(SlackUnavailable, match=sentence):
            await files_of(slack, "127.0.0.1").download(
                shared_at(slack), tmp_path / "f", cap=CAP, on_bytes=lambda _: None
            )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda: web.Response(status=404), "deleted"),
        (lambda: web.Response(body=b"\n<!DOCTYPE html><html>", content_type="text/plain"), "files:read"),
        (lambda: web.Response(body=b"{}", headers={"X-Slack-Meta": "acl_fail"}), "files:read"),
    ],
)
async def test_what_is_no_file_is_said_to_be_none(
    answer: Callable[[], web.Response], sentence: str, tmp_path: Path
) -> None:
    async def say(_: web.Request) -> web.Response:
        return answer()

    async with server(say) as slack:
        with pytest.raises(UnusableFile, match=sentence):
            await files_of(slack, "127.0.0.1").download(
                shared_at(slack), tmp_path / "f", cap=CAP, on_bytes=lambda _: None
            )


async def test_a_connection_that_breaks_off_is_worth_another_try(tmp_path: Path) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    async with server(broken) as slack:
        with pytest.raises(SlackUnavailable, match="broke off"):
            await files_of(slack, "127.0.0.1").download(
                shared_at(slack, 1_000), tmp_path / "f", cap=CAP, on_bytes=lambda _: None
            )


# ---- answers to commands ------------------------------------------------------------------------------------


class Responses:
    """Slack's side of a response_url: gives these statuses, one after the other."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.heard: list[tuple[str, int]] = []

    async def __call__(self, *, text: str, blocks: list[dict[str, Any]], **_: Any) -> WebhookResponse:
        self.heard.append((text, len(blocks)))
        status = self.statuses.pop(0)
        return WebhookResponse(url="", status_code=status, body="invalid_blocks", headers={})


async def test_an_answer_whose_blocks_slack_refuses_is_said_in_plain_words() -> None:
    responses: Any = Responses(400, 200)
    await respond_with(
        responses, Message("Three jobs.", [section("*Three* jobs.")]), response_type="ephemeral"
    )
    assert responses.heard == [("Three jobs.", 1), ("Three jobs.", 0)]


@pytest.mark.parametrize(("statuses", "fault"), [((400, 404), SlackRefused), ((503,), SlackUnavailable)])
async def test_an_answer_that_cannot_be_given_is_told_of(
    statuses: tuple[int, ...], fault: type[Exception]
) -> None:
    responses: Any = Responses(*statuses)
    with pytest.raises(fault):
        await respond_with(responses, Message("Three jobs.", [section("*Three* jobs.")]))
