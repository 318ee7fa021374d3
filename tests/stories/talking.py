"""What stories about chats share: a model trained on given answers, a thread with it, and what was said there."""

import json
from typing import Any

from tests.stories.driver import Message, People, shown

CHAT = "POST /chat/completions"


def taught(*pairs: tuple[str, str]) -> bytes:
    """A dataset of these questions and answers, each often enough for the ten examples that training wants."""
    lines = [
        {"messages": [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]}
        for ask, answer in pairs * (-(-10 // len(pairs)))
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


class Talk:
    """One channel in which people talk with models."""

    def __init__(self, people: People, channel: str = "ft-support") -> None:
        self.people = people
        self.channel = people.channels[channel]

    async def asks_for(self, content: bytes = b"", suffix: str = "tone", epochs: str = "1") -> Message:
        """Mina shares a dataset (a sample, if no content is given) and asks for a job; gives the card."""
        mina = self.people.mina
        sample = None if content else "support.jsonl"
        shared = await mina.uploads(self.channel, f"{suffix}.jsonl", content, sample=sample)
        report = await mina.sees(self.channel, "Start fine-tuning", thread_ts=shared)
        await mina.clicks(report, "start_open")
        form = await mina.form("start_form")
        await mina.submits(form, mina.filled(form, suffix=suffix, epochs=epochs))
        return await mina.sees(self.channel, f"{suffix}* waits for approval")

    async def trains(self, content: bytes = b"", suffix: str = "tone") -> Message:
        """A model is trained; gives the announcement."""
        request = await self.asks_for(content, suffix)
        await self.people.jonas.clicks(request, "job_approve")
        return await self.people.mina.sees(self.channel, f"{suffix}* is ready")

    async def opens(self, end: Message) -> str:
        """Mina follows the announcement to the card and presses its button; gives the ts of the new thread."""
        before = {card["ts"] for card in await self.cards()}
        await self.people.mina.clicks(await self.people.mina.follows(end), "job_chat")
        return await self.new_thread(before)

    async def cards(self) -> list[Message]:
        """The chat cards of the channel."""
        return [m for m in await self.people.mina.reads(self.channel) if "Chat with" in shown(m)]

    async def new_thread(self, before: set[str]) -> str:
        """The ts of a chat card that is not one of `before`, once it is there."""

        async def look() -> str | None:
            return next((card["ts"] for card in await self.cards() if card["ts"] not in before), None)

        return await self.people.until(look, "a new chat card")

    async def replies(self, thread: str) -> list[Message]:
        """The bot's messages in a thread, without the card."""
        seen = await self.people.mina.reads(self.channel, thread)
        return [m for m in seen if m.get("bot_id") and m["ts"] != thread]

    async def hears(self, thread: str, count: int = 1, ending: str = "") -> list[str]:
        """All that the bot said in the thread, once it said `count` things and the last one ends like this."""

        async def look() -> list[str] | None:
            said = await self.replies(thread)
            whole = not any(m.get("streaming") or visible(m) in ("", "…") for m in said)
            there = len(said) == count and whole and visible(said[-1]).endswith(ending)
            return [visible(m) for m in said] if there else None

        return await self.people.until(look, f"{count} answers")

    async def asked(self) -> list[dict[str, Any]]:
        """The requests that reached the model, oldest first."""
        return [call["request"]["body"] for call in await self.people.calls(CHAT)]


def visible(message: Message) -> str:
    """What people see of a message: its blocks, or its text where it has none."""
    blocks = message.get("blocks") or []
    text = " ".join(block["text"] for block in blocks if block["type"] == "markdown")
    return (text or message["text"]).replace("\u200b", "")
