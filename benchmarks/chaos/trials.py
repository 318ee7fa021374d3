"""The matrix: what goes wrong, when, and the story around it; each trial ends before the judge or raises."""

import asyncio
import glob
import resource
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from benchmarks.chaos.stage import SPEED, Stage, stage
from bot.domain.audit import Did
from tests.conftest import PostgresServer
from tests.stories.backup import backed_up
from tests.stories.driver import Message, dataset, shown

HANGS = 300  # seconds: longer than any trial, so that the app is still waiting when it is killed
SILENT = (
    70  # seconds: longer than the app waits for an answer; at the call that costs money, once is worth it
)
SLOWLY = 6.0  # times life: a call that comes again and again while a job trains comes often enough
TELLS_AGAIN = 61  # seconds until the second time that Slack repeats an event which was not acknowledged
DOWN = (
    40.0  # seconds: ten minutes would prove no more, and pauses between tries are longest after some of them
)
REFUSED = 8.0  # seconds that a refusal stays after what it holds back came due
TROUBLE = ("429", "500", "drop_before", "drop_after", "timeout_after")
KILLS = {"timeout_before": "killed before", "timeout_after": "killed after"}
_WAYS = {
    "429": "429",
    "500": "500",
    "drop_before": "connection lost, not done",
    "drop_after": "connection lost, done",
    "timeout_after": "no answer, done",
}
SMALL_PARTS = ("-m", "tests.stories.small_parts")
PARTS = ("POST /uploads", "POST /uploads/*/parts", "POST /uploads/*/complete")
NEVER = frozenset({"auth.test", "apps.connections.open", "upload"})
"""The start of an app, not a job's way; and a picture's bytes, which the sandbox's faults know by the file's id."""


@dataclass(frozen=True)
class Call:
    """A call of the app to the outside, in one part of a job's way: from the approval on, or while it trains.

    `program` is what Python runs for the app: the bot itself, if nothing is given.
    """

    phase: str
    side: str
    name: str
    program: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.phase}: {self.name}"


@dataclass(frozen=True)
class Trial:
    """One row of the table; `run` raises when something did not survive."""

    name: str
    run: Callable[[], Awaitable[None]]


async def discover() -> list[Call]:
    """Every call on the way of an undisturbed job, in the order in which it is first made."""
    async with stage() as play:
        await play.start()
        request = await play.asks()
        before = len(await play.calls())
        await play.people.post("clock", {"speed": SLOWLY})  # quickly, it ends before all of them were made
        await play.approves(request)
        await play.trains()
        trains = len(await play.calls())
        await play.ends()
        calls = await play.calls()
        await play.judge(request)
    found: dict[Call, None] = {}
    for number, (side, name) in enumerate(calls):
        if number >= before and name not in NEVER:
            found.setdefault(Call("approved" if number < trains else "training", side, name))
    return [*found, *(Call("approved", "openai", name, SMALL_PARTS) for name in PARTS)]


def trials(calls: list[Call], postgres: PostgresServer) -> Iterator[Trial]:
    """All of them."""
    for call in calls:
        for kind, words in KILLS.items():
            yield Trial(f"{call} {words}", lambda call=call, kind=kind: _killed(call, kind))  # type: ignore[misc]
    for call in calls:
        for kind in TROUBLE:
            yield Trial(f"{call}: {_WAYS[kind]}", lambda call=call, kind=kind: _troubled(call, kind))  # type: ignore[misc]
    yield Trial("a stale lease while its first worker still lives", lambda: _stale_lease(postgres))
    yield Trial("the same click twice", lambda: _clicks(postgres, "jonas", "jonas", replicas=1))
    yield Trial("clicks of two people", lambda: _clicks(postgres, "jonas", "ines", replicas=1))
    yield Trial(
        "clicks of two people on two replicas", lambda: _clicks(postgres, "jonas", "ines", replicas=2)
    )
    yield Trial(f"Slack down for {DOWN:.0f} s while three jobs end", _slack_down)
    yield Trial("the channel archived while the job ends, and brought back", _archived)
    yield Trial("Slack refuses our token from before the creation until a restart", _token_refused)
    yield Trial("PostgreSQL restarted while a job trains", lambda: _database_restarted(postgres))
    yield Trial("the disk full during a download", lambda: _disk_full(postgres))
    yield Trial("the file deleted in Slack before it was downloaded", _deleted_in_slack)
    yield Trial("the file deleted at the provider before the job was created", _deleted_at_provider)
    yield Trial("a backup taken during the upload, restored after the job's end", _restored)
    yield Trial("the clock set back by an hour while a job trains", _clock_set_back)


async def _disturbed(play: Stage, call: Call, kind: str, delay: float) -> Message:
    """A job is asked for and approved, and this call went wrong; gives its card."""
    request = await play.asks()
    trains = call.phase == "training"
    if not trains:
        await play.people.fault(call.side, glob.escape(call.name), kind, delay=delay)
    else:
        await play.people.post("clock", {"speed": SLOWLY})
    await play.approves(request)
    if trains:
        await play.trains()
        await play.people.fault(call.side, glob.escape(call.name), kind, delay=delay)
    await play.people.faults_hit()
    await play.people.post("clock", {"speed": SPEED})
    return request


async def _killed(call: Call, kind: str) -> None:
    async with stage() as play:
        app = await play.start(*call.program)
        request = await _disturbed(play, call, kind, HANGS)
        await play.people.faults_off()
        await app.restart()
        if not await play.audited(
            Did.APPROVED
        ):  # Slack tells a click once: who sees nothing come of it repeats it
            await play.approves(request)
        await play.people.post("clock", {"advance": TELLS_AGAIN})
        await play.ends()
        await play.judge(request)


async def _troubled(call: Call, kind: str) -> None:
    async with stage() as play:
        await play.start(*call.program)
        silent = SILENT if call.name == "POST /fine_tuning/jobs" else 5
        request = await _disturbed(play, call, kind, silent)
        await play.ends(seconds=180)
        await play.judge(request)


async def _stale_lease(postgres: PostgresServer) -> None:
    """The worker that creates the job stands still past its lease; another takes over, then the first wakes up."""
    async with stage(postgres) as play:
        first = await play.start()
        request = await play.asks()
        await play.people.fault("openai", "POST /fine_tuning/jobs", "timeout_after", delay=15)
        await play.approves(request)
        await play.people.faults_hit()
        first.send(signal.SIGSTOP)
        await play.start()
        await play.ends()
        first.send(signal.SIGCONT)
        await asyncio.sleep(6)  # what it would do wrong, it would do now
        await play.judge(request)


async def _clicks(postgres: PostgresServer, *people: str, replicas: int) -> None:
    async with stage(postgres) as play:
        for _ in range(replicas):
            await play.start()
        request = await play.asks()
        persons = [getattr(play.people, each) for each in people]
        await asyncio.gather(*(person.clicks(request, "job_approve") for person in persons))
        await play.ends()
        await play.judge(request)


async def _slack_down() -> None:
    async with stage() as play:
        await play.start()
        requests = [await play.asks(f"tone-{number}") for number in range(3)]
        await play.people.post("clock", {"speed": SLOWLY})
        for request in requests:
            await play.approves(request)
        await play.trains("tone-0")
        await play.people.fault("slack", "chat.*", "500", times=-1)
        await play.people.fault("slack", "conversations.*", "500", times=-1)
        await play.people.post("clock", {"speed": SPEED})
        await asyncio.sleep(DOWN)
        ended = (await play.provider("GET", "fine_tuning/jobs"))["data"]
        if any(job["status"] != "succeeded" for job in ended):
            raise AssertionError("a job had not ended when Slack came back: the trial proves nothing")
        await play.people.faults_off()
        for number in range(3):
            await play.ends(f"tone-{number}", seconds=180)
        await play.judge(*requests)


async def _archived() -> None:
    async with stage() as play:
        await play.start()
        request = await play.asks()
        await play.approves(request)
        await play.trains()
        await play.people.post("archive", {"as": play.people.mina.id, "channel": play.channel})
        await play.has_ended()
        await asyncio.sleep(REFUSED)
        await play.people.post("unarchive", {"as": play.people.mina.id, "channel": play.channel})
        await play.ends()
        await play.judge(request)


async def _token_refused() -> None:
    async with stage() as play:
        app = await play.start()
        request = await play.asks()
        await play.people.fault("openai", "POST /files", "slow", delay=3)
        await play.approves(request)
        await play.people.faults_hit()
        await play.people.fault("slack", "*", "error", code="token_revoked", times=-1)
        await asyncio.sleep(REFUSED)
        if (await play.provider("GET", "fine_tuning/jobs"))["data"]:
            raise AssertionError("a job was created while Slack refused our token")
        await play.people.faults_off()
        await app.restart()
        await play.ends()
        await play.judge(request)


async def _database_restarted(postgres: PostgresServer) -> None:
    async with stage(postgres) as play:
        await play.start()
        request = await play.asks()
        await play.approves(request)
        await play.trains()
        data = str(postgres.folder / "data")
        await asyncio.to_thread(
            postgres.run,
            "pg_ctl",
            "restart",
            "-D",
            data,
            "-l",
            str(postgres.folder / "log"),
            "-m",
            "fast",
            "-w",
        )
        await play.ends()
        await play.judge(request)


async def _disk_full(postgres: PostgresServer) -> None:
    """The process may write no file beyond some bytes, which the system tells as it tells a full disk."""
    async with stage(postgres) as play:
        app = await play.start()
        whole = resource.prlimit(app.pid, resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
        mina, channel = play.people.mina, play.channel
        shared = await mina.uploads(channel, "tone.jsonl", dataset(400, note="tone"))

        async def told() -> Message | None:
            replies = [m for m in await mina.reads(channel, shared) if m.get("bot_id")]
            return next((m for m in replies if "disk" in shown(m) and "again" in shown(m)), None)

        await play.people.until(told, "a card that says that the disk is full and that it is tried again")
        resource.prlimit(app.pid, resource.RLIMIT_FSIZE, whole)
        report = await mina.sees(channel, "Start fine-tuning", thread_ts=shared)
        await mina.clicks(report, "start_open")
        form = await mina.form("start_form")
        await mina.submits(form, mina.filled(form, suffix="tone", epochs="1"))
        request = await mina.sees(channel, "tone* waits for approval")
        await play.approves(request)
        await play.ends()
        await play.judge(request)


async def _deleted_in_slack() -> None:
    async with stage() as play:
        await play.start()
        await play.people.fault("slack", "files.info", "slow", delay=3)
        shared = await play.people.mina.uploads(play.channel, "gone.jsonl", dataset(note="gone"))
        await play.people.mina.deletes(play.channel, shared)
        request = await play.asks()
        await play.approves(request)
        await play.ends()
        kept = await play.provider("GET", "files")
        if any("gone" in file["filename"] for file in kept["data"]):
            raise AssertionError("the deleted file is at the provider")
        await play.judge(request)


async def _deleted_at_provider() -> None:
    async with stage() as play:
        await play.start()
        request = await play.asks()
        await play.people.fault("openai", "GET /files/[*]", "429", retry_after=4)
        await play.approves(request)
        await play.people.faults_hit()
        for file in (await play.provider("GET", "files"))["data"]:
            await play.provider("DELETE", f"files/{file['id']}")
        await play.ends()
        await play.judge(request)


async def _restored() -> None:
    async with stage() as play:
        app = await play.start()
        request = await play.asks()
        await play.people.fault("openai", "POST /files", "slow", delay=3)
        await play.approves(request)
        await play.people.faults_hit()
        backup = play.folder / "backup"
        backup.mkdir()
        bring = await backed_up(play.settings["DATABASE_URL"], play.folder, backup)
        await play.ends()
        await app.kill()
        await bring()
        await app.start()

        async def known_again() -> bool | None:
            return bool(await play.audited(Did.ENDED)) or None

        await play.people.until(known_again, "the end of the job in the restored database")
        created = (await play.provider("GET", "fine_tuning/jobs"))["data"]
        if len(created) != 1:
            raise AssertionError(f"{len(created)} jobs at the provider: the second was paid for")


async def _clock_set_back() -> None:
    async with stage() as play:
        clock = play.folder / "clock"
        await play.start("-m", "benchmarks.chaos.late_clock", str(clock))
        request = await play.asks()
        await play.approves(request)
        await play.trains()
        clock.write_text("-3600")
        await play.ends()
        await play.judge(request)
