"""Slack as the services see it: files, people, our messages and answers; no blocks, no methods of its API."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.domain.access import Channel
from bot.domain.budgets import Funded
from bot.domain.chats import Conversation, Turn
from bot.domain.comparisons import Ballot, Comparison
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.jobs.job import Job
from bot.domain.outbox import OutboxMessage
from bot.domain.places import Place
from bot.domain.policies import Member
from bot.domain.transforms.lifecycle import Transform


@dataclass(frozen=True, slots=True)
class SlackFile:
    """A file as Slack describes it; sizes in bytes. `shares` maps channel id to the ts of the sharing message."""

    id: str
    name: str
    size: int
    mode: str  # hosted, snippet, external, tombstone, hidden_by_limit, file_access …
    mimetype: str = ""
    filetype: str = ""
    user_id: str = ""
    url: str = ""
    is_external: bool = False
    shares: dict[str, str] = field(default_factory=dict)


class Files(Protocol):
    """Files that people share in Slack."""

    async def info(self, file_id: str) -> SlackFile:
        """Look a file up.

        Raises:
            UnusableFile: Slack does not show it to us (deleted, hidden, no scope).
            SlackUnavailable: try again later.
        """
        ...

    async def download(self, file: SlackFile, to: Path, *, cap: int, on_bytes: Callable[[int], None]) -> int:
        """Stream the file to disk; gives its size in bytes.

        Raises:
            UnusableFile: external, a login page instead of the file, over `cap` bytes, cut short …
            SlackUnavailable: try again later.
        """
        ...


class Uploads(Protocol):
    """Files of our own that we put into threads. Each may raise SlackUnavailable or SlackRefused."""

    async def send(
        self,
        place: Place,
        path: Path,
        *,
        name: str,
        title: str,
        comment: str,
        begin: Callable[[str], Awaitable[None]] | None = None,
    ) -> str:
        """Share a file from disk in the thread, below `comment` (mrkdwn, escaped); gives its id in Slack.

        `begin` is awaited with that id before the file is shared.
        """
        ...

    async def find(self, place: Place, name: str, since: datetime, except_ids: Collection[str]) -> str | None:
        """The id of our own file of this name that stands in the thread since then; None when there is none.

        Those in `except_ids` are known to be others.
        """
        ...

    async def delete(self, file_id: str) -> None:
        """Take a file out of Slack if it is one of ours; one that a person shared is theirs and stays."""
        ...


class Images(Protocol):
    """Images inside our own messages; they stand in no thread of their own."""

    async def put(self, path: Path, *, name: str, title: str, begin: Callable[[str], Awaitable[None]]) -> str:
        """Give Slack an image from disk and wait until messages can show it; gives its id.

        `begin` is awaited with that id before there is such a file: who saves it can remove what a crash leaves.

        Raises:
            SlackUnavailable: try again later; a file that was begun may exist.
            SlackRefused: Slack said no for good.
        """
        ...

    async def delete(self, file_id: str) -> None:
        """Remove an image of ours; nothing happens when there is none of this id any more."""
        ...


class DirectMessages(Protocol):
    """Files for one person alone."""

    async def send_privately(self, user_id: str, path: Path, *, name: str, title: str, comment: str) -> str:
        """Send a file from disk in a direct message, below `comment` (mrkdwn, escaped); gives its id in Slack.

        Raises:
            SlackUnavailable: try again later; it may have been sent all the same.
            SlackRefused: Slack said no for good.
        """
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message of ours came to stand; `thread_ts` is the root above it, None at the channel's top level.

    Slack takes a message whose root was deleted and puts it there without a word.
    """

    ts: str
    thread_ts: str | None = None


Subject = Dataset | Job | Funded | Conversation | Comparison | Ballot | Transform | None


class Notifier(Protocol):
    """Makes our messages exist in Slack."""

    async def thread_exists(self, thread: Place) -> bool:
        """Whether the message that opens this thread is still there, as far as we may know. Raises SlackUnavailable."""
        ...

    async def link(self, channel_id: str, ts: str) -> str:
        """The address of a message. Raises SlackUnavailable or SlackRefused."""
        ...

    async def post(self, message: OutboxMessage, subject: Subject) -> Posted:
        """Post it. Raises SlackUnavailable or SlackRefused."""
        ...

    async def update(self, message: OutboxMessage, subject: Subject) -> None:
        """Edit the posted message so that it shows the subject as it is now."""
        ...

    async def find(self, message: OutboxMessage) -> Posted | None:
        """The message, if one that was begun really reached Slack; None if not."""
        ...


class Answer(Protocol):
    """One answer on its way into a thread, over as many messages as it needs."""

    async def append(self, text: str) -> None:
        """More of the answer, as Markdown of the model; hostile text."""
        ...

    async def wait(self, sentence: str) -> None:
        """A sentence of our own that stands there until the answer begins."""
        ...

    async def finish(self, note: str = "") -> None:
        """The end; `note` is our own sentence below the answer.

        Raises:
            SlackUnavailable: not all of it could be shown now; the turn may be answered once more.
            SlackRefused: nor ever.
        """
        ...


class ReplyStream(Protocol):
    """Says a model's answers in threads, streaming where Slack lets it."""

    async def begin(self, turn: Turn, heading: str, keep: Callable[[str], Awaitable[None]]) -> Answer:
        """A message that takes the answer to this turn: those of an earlier try, if there are any.

        `heading` stands above each message. `keep` is awaited with the ts of every new message as soon as it is there.
        """
        ...

    async def find(self, turn: Turn, except_ts: Collection[str] = ()) -> list[str]:
        """The ts of the messages of an answer that was begun (`turn.begun_at`) and that were not saved, in order.

        Those in `except_ts` are known, to be this answer's or another's.
        """
        ...

    async def say(self, turn: Turn, sentence: str, heading: str = "") -> None:
        """A sentence of our own instead of an answer, into the turn's answer message or thread."""
        ...

    async def add(self, turn: Turn, sentence: str) -> None:
        """A sentence of our own in the thread, below what there is of the answer."""
        ...


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A user group of the workspace; `handle` is what people type after the @."""

    id: str
    handle: str


class TokenCheck(Protocol):
    """Whether Slack lets us work at all."""

    async def check(self) -> None:
        """Raise CurableRefusal while Slack refuses our token; a Slack that is only away for a while refuses nothing."""
        ...


class People(Protocol):
    """Who somebody is, as Slack says; remembered for minutes, but with `anew` Slack is asked in any case.

    Each may raise SlackUnavailable or SlackRefused; `member` raises NotFound for whom Slack does not know.
    """

    async def member(self, user_id: str, *, anew: bool = False) -> Member: ...

    async def group(self, group_id: str, *, anew: bool = False) -> frozenset[str]:
        """The user ids in a user group; empty when it is switched off or there is none of this id."""
        ...

    async def groups(self) -> list[UserGroup]:
        """The workspace's user groups, by handle."""
        ...


class Channels(Protocol):
    """How open a channel is and who is in it, as Slack says; known for a minute at most.

    Each may raise SlackUnavailable: nobody is let in on what was so before. SlackRefused says what we lack.
    """

    async def about(self, channel_id: str) -> Channel:
        """How open it is; what Slack does not show us is not public."""
        ...

    async def people(self, channel_id: str) -> frozenset[str]:
        """The user ids of those who are in it; nobody where Slack does not show it to us."""
        ...

    def forget(self, channel_id: str) -> None:
        """It has changed: ask anew."""
        ...
