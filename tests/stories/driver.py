"""People in the sandbox's workspace: does what they do through the control API, and waits for what they see."""

import asyncio
import io
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

Seen = TypeVar("Seen")
Message = dict[str, Any]
PATIENCE = 90.0  # seconds; only a story that fails waits that long, and a busy machine may need much of it


class Person:
    """One user of the workspace."""

    def __init__(self, people: "People", user_id: str) -> None:
        self._people = people
        self.id = user_id

    async def uploads(
        self,
        channel: str,
        name: str,
        content: bytes = b"",
        *,
        sample: str | None = None,
        mode: str = "hosted",
    ) -> str:
        """Share a file in a channel; gives the ts of the message."""
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("as", self.id)
        form.add_field("channel", channel)
        form.add_field("mode", mode)
        if sample is None:
            form.add_field(
                "file", io.BytesIO(content), filename=name, content_type="application/octet-stream"
            )
        else:
            form.add_field("sample", sample)
        answer = await self._people.post("upload", form)
        return str(answer["ts"])

    async def writes(self, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Write a message; gives its ts."""
        body = {"channel": channel, "text": text} | ({"thread_ts": thread_ts} if thread_ts else {})
        return str((await self._act("message", body))["ts"])

    async def commands(self, channel: str, text: str) -> dict[str, Any]:
        """Type `/finetune text`."""
        return await self._act("command", {"channel": channel, "command": "/finetune", "text": text})

    async def clicks(self, message: Message, action_id: str, **action: Any) -> dict[str, Any]:
        """Press what has this action id in a message."""
        where = {"channel": message["channel"], "ts": message["ts"]}
        return await self._act("click", {**where, "action": {"action_id": action_id, **action}})

    async def picks(self, view: dict[str, Any], action_id: str, values: Any = None, **action: Any) -> None:
        """Choose something in an open form."""
        body = {"view_id": view["id"], "action": {"action_id": action_id, **action}}
        await self._act("click", body | ({"values": values} if values else {}))

    async def submits(self, view: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        """Send a form; `values` as in Slack's view.state.values."""
        return await self._act("submit", {"view_id": view["id"], "values": values})

    async def shortcut(self, callback_id: str, message: Message | None = None) -> dict[str, Any]:
        """Use a global shortcut, or one of a message."""
        where = {"channel": message["channel"], "ts": message["ts"]} if message else {}
        return await self._act("shortcut", {"callback_id": callback_id, **where})

    @staticmethod
    def filled(form: dict[str, Any], **typed: str) -> dict[str, Any]:
        """The form's values as they stand, with some text inputs typed over."""
        values: dict[str, Any] = form["state"]["values"]
        for block_id, text in typed.items():
            for value in values[block_id].values():
                value["value"] = text
        return values

    async def opens_home(self) -> None:
        """Look at the app's Home."""
        await self._act("home", {"tab": "home"})

    async def form(self, callback_id: str) -> dict[str, Any]:
        """The open form with this callback id, once it is there."""

        async def look() -> dict[str, Any] | None:
            views = (await self._people.get("views", **{"as": self.id}))["modals"]
            return views[-1] if views and views[-1]["callback_id"] == callback_id else None

        return await self._people.until(look, f"form {callback_id}")

    async def modal(self) -> dict[str, Any] | None:
        """The topmost open modal, if any."""
        views = (await self._people.get("views", **{"as": self.id}))["modals"]
        return views[-1] if views else None

    async def modal_with(self, words: str) -> dict[str, Any]:
        """The topmost modal once it shows these words: most open empty and are filled a moment later."""

        async def look() -> dict[str, Any] | None:
            view = await self.modal()
            return view if view and words in str(view["blocks"]) else None

        return await self._people.until(look, f"a modal with “{words}”")

    async def closes(self, view: dict[str, Any]) -> None:
        """Close a form without sending it."""
        await self._act("close", {"view_id": view["id"]})

    async def finds(self, channel: str, ts: str) -> Message:
        """A message of the channel as it is now."""
        found = next(m for m in await self.reads(channel) if m["ts"] == ts)
        return {"channel": channel, **found}

    async def reads(self, channel: str, thread_ts: str | None = None) -> list[Message]:
        """What this person sees in a channel or thread."""
        query = {"as": self.id, "channel": channel} | ({"thread_ts": thread_ts} if thread_ts else {})
        return list((await self._people.get("messages", **query))["messages"])

    async def sees(
        self, channel: str, words: str, thread_ts: str | None = None, seconds: float = PATIENCE
    ) -> Message:
        """The first message that shows these words, once it is there."""

        async def look() -> Message | None:
            for message in await self.reads(channel, thread_ts):
                if words in shown(message):
                    return {"channel": channel, **message}
            return None

        return await self._people.until(look, f"“{words}”", seconds)

    async def follows(self, message: Message) -> Message:
        """The card to which an announcement links, once it shows the end."""
        link = re.search(r"/archives/(\w+)/p(\d+)(\d{6})\|", shown(message))
        assert link is not None, shown(message)

        async def look() -> Message | None:
            card = await self.finds(link[1], f"{link[2]}.{link[3]}")
            return card if "job_again" in str(card["blocks"]) else None

        return await self._people.until(look, "a card that shows the end")

    async def verdict(self, channel: str, shared: str) -> str:
        """What the one card under a shared file shows once the file was checked."""

        async def look() -> str | None:
            told = [shown(m) for m in await self.reads(channel, shared) if m.get("bot_id")]
            assert len(told) < 2, told
            return told[0] if told and "Checking" not in told[0] else None

        return await self._people.until(look, "the card of a file")

    async def deletes(self, channel: str, shared: str) -> None:
        """Delete the file of a message."""
        message = await self.finds(channel, shared)
        await self._act("delete_file", {"file_id": message["files"][0]["id"]})

    async def deletes_message(self, channel: str, ts: str) -> None:
        """Delete a message of their own; its file stays."""
        await self._act("delete_message", {"channel": channel, "ts": ts})

    async def _act(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._people.post(what, {"as": self.id, **body})


class People:
    """Everybody in one sandbox, by name."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._http = http
        self._ids: dict[str, str] = {}
        self.channels: dict[str, str] = {}

    async def meet(self) -> "People":
        """Learn who and what is there."""
        world = await self.get("world")
        self._ids = {user["real_name"].split()[0].lower(): user["id"] for user in world["users"]}
        self.channels = {channel["name"]: channel["id"] for channel in world["channels"]}
        return self

    def __getattr__(self, name: str) -> Person:
        try:
            return Person(self, self._ids[name])
        except KeyError:
            raise AttributeError(name) from None

    async def get(self, what: str, **query: Any) -> dict[str, Any]:
        """Read from the control API."""
        async with self._http.get(f"{self._url}/control/{what}", params=query) as answer:
            return dict(await answer.json())

    async def post(self, what: str, body: Any) -> dict[str, Any]:
        """Act through the control API."""
        sent = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
        async with self._http.post(f"{self._url}/control/{what}", **sent) as answer:
            said = await answer.json()
            assert answer.status == 200, said
            return dict(said)

    async def fault(self, side: str, match: str, kind: str, **more: Any) -> None:
        """Switch a fault on."""
        await self.post("faults", {"side": side, "match": match, "kind": kind, **more})

    async def faults_hit(self, seconds: float = PATIENCE) -> None:
        """Wait until a fault that was switched on has been met."""

        async def look() -> bool | None:
            rules = (await self.get("faults"))["faults"]
            return True if rules and all(rule["hits"] for rule in rules) else None

        await self.until(look, "a fault to be hit", seconds)

    async def faults_off(self) -> None:
        """Switch all faults off."""
        async with self._http.delete(f"{self._url}/control/faults"):
            pass

    async def calls(self, name: str) -> list[dict[str, Any]]:
        """What went between app and sandbox under this name."""
        return list((await self.get("calls", name=name))["calls"])

    async def hear_again(self, *names: str) -> None:
        """Slack delivers everything of these names once more, as it does when an acknowledgement was lost."""
        known = (await self.get("calls", direction="slack_to_app"))["calls"]
        again = [call["n"] for call in known if call["name"] in names]
        assert again, [call["name"] for call in known]
        for n in again:
            assert (await self.post("redeliver", {"n": n}))["ok"]

    async def all_done(self) -> None:
        """What the bot had to do has been done: a file that comes after it went all of its way."""
        ines = self.ines
        shared = await ines.uploads("D" + ines.id[1:], "after.jsonl", dataset(note="after"))
        assert "is ready" in await ines.verdict("D" + ines.id[1:], shared)

    async def content(self, file_id: str) -> bytes:
        """What a file holds."""
        async with self._http.get(f"{self._url}/control/files/{file_id}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    async def until(
        self, look: Callable[[], Awaitable[Seen | None]], what: str, seconds: float = PATIENCE
    ) -> Seen:
        """Look again until there is something to see."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            seen = await look()
            if seen is not None:
                return seen
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"{what} never came in {seconds} s")
            await asyncio.sleep(0.05)


def shown(message: Message) -> str:
    """Everything a message shows: its text and every text in its blocks."""
    return str(message.get("text", "")) + " " + " ".join(_texts(message.get("blocks", [])))


def _texts(block: Any) -> list[str]:
    if isinstance(block, str):
        return [block]
    if isinstance(block, dict):
        return [text for key, value in block.items() if key != "block_id" for text in _texts(value)]
    if isinstance(block, list):
        return [text for value in block for text in _texts(value)]
    return []


def dataset(examples: int = 12, note: str = "a") -> bytes:
    """A small chat dataset; `note` makes its content different from others."""
    lines = [
        {
            "messages": [
                {"role": "system", "content": "Answer in one warm sentence."},
                {"role": "user", "content": f"Question {n} about lamps, {note}?"},
                {"role": "assistant", "content": f"Gladly! Answer {n} is {n * 7}, {note}."},
            ]
        }
        for n in range(examples)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def sample(name: str) -> bytes:
    """One of the sandbox's sample datasets."""
    return (Path(__file__).parents[2] / "bot" / "sandbox" / "samples" / name).read_bytes()
