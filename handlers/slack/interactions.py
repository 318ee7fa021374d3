"""What people do in Slack, as listeners get it: who, where, what was sent with it, and the ways to answer privately.

Knows payloads, nothing of what is done with them.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, cast

from slack_bolt.async_app import AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Viewer
from bot.domain.places import Place, workspace_key
from bot.errors import BadInput, SlackRefused
from bot.services.access import NOT_HERE, AccessService
from handlers.ids import Action, Block, Field
from handlers.slack.client import ask, look_up, respond_with
from handlers.views import about, spelling
from handlers.views.blocks import Message, View
from handlers.views.spelling import Spelling

OPEN_VIEW = "open_view"
"""The key in Bolt's context under which handlers.errors finds the view that waits for its content."""


def workspace_of(context: AsyncBoltContext) -> str:
    """The workspace a request belongs to."""
    return workspace_key(context.enterprise_id, context.team_id)


def is_direct(channel_id: str) -> bool:
    """Whether it is a direct message rather than a channel."""
    return channel_id.startswith("D")


def thread_root(message: Mapping[str, Any]) -> str:
    """The root of the thread that a message is in, or that it opens."""
    return str(message.get("thread_ts") or message["ts"])


def answer_root(message: Mapping[str, Any], channel_id: str) -> str | None:
    """The root of the thread in which a message is answered; in a direct message it opens none."""
    return None if is_direct(channel_id) and not message.get("thread_ts") else thread_root(message)


async def respond(context: AsyncBoltContext, message: Message, **how: Any) -> None:
    """Answer at the address that came with the request."""
    await respond_with(cast("AsyncRespond", context.respond), message, **how)


async def tell(context: AsyncBoltContext, body: dict[str, Any], message: Message, view: View) -> None:
    """Answer in private: below the message with the button, else by a modal over the one that is open, or by one."""
    in_modal = body.get("type") == "block_actions" and (body.get("view") or {}).get("type") == "modal"
    if body.get("response_url"):
        thread_ts = (body.get("container") or {}).get("thread_ts")
        channel_id = str((body.get("channel") or {}).get("id") or "")
        message = spelling.spelled(message, spelling.where(channel_id, thread_ts))
        how = {"response_type": "ephemeral", "replace_original": False, "thread_ts": thread_ts}
        await respond(context, message, **how)
    elif in_modal:
        await ask(context.client.views_push(trigger_id=body["trigger_id"], view=view))
    elif body.get("trigger_id"):
        await ask(context.client.views_open(trigger_id=body["trigger_id"], view=view))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Something a person did, and where; in a form or the App Home that is no channel.

    `trigger_id` opens a modal; empty where none can be opened.
    """

    access: AccessService
    context: AsyncBoltContext
    user_id: str
    place: Place
    trigger_id: str = ""

    @property
    def client(self) -> AsyncWebClient:
        """The Web API."""
        return self.context.client

    async def viewer(self, channel_id: str | None = None) -> Viewer:
        """Who did it, with what exists for them there, or in another channel."""
        place = self.place if channel_id is None else replace(self.place, channel_id=channel_id)
        return await self.access.viewer(self.user_id, place)

    async def check_member(self, channel_id: str | None = None) -> None:
        """Raise BadInput where the bot cannot post because nobody invited it: there, or in another channel."""
        channel_id = self.place.channel_id if channel_id is None else channel_id
        if is_direct(channel_id):
            return
        try:
            info = await look_up(lambda: self.client.conversations_info(channel=channel_id))
        except SlackRefused as refused:
            if refused.code == "channel_not_found":  # a private channel without us
                raise BadInput(NOT_HERE, Block.CHANNEL) from refused
            raise
        if not info["channel"].get("is_member"):
            raise BadInput(NOT_HERE, Block.CHANNEL)

    async def open(self, view: View) -> None:
        """Open a modal."""
        await ask(self.client.views_open(trigger_id=self.trigger_id, view=view))

    async def whisper(self, place: Place, message: Message) -> None:
        """Tell this person alone, in a thread; where Slack does not let us, what is under way shows itself later."""
        with suppress(SlackRefused):
            await ask(
                self.client.chat_postEphemeral(
                    channel=place.channel_id,
                    user=self.user_id,
                    thread_ts=place.thread_ts,
                    text=message.text,
                    blocks=message.blocks or None,
                )
            )

    async def show(
        self,
        title: str,
        content: Callable[[], Awaitable[View]],
        meanwhile: str = "One moment…",
        *,
        over: bool = False,
    ) -> None:
        """Open a modal within the three seconds that Slack gives: an empty one at once, then filled with `content()`.

        A fault on the way is told inside it. `over`: above the modal that is open.
        """
        show = self.client.views_push if over else self.client.views_open
        opened = await ask(show(trigger_id=self.trigger_id, view=about.loading(title, meanwhile)))
        view_id = opened["view"]["id"]
        self.context[OPEN_VIEW] = view_id
        await ask(self.client.views_update(view_id=view_id, view=await content()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Click(Interaction):
    """A button, a menu, an input that tells of its changes; a shortcut, too, which has no action."""

    body: dict[str, Any]
    action: dict[str, Any]

    @property
    def action_id(self) -> Action:
        """Which button or input it was."""
        return Action(self.action["action_id"])

    @property
    def value(self) -> str:
        """What the button carries."""
        return str(self.action["value"])

    @property
    def chosen(self) -> tuple[str, str]:
        """The entry of a menu that was chosen, and the id that it carries."""
        wish, _, subject = self.action["selected_option"]["value"].partition(":")
        return wish, subject

    @property
    def thread_ts(self) -> str | None:
        """The thread in which it was, if the message with it stands in one."""
        root = (self.body.get("container") or {}).get("thread_ts")
        return None if root is None else str(root)

    @property
    def thread(self) -> Place | None:
        """The same as a place."""
        return None if self.thread_ts is None else replace(self.place, thread_ts=self.thread_ts)

    @property
    def spelling(self) -> Spelling:
        """How words of the bot are typed there."""
        return spelling.where(self.place.channel_id, self.thread_ts)

    @property
    def message(self) -> dict[str, Any]:
        """The message on which a shortcut was taken."""
        return dict(self.body["message"])

    @property
    def key(self) -> str:
        """Names this click: the same when Slack delivers it twice."""
        return f"click:{self.trigger_id}"

    @property
    def view(self) -> dict[str, Any] | None:
        """The modal or App Home in which it was; None in a message."""
        return self.body.get("view")

    @property
    def is_home(self) -> bool:
        """Whether it was in the App Home."""
        return (self.view or {}).get("type") == "home"

    async def tell(self, message: Message, title: str) -> None:
        """Answer who clicked: below the message, else in a modal."""
        await tell(self.context, self.body, message, about.told(title, message.text))

    async def replace(self, message: Message) -> None:
        """Put another message in place of the one with the button."""
        await respond(self.context, message, replace_original=True)

    async def push(self, view: View) -> None:
        """Open a modal over the one with the button."""
        await ask(self.client.views_push(trigger_id=self.trigger_id, view=view))

    async def redraw(self, view: View, *, anyhow: bool = False) -> None:
        """Change the modal with the button; not one that has changed since: a later change then draws it.

        With `anyhow` it is changed in any case.
        """
        if self.view is None:
            return
        seen_hash = None if anyhow else self.view["hash"]
        try:
            await ask(self.client.views_update(view_id=self.view["id"], hash=seen_hash, view=view))
        except SlackRefused as refused:
            if refused.code != "hash_conflict":
                raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Interaction):
    """A form that was sent."""

    view: dict[str, Any]

    @property
    def subject(self) -> str:
        """What the form carries besides its inputs."""
        return str(self.view["private_metadata"])

    @property
    def key(self) -> str:
        """Names this form as it was opened: the same when it is sent twice."""
        return f"view:{self.view['id']}"

    def state(self, block: Block, field: Field) -> dict[str, Any]:
        """The value of an input; empty when the form did not show it."""
        return dict(self.view["state"]["values"].get(block, {}).get(field) or {})

    def text(self, block: Block, field: Field) -> str:
        """What was typed into an input."""
        return str(self.state(block, field).get("value") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Interaction):
    """A wish put into words, by command, mention or direct message. Only a command can open a modal.

    `key` names this one request (the same when Slack delivers it twice), `text` is what follows the word, `thread`
    the one in which it is answered, if any.
    """

    key: str
    text: str
    reply: Callable[[Message], Awaitable[None]]
    thread: Place | None = None

    @property
    def name(self) -> str:
        """The name that was said, without the marks that people put around one."""
        return self.text.strip("`* ")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that Slack tells of a channel, a file, the workspace."""

    access: AccessService
    context: AsyncBoltContext
    payload: dict[str, Any]

    @property
    def client(self) -> AsyncWebClient:
        """The Web API."""
        return self.context.client

    @property
    def workspace(self) -> str:
        """Where it happened."""
        return workspace_of(self.context)

    @property
    def channel_id(self) -> str:
        """The channel that it is about."""
        return str(self.payload["channel"])

    @property
    def is_of_bot(self) -> bool:
        """Whether it is the bot itself that did it."""
        return bool(self.payload["user"] == self.context.bot_user_id)

    def place(self, thread_ts: str | None = None) -> Place:
        """Its channel, or a thread there."""
        return Place(self.workspace, self.channel_id, thread_ts)

    def words(self, text: str, key: str, reply: Callable[[Message], Awaitable[None]]) -> Words:
        """A wish that a message puts into words, in its channel."""
        root = answer_root(self.payload, self.channel_id)
        return Words(
            access=self.access,
            context=self.context,
            user_id=self.payload["user"],
            place=self.place(),
            thread=None if root is None else self.place(root),
            key=key,
            text=text,
            reply=reply,
        )
