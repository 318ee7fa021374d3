"""How soon are commands and clicks acknowledged while a big file is read; judges no content.

`python -m benchmarks.ack` is the sandbox, with the app in a process of its own, connected in Socket Mode. A file of
generated chats is dropped into a channel. From then until its card tells the result, while the app downloads and
reads it, somebody types commands, looks at the Home, presses buttons and closes what they open, one after the other.
Beside that, people write in threads of chats whose card is just being posted: it is seen, and the app does not know yet
where it stands, because Slack's answer is seconds late.
Measured is what Slack's side sees: from sending to the acknowledgement.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp

from benchmarks import corpus
from bot.sandbox.server import Sandbox

SMALL = 500_000
"""Bytes of the file whose card has the buttons that are pressed: a few dozen examples."""

PAUSE = 0.05
FEWEST = 100
"""Acknowledgements below which a 99th percentile says nothing."""

LATE = 2.0
"""Seconds by which Slack's answer is late that tells where a chat's card stands."""

SPEED = 400.0
"""Times life, so that a model to talk to is trained within seconds."""

PATIENCE = 60.0
SLOWEST_MB_S = 1.0
"""What is waited for takes no longer than PATIENCE seconds, and the big file's size at this speed besides."""


class Somebody:
    """A member of the workspace, who acts through the sandbox's control API."""

    def __init__(self, url: str, http: aiohttp.ClientSession, user: str, channel: str) -> None:
        self._url = url
        self._http = http
        self._user = user
        self._channel = channel

    async def acts(self, what: str, **more: Any) -> dict[str, Any]:
        """Do something, as docs/sandbox.md has it.

        Raises:
            RuntimeError: it was refused, or the app did not acknowledge it.
        """
        body = {"as": self._user, "channel": self._channel, **more}
        async with self._http.post(f"{self._url}/control/{what}", json=body) as answer:
            said: dict[str, Any] = await answer.json()
        if answer.status != 200 or not said.get("ok", True):
            raise RuntimeError(f"{what} failed: {said}")
        return said

    async def drops(self, path: Path) -> str:
        """Share a file; gives the ts of the message."""
        form = aiohttp.FormData({"as": self._user, "channel": self._channel}, default_to_multipart=True)
        with path.open("rb") as file:
            form.add_field("file", file, filename=path.name, content_type="application/octet-stream")
            async with self._http.post(f"{self._url}/control/upload", data=form) as answer:
                return str((await answer.json())["ts"])

    async def card(self, shared: str) -> dict[str, Any]:
        """The bot's first message under a shared file, empty until there is one."""
        query = {"as": self._user, "channel": self._channel, "thread_ts": shared}
        async with self._http.get(f"{self._url}/control/messages", params=query) as answer:
            messages = (await answer.json())["messages"]
        return next((message for message in messages if message.get("bot_id")), {})

    async def sees(
        self, words: str, seconds: float = PATIENCE, but: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """The first message of the channel with these words that is none of `but`, by ts.

        Raises:
            TimeoutError: there was none.
        """
        query = {"as": self._user, "channel": self._channel}
        async with asyncio.timeout(seconds):
            while True:
                async with self._http.get(f"{self._url}/control/messages", params=query) as answer:
                    for message in (await answer.json())["messages"]:
                        if words in str(message) and message["ts"] not in but:
                            return dict(message)
                await asyncio.sleep(PAUSE)

    async def closes_all(self) -> None:
        """Close the modals that are open."""
        async with self._http.get(f"{self._url}/control/views", params={"as": self._user}) as answer:
            open_now = (await answer.json())["modals"]
        if open_now:
            await self.acts("close", view_id=open_now[-1]["id"], clear=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size-mb", type=int, default=int(os.environ.get("SIZE_MB") or 500))
    size_mb = parser.parse_args().size_mb
    taken = asyncio.run(_measure(size_mb))
    if len(taken) < FEWEST:
        sys.exit(f"only {len(taken)} acknowledgements while the file was read; take a bigger one (SIZE_MB)")
    cuts = quantiles(taken, n=100)
    print(f"{len(taken)} acknowledgements while {size_mb} MB were read; the slowest took {max(taken):.0f} ms")
    print(f"ack p50_ms={cuts[49]:.0f} p99_ms={cuts[98]:.0f}")


async def _measure(size_mb: int) -> list[float]:
    """Milliseconds of each acknowledgement."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, big = folder / "small.jsonl", folder / "big.jsonl"
        corpus.write(small, SMALL)
        corpus.write(big, size_mb * 10**6)
        log = folder / "app.log"
        sandbox = Sandbox(speed=SPEED, rate_limits=False)
        await sandbox.start()
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout()) as http, _app(sandbox, log):
                patience = PATIENCE + size_mb / SLOWEST_MB_S
                people = _somebody(sandbox, http, "Mina"), _somebody(sandbox, http, "Jonas")
                return await _act_while_read(sandbox, *people, small, big, patience)
        except (RuntimeError, TimeoutError) as fault:
            sys.exit(f"{fault!r}\nthe app's log ends with:\n{log.read_text('utf-8', 'replace')[-3_000:]}")
        finally:
            await sandbox.close()


@asynccontextmanager
async def _app(sandbox: Sandbox, log: Path) -> AsyncIterator[None]:
    """The app at work, as people run it."""
    folder = log.parent
    environment = {
        **{name: value for name in ("PATH", "HOME", "PYTHONPATH") if (value := os.environ.get(name))},
        **sandbox.environment(folder),
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/bot.db",
        "MAX_UPLOAD_MB": "8192",
        # The card tells the result as soon as it is there, so that hardly anything is measured after it.
        "CARD_SECONDS": "0.2",
    }
    with log.open("wb") as written:
        app = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=environment, stdout=written, stderr=written
        )
    try:
        async with asyncio.timeout(PATIENCE):
            while not sandbox.slack.courier.connected:
                if app.returncode is not None:
                    raise RuntimeError("the app ended before it was connected")
                await asyncio.sleep(0.1)
        yield
    finally:
        if app.returncode is None:
            app.terminate()
        await app.wait()


def _somebody(sandbox: Sandbox, http: aiohttp.ClientSession, name: str) -> Somebody:
    team = sandbox.slack.team
    user = next(user.id for user in team.users.values() if user.real_name.startswith(name))
    channel = next(channel.id for channel in team.channels.values() if channel.name == "ft-support")
    return Somebody(sandbox.url, http, user, channel)


async def _talk(sandbox: Sandbox, somebody: Somebody) -> None:
    """Open one chat after the other, and write under each card as soon as it is seen."""
    known: set[str] = set()
    while True:
        sandbox.faults.add("slack", "chat.postMessage", "timeout_after", delay=LATE)
        await somebody.acts("command", command="/finetune", text="chat bench")
        card = await somebody.sees("Chat with", but=frozenset(known))
        known.add(card["ts"])
        for _ in range(3):
            await somebody.acts("message", text="Hello?", thread_ts=card["ts"])
        await asyncio.sleep(LATE)


async def _act_while_read(  # noqa: PLR0917  who acts, and on what
    sandbox: Sandbox, somebody: Somebody, other: Somebody, small: Path, big: Path, patience: float
) -> list[float]:
    ready = await _card(somebody, await somebody.drops(small), "start_open", PATIENCE)
    await somebody.acts(
        "command", command="/finetune", text="start small.jsonl model=gpt-4o-mini suffix=bench epochs=1"
    )
    request = await somebody.sees("job_approve")
    await other.acts("click", ts=request["ts"], action={"action_id": "job_approve"})
    await somebody.sees("bench* is ready")
    async with asyncio.timeout(patience):
        shared = await somebody.drops(big)
    before = sandbox.calls.since()[-1]["n"]
    reading = asyncio.create_task(_card(somebody, shared, "dataset_report", patience))
    talking = asyncio.create_task(_talk(sandbox, other))
    try:
        while not reading.done():
            await somebody.acts("command", command="/finetune", text="help")
            await somebody.acts("home", tab="home")
            for button in ("start_open", "dataset_report"):
                await somebody.acts("click", ts=ready["ts"], action={"action_id": button})
            await asyncio.sleep(PAUSE)
            await somebody.closes_all()
            if talking.done():
                talking.result()
    finally:
        reading.cancel()
        talking.cancel()
    print(str((await reading)["text"]).partition("\n")[0])
    lost = [call["name"] for call in sandbox.calls.since(before, "slack_to_app") if not call["ok"]]
    if lost:
        raise RuntimeError(f"{len(lost)} were never acknowledged: {lost[:5]}")
    return [call["ms"] for call in sandbox.calls.since(before, "slack_to_app")]


async def _card(somebody: Somebody, shared: str, word: str, seconds: float) -> dict[str, Any]:
    """The card of a shared file once it shows a word or a button.

    Raises:
        TimeoutError: it never did.
    """
    card: dict[str, Any] = {}
    try:
        async with asyncio.timeout(seconds):
            while word not in str(card.get("blocks")):
                await asyncio.sleep(0.1)
                card = await somebody.card(shared)
    except TimeoutError:
        raise TimeoutError(f"{word!r} did not show within {seconds:.0f} s; the card is {card}") from None
    return card


if __name__ == "__main__":
    main()
