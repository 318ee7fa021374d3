"""Whoever is not in a private channel learns and does nothing of it, whatever they press, send or type.

Every word, button, form and shortcut that the app registers has its row here; a new one fails until it has. Each is
tried twice by each outsider: on the things of a private channel, and on names and ids that nobody ever gave. What
comes back has to be the same, but for what they typed themselves; nothing may be changed, and nothing else be called.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import Any, cast, get_type_hints

import aiosqlite
import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot import logs
from bot.clock import SystemClock
from bot.config import Settings
from bot.domain import catalog
from bot.domain.access import Viewer
from bot.domain.approvals.requests import Wanted
from bot.domain.audit import Filter
from bot.domain.chats import Conversation
from bot.domain.comparisons import Ballot, BallotState
from bot.domain.datasets.lifecycle import DatasetState
from bot.domain.home import Home
from bot.domain.jobs.job import Job, JobState, Wish
from bot.domain.jobs.training import Checkpoint, Curve
from bot.domain.places import Place, workspace_key
from bot.domain.transforms.lifecycle import TransformKind
from bot.domain.work_queue import Transition
from bot.errors import BotError
from bot.providers.openai_api import OpenAIProvider
from bot.providers.profiles import load as load_profiles
from bot.sandbox.server import Sandbox
from bot.sandbox.slack import payloads
from bot.sandbox.slack.team import BOT_USER_ID, TEAM_ID, Channel, User
from bot.services import Services
from bot.services.policies import WantedRules
from bot.tokenizer import Counter
from bot.wiring import Outside, build
from bot.workers.pool import Pool
from bot.workers.validator import Validator
from handlers.ids import Action, Field, Form, Shortcut
from handlers.slack.client import Identity
from storage.database import Database
from tests.handlers import samples
from tests.handlers.fakes import Log, absent_services
from tests.stories.conftest import environment
from tests.test_manifest import RecordingApp
from tests.viewers import absent

WORKSPACE = workspace_key(None, TEAM_ID)
ELSEWHERE = "T0ELSEWHER"
NUMBER = 773_311  # in whatever a job or dataset of the private channel is told with
WORDS = "zzquokka"  # in whatever is called somehow


@dataclass(frozen=True)
class Things:
    """Names and ids as an outsider may know or guess them; `real` ones are in the private channel."""

    name: str
    dataset: str
    requested: str
    running: str
    tuned: str
    conversation: str
    ballot: str
    channel: str


REAL = Things("zzquokka", "dzzquokka1", "rqz2k4", "rnz2k4", "tnz2k4", "czzquokka1", "bzzquokka1", "")
NONE = Things(
    "yywombat", "dyywombat1", "rqy3m5", "rny3m5", "tny3m5", "cyywombat1", "byywombat1", "C0NOWHERE0"
)


@dataclass
class World:
    """The app over the sandbox with a private channel full of things; `app` answers what it is given, at once."""

    sandbox: Sandbox
    app: AsyncApp
    services: Services
    database: Database
    path: Path
    private: Channel
    public: Channel
    people: dict[str, User]

    async def asked(self, user: User, payload: dict[str, Any]) -> str:
        """Everything that the app answers and says when it is given this."""
        if user.name == "elsewhere":
            payload = _of_another_workspace(payload)
        before = max((call["n"] for call in self.sandbox.calls.since()), default=0)
        answer = await self.app.async_dispatch(AsyncBoltRequest(body=payload, mode="socket_mode"))
        calls = self.sandbox.calls.since(before)
        self.calls = [call["name"] for call in calls if call["direction"] == "app_to_openai"]
        said = [
            (call["name"], call["request"])
            for call in calls
            if call["direction"] == "app_to_slack" and _says(call)
        ]
        return json.dumps([answer.status, answer.body, said], ensure_ascii=False, default=str)

    async def rows(self) -> list[Any]:
        """Everything that is kept."""
        async with aiosqlite.connect(self.path) as db:
            tables = [
                row[0] async for row in await db.execute("SELECT name FROM sqlite_master WHERE type='table'")
            ]
            return [
                [name, [tuple(row) async for row in await db.execute(f'SELECT * FROM "{name}"')]]
                for name in sorted(tables)
            ]


def _says(call: dict[str, Any]) -> bool:
    """Whether a call to Slack says something, rather than asking who somebody is."""
    return not str(call["name"]).startswith(("conversations.", "users.", "auth.", "usergroups."))


def _of_another_workspace(payload: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(payload).replace(f'"{TEAM_ID}"', f'"{ELSEWHERE}"')
    return cast("dict[str, Any]", json.loads(text))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A private channel of Mina and Jonas, and the bot."""
    async with AsyncExitStack() as stack:
        sandbox = Sandbox(rate_limits=False)
        await sandbox.start()
        stack.push_async_callback(sandbox.close)
        settings = Settings.from_env(environment(sandbox, tmp_path, f"sqlite:///{tmp_path}/bot.db"))
        database = Database(f"sqlite:///{tmp_path}/bot.db", SystemClock())
        stack.push_async_callback(database.close)
        await database.upgrade()
        client = AsyncWebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            retry_handlers=[],
        )
        provider = OpenAIProvider(
            load_profiles()["openai"],
            api_key=settings.openai_api_key.get_secret_value(),
            base_url=settings.openai_base_url,
        )
        stack.push_async_callback(provider.close)
        identity = Identity(user_id=BOT_USER_ID, team_id=TEAM_ID)
        outside = Outside(
            settings,
            database,
            client,
            identity,
            provider,
            absent(Validator),
            absent(Pool),
            catalog.load(),
            absent(Counter),
        )
        app = AsyncApp(client=client, process_before_response=True)
        services = build(outside, SystemClock(), lambda: None).services
        handlers.register(app, services, Log())
        team = sandbox.slack.team
        people = {user.name: user for user in team.users.values()}
        gone = User("U0GONE0000", "gone", "Gone Long", "Left", "#000000", deleted=True)
        elsewhere = User(
            "U0ELSEWHER", "elsewhere", "Else Where", "", "#000000", team_id=ELSEWHERE, is_stranger=True
        )
        for user in (gone, elsewhere):
            team.add(user)
            people[user.name] = user
        private = Channel(
            "C0PRIVATE0", "layoffs", "", [people["mina"].id, people["jonas"].id], is_private=True
        )
        private.members.append(next(user.id for user in people.values() if user.is_bot))
        team.channels[private.id] = private
        world = World(
            sandbox,
            app,
            services,
            database,
            tmp_path / "bot.db",
            private,
            team.channels["C0FTSUPPRT"],
            people,
        )
        await _fill(world)
        yield world


async def _fill(world: World) -> None:
    """One of everything, in the private channel."""
    place, mina, now = Place(WORKSPACE, world.private.id), world.people["mina"].id, datetime.now(UTC)
    report = samples.report(examples=NUMBER, valid=NUMBER, file=f"{WORDS}.jsonl")
    dataset = samples.dataset(
        id=REAL.dataset,
        name=f"{WORDS}.jsonl",
        place=replace(place, thread_ts="1.2"),
        uploaded_by=mina,
        report=report,
    )
    await world.database.datasets.add(
        Transition(replace(dataset, path="ab/x.jsonl", state=DatasetState.READY))
    )

    def job(row_id: str, state: JobState, **changes: Any) -> Job:
        made = samples.job(
            id=row_id,
            request_key=row_id,
            place=place,
            requested_by=mina,
            requested_at=now,
            dataset_id=REAL.dataset,
            dataset_name=f"{WORDS}.jsonl",
            suffix=f"{WORDS}-{row_id}",
            trained_tokens=NUMBER,
            cost_usd=NUMBER / 100,
            state=state,
        )
        return replace(made, **{"state": state, **changes})

    tuned = f"ft:gpt-4.1-mini-2025-04-14:{WORDS}:x1"
    for each in (
        job(REAL.requested, JobState.REQUESTED),
        job(REAL.running, JobState.RUNNING, provider_job_id="ftjob-zz1"),
        job(
            REAL.tuned,
            JobState.SUCCEEDED,
            provider_job_id="ftjob-zz2",
            fine_tuned_model=tuned,
            alias=REAL.name,
            ended_at=now,
        ),
    ):
        await world.database.jobs.add(Transition(each))
    await world.database.curves.save(REAL.tuned, Curve((), (Checkpoint(7, f"{tuned}:ckpt-7"),)))
    conversation = Conversation(
        id=REAL.conversation,
        request_key="c",
        place=place,
        provider="openai",
        model=tuned,
        title=WORDS,
        base_model="gpt-4.1-mini-2025-04-14",
        started_by=mina,
        started_at=now,
        system=f"{WORDS} {NUMBER}",
        job_id=REAL.tuned,
        other_model="gpt-4.1-mini-2025-04-14",
        other_title=WORDS,
    )
    await world.database.conversations.add(Transition(conversation))
    ballot = Ballot(REAL.ballot, REAL.conversation, place, "1.3", WORDS, WORDS, WORDS, state=BallotState.OPEN)
    await world.database.ballots.ask(ballot, ())


# ---- what there is to press, send and type

TYPED: dict[str, Callable[[Things], str]] = {
    "help": lambda _: "",
    "start": lambda t: f"{t.name}.jsonl model=gpt-4.1-mini",
    "datasets": lambda _: "",
    "dataset": lambda t: f"{t.name}.jsonl",
    "rename": lambda t: f"{t.name}.jsonl other",
    "delete": lambda t: f"{t.name}.jsonl",
    "jobs": lambda _: "",
    "status": lambda t: t.running,
    "cancel": lambda t: t.running,
    "pause": lambda t: t.running,
    "resume": lambda t: t.running,
    "events": lambda t: t.running,
    "checkpoints": lambda t: t.tuned,
    "models": lambda _: "",
    "model": lambda t: t.name,
    "alias": lambda t: f"{t.name} mine",
    "share": lambda t: f"{t.name} <#C0FTSUPPRT|ft-support>",
    "unshare": lambda t: f"{t.name} <#C0FTSUPPRT|ft-support>",
    "digest": lambda _: "",
    "chat": lambda t: t.name,
    "budget": lambda _: "",
    "audit": lambda _: "all",
    "pause-spending": lambda _: "on",
    "policy": lambda _: "",
    "compare": lambda t: f"{t.name} {t.name}@7",
}
"""What follows each word."""

PRESSED: dict[Action, Callable[[Things], dict[str, Any]]] = {
    **{
        action: lambda t: {"value": t.dataset}
        for action in (
            Action.START,
            Action.REPORT,
            Action.MEND,
            Action.CONVERT,
            Action.REPORT_AS_FILE,
            Action.DELETE,
        )
    },
    Action.MORE: lambda t: {"selected_option": {"value": f"split:{t.dataset}"}},
    **{
        action: lambda t: {"value": f"{t.dataset}:all:1"}
        for action in (Action.EXAMPLES, Action.EXAMPLES_EARLIER, Action.EXAMPLES_LATER)
    },
    **{action: lambda t: {"value": t.requested} for action in (Action.APPROVE, Action.REJECT, Action.EDIT)},
    **{
        action: lambda t: {"value": t.running}
        for action in (Action.DETAILS, Action.CANCEL, Action.PAUSE, Action.RESUME)
    },
    **{
        action: lambda t: {"value": t.tuned}
        for action in (Action.CHAT, Action.AGAIN, Action.COMPARE, Action.SHARE)
    },
    Action.GO_ON: lambda t: {"value": f"{t.tuned}@7"},
    Action.UNSHARE: lambda t: {"value": f"{t.tuned}:C0FTSUPPRT"},
    Action.MODEL_MORE: lambda t: {"selected_option": {"value": f"rename:{t.tuned}"}},
    Action.MODELS_NEWER: lambda _: {"value": "0"},
    Action.MODELS_OLDER: lambda _: {"value": "0"},
    **{
        action: lambda t: {"value": t.ballot}
        for action in (Action.VOTE_A, Action.VOTE_B, Action.VOTE_SAME, Action.VOTED)
    },
    **{
        action: lambda t: {"value": t.conversation}
        for action in (Action.BLIND, Action.END, Action.COMPARE_AGAIN, Action.CHAT_AGAIN)
    },
    Action.ALL_COMMANDS: lambda _: {"value": "-"},
    Action.PICK_CHAT: lambda _: {"value": "-"},
    Action.AUDIT_WHO: lambda _: {},
    Action.AUDIT_WHAT: lambda _: {},
    Action.AUDIT_CHANNEL: lambda _: {},
    Action.AUDIT_MONTH: lambda _: {},
    Action.AUDIT_NEWER: lambda _: {"value": "0"},
    Action.AUDIT_OLDER: lambda _: {"value": "10"},
    Action.AUDIT_AS_CSV: lambda _: {"value": "all"},
    Action.SET_BUDGET: lambda t: {"value": t.channel},
    Action.SET_BUDGET_FOR_ALL: lambda _: {"value": "-"},
    Action.SET_POLICY: lambda t: {"value": t.channel},
    Action.SET_POLICY_FOR_ALL: lambda _: {"value": "-"},
}
"""What each button of a message sends."""

_PAGES = (Action.MODELS_NEWER, Action.MODELS_OLDER)
"""These stand in messages alone."""

_START = (
    Action.MORE_SETTINGS,
    Action.PICK_CHANNEL,
    Action.PICK_DATASET,
    Action.PICK_MODEL,
    Action.PICK_SUFFIX,
    Action.PICK_EPOCHS,
    Action.PICK_VALIDATION,
)
_CONVERT = (Action.PICK_SHAPE, Action.PICK_COLUMN)


def _start(t: Things) -> dict[str, Any]:
    kept = {"channel": t.channel, "asks": False, "more": False, "editing": ""}
    values = {"dataset_id": t.dataset, "model": t.tuned, "suffix": "mine"}
    return {"private_metadata": json.dumps({**kept, "values": values}), "state": {"values": {}}}


def _editing(t: Things) -> dict[str, Any]:
    view = _start(t)
    kept = json.loads(view["private_metadata"]) | {"editing": t.requested}
    return view | {"private_metadata": json.dumps(kept)}


def _values(**inputs: Any) -> dict[str, Any]:
    return {"values": {block: {field: value} for block, (field, value) in inputs.items()}}


SENT: dict[Form, tuple[Callable[[Things], dict[str, Any]], ...]] = {
    Form.START: (_start, _editing),
    Form.REJECT: (
        lambda t: {
            "private_metadata": t.requested,
            "state": _values(reason=(Field.REASON, {"value": "No."})),
        },
    ),
    Form.CONVERT: (
        lambda t: {
            "private_metadata": json.dumps({"dataset": t.dataset, "as_is": "chat"}),
            "state": {"values": {}},
        },
    ),
    Form.SPLIT: (
        lambda t: {
            "private_metadata": t.dataset,
            "state": _values(share=(Field.SHARE, {"value": "0.1"}), seed=(Field.SEED, {"value": "1"})),
        },
    ),
    Form.COMPARE: (
        lambda t: {
            "private_metadata": t.dataset,
            "state": _values(version=(Field.VERSION, {"selected_option": {"value": t.dataset}})),
        },
    ),
    Form.EXAMPLES: (
        lambda t: {"private_metadata": t.dataset, "state": _values(line=(Field.LINE, {"value": "1"}))},
    ),
    Form.MEND: (lambda t: {"private_metadata": f"{t.dataset}:", "state": {"values": {}}},),
    Form.DELETE: (lambda t: {"private_metadata": t.dataset, "state": {"values": {}}},),
    Form.BUDGET: (
        lambda t: {
            "private_metadata": json.dumps({"channel": t.channel}),
            "state": _values(
                limit=(Field.LIMIT, {"value": "5"}), overriders=(Field.OVERRIDERS, {"selected_users": []})
            ),
        },
    ),
    Form.ALIAS: (
        lambda t: {"private_metadata": t.tuned, "state": _values(alias=(Field.ALIAS, {"value": "mine"}))},
    ),
    Form.DELETE_MODEL: (lambda t: {"private_metadata": t.tuned, "state": {"values": {}}},),
    Form.SHARE: (
        lambda t: {
            "private_metadata": t.tuned,
            "state": _values(channel=(Field.SHARE_WITH, {"selected_conversation": "C0FTSUPPRT"})),
        },
    ),
    Form.POLICY: (
        lambda t: {
            "private_metadata": json.dumps({"channel": t.channel}),
            "state": _values(
                approvals=(Field.APPROVALS, {"value": "1"}), hours=(Field.HOURS, {"value": "5"})
            ),
        },
    ),
}
"""What each form holds when it is sent, with every id in it forged."""


def test_everything_that_the_app_registers_has_its_row() -> None:
    app = RecordingApp()
    words = handlers.register(cast("AsyncApp", app), absent_services(), logs.get("test"))
    assert app.heard["action"] == {*PRESSED, *_START, *_CONVERT}
    assert app.heard["view"] == {*SENT}
    assert app.heard["shortcut"] == {*Shortcut}
    assert words.keys() == TYPED.keys()
    known = {"action", "view", "shortcut", "command", "event"}
    assert app.heard.keys() <= known, "options of a select, or another way in, need rows of their own"


def _requests(world: World, user: User, t: Things) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that this person can press, send and type about these things, as Slack would deliver it."""
    slack, direct = world.sandbox.slack, world.sandbox.slack.team.dm(user.id)
    t = replace(t, channel=t.channel or world.private.id)
    for word, rest in TYPED.items():
        for channel in (world.public, direct, world.private):
            yield (
                f"/finetune {word} in {channel.name or 'a direct message'}",
                payloads.command(slack, user, channel, "/finetune", f"{word} {rest(t)}".strip()),
            )
    posts = {
        channel.id: slack.posts.add(channel.id, slack.bot_identity() | {"text": "x", "blocks": []})
        for channel in (world.private, world.public)
    }
    loose = {
        "id": "V1",
        "hash": "h",
        "type": "modal",
        "callback_id": "",
        "blocks": [],
        "state": {"values": {}},
    }
    for action, sends in PRESSED.items():
        pressed = {"action_id": action, "block_id": "b", "type": "button", **sends(t)}
        for channel_id, post in posts.items():
            where = "its channel" if channel_id == world.private.id else "another channel"
            yield f"{action} in {where}", payloads.message_click(slack, user, post, pressed, {})
        if action not in _PAGES:
            yield f"{action} in a view", payloads.view_click(slack, user, loose, pressed)
    for action in _START:
        pressed = {"action_id": action, "block_id": "b", "type": "static_select"}
        yield f"{action} in its form", payloads.view_click(slack, user, {**loose, **_start(t)}, pressed)
    for action in _CONVERT:
        form = {**loose, **SENT[Form.CONVERT][0](t)}
        pressed = {"action_id": action, "block_id": "b", "type": "static_select"}
        yield f"{action} in its form", payloads.view_click(slack, user, form, pressed)
    for callback_id, sent in SENT.items():
        for number, view in enumerate(sent):
            yield (
                f"{callback_id} {number}",
                payloads.submission(slack, user, {**loose, "callback_id": callback_id, **view(t)}),
            )
    yield Shortcut.START, payloads.global_shortcut(slack, user, Shortcut.START)
    yield (
        Shortcut.START_FROM_MESSAGE,
        payloads.message_shortcut(slack, user, Shortcut.START_FROM_MESSAGE, posts[world.private.id]),
    )


@pytest.mark.parametrize("who", ["ines", "priya", "kenji", "gone", "elsewhere"])
async def test_an_outsider_learns_and_does_nothing(world: World, who: str) -> None:
    """A member who is not in the channel, a guest, another organisation, a deactivated account, another workspace."""
    user = world.people[who]
    before = await world.rows()
    told: list[str] = []
    for (what, real), (_, none) in zip(
        _requests(world, user, REAL), _requests(world, user, NONE), strict=True
    ):
        theirs, nobodys = await world.asked(user, real), await world.asked(user, none)
        if any(marker in nobodys for marker in (WORDS, str(NUMBER), f"{NUMBER:,}", world.private.id)):
            told.append(f"{what}: {nobodys}")
        if world.calls:
            told.append(f"{what}: calls {world.calls}")
        if _plain(theirs, REAL, world) != _plain(nobodys, NONE, world):
            told.append(f"{what}:\n  {_plain(theirs, REAL, world)}\n  {_plain(nobodys, NONE, world)}")
    assert not told, "\n".join(told)
    assert await world.rows() == before


def _plain(said: str, t: Things, world: World) -> str:
    """What was said, without what they typed or sent themselves and what differs from time to time."""
    ids = [getattr(t, each.name) for each in fields(t)] + [world.private.id]
    for each in filter(None, ids):
        said = said.replace(each, "…")
    return re.sub(
        r"(trigger_id|view_id|hash|external_id|thread_ts)\": \"[^\"]*\"|V[0-9A-Z]{8,}|\d{10,}[.\d]*",
        "…",
        said,
    )


async def test_the_people_of_the_channel_see_and_do_all_of_it(world: World) -> None:
    """What the outsiders are kept from is really there: the same requests, made by somebody who is in the channel."""
    mina = world.people["mina"]
    said = {what: await world.asked(mina, payload) for what, payload in _requests(world, mina, REAL)}
    assert WORDS in said["/finetune models in ft-support"]
    assert f"{NUMBER:,}" in said["dataset_report in its channel"]
    assert WORDS in said["job_details in a view"]


async def test_who_has_left_the_channel_is_an_outsider_at_once(world: World) -> None:
    """Their message with the button still stands open before them."""
    jonas = world.people["jonas"]
    slack = world.sandbox.slack
    post = slack.posts.add(world.private.id, slack.bot_identity() | {"text": "x", "blocks": []})
    pressed = {"action_id": Action.DETAILS, "block_id": "b", "type": "button", "value": REAL.running}
    click = payloads.message_click(slack, jonas, post, pressed, {})
    assert WORDS in await world.asked(jonas, click)
    world.private.members.remove(jonas.id)
    left = {"type": "member_left_channel", "user": jonas.id, "channel": world.private.id, "team": TEAM_ID}
    await world.asked(jonas, {"type": "event_callback", "event_id": "Ev1", "team_id": TEAM_ID, "event": left})
    again = payloads.message_click(slack, jonas, post, pressed, {})
    assert WORDS not in await world.asked(jonas, again)


# ---- and below the edge

WANTED = Wanted(dataset_id=REAL.dataset, model="gpt-4.1-mini-2025-04-14")
JOB = samples.job(id=REAL.running)
Call = Callable[[Any, Viewer], Awaitable[Any]]
CALLED: dict[str, Call] = {
    "requests.offer": lambda s, v: s.offer(v, WANTED),
    "requests.ready": lambda s, v: s.ready(v),
    "requests.request": lambda s, v: s.request(v, WANTED, "key"),
    "requests.check_edit": lambda s, v: s.check_edit(v, REAL.requested),
    "requests.edit": lambda s, v: s.edit(v, REAL.requested, WANTED),
    "requests.check_ask": lambda s, v: s.check_ask(v),
    "audit.export": lambda s, v: s.export(v, "all"),
    "audit.check_read": lambda s, v: s.check_read(v),
    "audit.open": lambda s, v: s.open(v, 10),
    "audit.page": lambda s, v: s.page(v, Filter("all"), 0, 10),
    "budgets.sheet": lambda s, v: s.sheet(v),
    "budgets.may_set": lambda s, v: s.may_set(v),
    "budgets.to_change": lambda s, v: s.to_change(v, v.place.channel_id),
    "budgets.set": lambda s, v: s.set(v, v.place.channel_id, "5", ()),
    "budgets.set_in_words": lambda s, v: s.set_in_words(v, "5"),
    "budgets.pause": lambda s, v: s.pause(v, on=True),
    "chats.models": lambda s, v: s.models(v),
    "chats.open": lambda s, v: s.open(v, REAL.name, "key"),
    "chats.again": lambda s, v: s.again(v, REAL.conversation, "key"),
    "comparisons.open": lambda s, v: s.open(v, REAL.name, "", "key"),
    "comparisons.vote": lambda s, v: s.vote(v, REAL.ballot, "A"),
    "comparisons.again": lambda s, v: s.again(v, REAL.conversation, "key"),
    "comparisons.ballot": lambda s, v: s.ballot(v, REAL.ballot),
    "comparisons.make_blind": lambda s, v: s.make_blind(v, REAL.conversation),
    "comparisons.end": lambda s, v: s.end(v, REAL.conversation),
    "datasets.retry": lambda s, v: s.retry(v, REAL.dataset),
    "datasets.listed": lambda s, v: s.listed(v),
    "datasets.beside": lambda s, v: s.beside(v, samples.dataset(name=f"{WORDS}.jsonl", place=v.place)),
    "datasets.get": lambda s, v: s.get(v, REAL.dataset),
    "datasets.in_file": lambda s, v: s.in_file(v, [samples.dataset().file_id]),
    "decisions.check_decision": lambda s, v: s.check_decision(v, REAL.requested),
    "decisions.awaiting": lambda s, v: s.awaiting(v),
    "decisions.approve": lambda s, v: s.approve(v, REAL.requested),
    "decisions.reject": lambda s, v: s.reject(v, REAL.requested, "No."),
    "digests.due": lambda s, v: s.due(v),
    "digests.turn": lambda s, v: s.turn(v, on=True),
    "transforms.ask": lambda s, v: s.ask(v, REAL.dataset, TransformKind.REPORT, {}),
    "transforms.check": lambda s, v: s.check(v, REAL.dataset, TransformKind.REPORT),
    "transforms.preview": lambda s, v: s.preview(v, REAL.dataset),
    "transforms.show_mending": lambda s, v: s.show_mending(v, REAL.dataset),
    "transforms.mend": lambda s, v: s.mend(v, REAL.dataset, ""),
    "examples.page": lambda s, v: s.page(v, REAL.dataset, "all", 1),
    "jobs.check_cancel": lambda s, v: s.check_cancel(v, REAL.running),
    "jobs.cancel": lambda s, v: s.cancel(v, REAL.running),
    "jobs.wish": lambda s, v: s.wish(v, REAL.running, Wish.PAUSE),
    "jobs.events": lambda s, v: s.events(v, JOB),
    "jobs.checkpoints": lambda s, v: s.checkpoints(v, JOB),
    "jobs.check_checkpoint": lambda s, v: s.check_checkpoint(v, JOB, "7"),
    "jobs.listed": lambda s, v: s.listed(v),
    "home.of": lambda s, v: s.of(v),
    "jobs.get": lambda s, v: s.get(v, REAL.running),
    "jobs.find": lambda s, v: s.find(v, REAL.name),
    "administration.whereabouts": lambda s, v: s.whereabouts(v, REAL.dataset),
    "administration.versions": lambda s, v: s.versions(v, f"{WORDS}.jsonl"),
    "administration.rename": lambda s, v: s.rename(v, f"{WORDS}.jsonl other"),
    "administration.check_delete": lambda s, v: s.check_delete(v, REAL.dataset),
    "administration.delete": lambda s, v: s.delete(v, REAL.dataset),
    "models.listed": lambda s, v: s.listed(v, 0, 10),
    "models.find": lambda s, v: s.find(v, REAL.name),
    "models.from_code": lambda s, v: s.from_code(v, REAL.tuned),
    "models.check_change": lambda s, v: s.check_change(v, REAL.tuned),
    "models.rename": lambda s, v: s.rename(v, REAL.tuned, "mine"),
    "models.rename_in_words": lambda s, v: s.rename_in_words(v, f"{REAL.name} mine"),
    "models.delete": lambda s, v: s.delete(v, REAL.tuned),
    "models.home_of": lambda s, v: s.home_of(v, REAL.tuned),
    "models.shared": lambda s, v: s.shared(v, REAL.tuned),
    "models.check_share": lambda s, v: s.check_share(v, REAL.tuned),
    "models.share": lambda s, v: s.share(v, REAL.tuned, "C0FTSUPPRT", on=True),
    "policies.shown": lambda s, v: s.shown(v),
    "policies.may_change": lambda s, v: s.may_change(v),
    "policies.to_change": lambda s, v: s.to_change(v, v.place.channel_id),
    "policies.change": lambda s, v: s.change(v, v.place.channel_id, WantedRules(hours="5")),
    "policies.take_back": lambda s, v: s.take_back(v, v.place.channel_id),
}
"""Every method of a service that shows something to a person or does something for one."""

_NOT_FOR_PEOPLE = {"policy", "people", "access", "outbox"}


def test_every_service_method_for_a_person_has_its_row() -> None:
    known = {
        f"{each.name}.{name}"
        for each in fields(Services)
        if each.name not in _NOT_FOR_PEOPLE
        for name, method in vars(get_type_hints(Services)[each.name]).items()
        if callable(method) and "viewer" in signature(method).parameters and not name.startswith("_")
    }
    assert known == CALLED.keys()


@pytest.mark.parametrize("who", ["ines", "priya", "kenji", "jonas"])
async def test_services_check_who_looks_themselves(world: World, who: str) -> None:
    """As an outsider in the place itself; Jonas, approver and admin, was there a moment ago."""
    place = Place(WORKSPACE, world.private.id)
    if who == "jonas":
        world.private.members.remove(world.people["jonas"].id)
    viewer = await world.services.access.viewer(world.people[who].id, place)
    before = await world.rows()
    for name, call in CALLED.items():
        if name.startswith("audit.") and who == "jonas":
            continue  # may read it; what is in it is told in tests/services/test_budgets.py
        service, _, _ = name.partition(".")
        try:
            given = await call(getattr(world.services, service), viewer)
        except BotError as refused:
            given = refused
        if isinstance(given, Home):
            given = replace(given, budgets=())  # full members know what the whole workspace spends
        assert not any(marker in repr(given) for marker in (WORDS, str(NUMBER), REAL.tuned, REAL.running)), (
            name
        )
    assert _but_workspaces(await world.rows()) == _but_workspaces(before)


def _but_workspaces(rows: list[Any]) -> list[Any]:
    """Without what an admin may do everywhere: let all spending rest."""
    return [each for each in rows if each[0] not in ("workspaces", "audit")]
