"""Looking after tuned models: the list and its pages, one by name, renaming and deleting."""

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Viewer
from bot.domain.approvals import shown
from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, Action, Block, Field, Form
from handlers.slack import modals, places
from handlers.slack.client import ask, respond_with
from handlers.slack.places import check_member
from handlers.slack.words import Asked
from handlers.views import models
from handlers.views.blocks import Message, View
from handlers.views.jobs import details

_CHANNEL = re.compile(r"<#([CG][A-Z0-9]{1,30})(?:\|[^<>]{0,100})?>")


@dataclass(frozen=True)
class Models:
    """Listeners and words around tuned models; talking with them is handlers.chats."""

    services: Services
    provider: str

    def register(self, app: AsyncApp) -> None:
        """Bind the pages, the menu of a model, and its two forms."""
        app.action(Action.MODELS_NEWER)(self.turned)
        app.action(Action.MODELS_OLDER)(self.turned)
        app.action(Action.MODEL_MORE)(self.more)
        app.view(Form.ALIAS)(self.named)
        app.view(Form.DELETE_MODEL)(self.confirmed)
        app.action(Action.SHARE)(self.ask_with_whom)
        app.action(Action.UNSHARE)(self.take_back)
        app.view(Form.SHARE)(self.shared)

    async def turned(
        self,
        ack: AsyncAck,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
        respond: AsyncRespond,
    ) -> None:
        """Another page of the list, in place of the one that is shown."""
        await ack()
        viewer = await places.clicking(self.services, context, body)
        page = await self._page(viewer, int(action["value"]))
        await respond_with(respond, page, replace_original=True)

    async def more(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """*Rename…* or *Delete…*: opens the form for those who may."""
        await ack()
        wish, _, job_id = action["selected_option"]["value"].partition(":")
        renames = wish == "rename"

        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            model = await self.services.models.check_change(viewer, job_id)
            return models.rename_form(model) if renames else models.delete_form(model, self.provider)

        title = "Rename model" if renames else "Delete model"
        await modals.show(client, context, body["trigger_id"], title, content)

    async def named(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """An alias was given, or taken away."""
        viewer = await places.viewer(self.services, context)
        typed = view["state"]["values"][Block.ALIAS][Field.ALIAS].get("value") or ""
        await self.services.models.rename(viewer, view["private_metadata"], typed)
        await ack()

    async def confirmed(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """It is meant: the job's card says when the model is gone."""
        viewer = await places.viewer(self.services, context)
        await self.services.models.delete(viewer, *shown.read(view["private_metadata"]))
        await ack()

    async def ask_with_whom(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """*Share…* in a job's details: asks with which channel, of those who may."""
        await ack()
        viewer = await places.clicking(self.services, context, body)
        job = await self.services.models.check_share(viewer, action["value"])
        await ask(client.views_push(trigger_id=body["trigger_id"], view=models.share_form(job)))

    async def shared(
        self, ack: AsyncAck, client: AsyncWebClient, context: AsyncBoltContext, view: dict[str, Any]
    ) -> None:
        """A channel was picked: both channels are told."""
        picked = view["state"]["values"][Block.CHANNEL][Field.SHARE_WITH].get("selected_conversation") or ""
        await self._share(client, context, view["private_metadata"], picked, on=True)
        await ack()

    async def take_back(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """*Take back* beside a channel in a job's details, which then show the rest."""
        await ack()
        job_id, _, channel_id = action["value"].partition(":")
        viewer = await self._share(client, context, job_id, channel_id, on=False)
        job = await self.services.jobs.get(viewer, job_id)
        shares = await self.services.models.shared(viewer, job_id)
        view = details.details(job, self.provider, can_pause=self.services.jobs.can_pause, shares=shares)
        await modals.redraw(client, body["view"]["id"], body["view"]["hash"], view)

    async def _share(
        self, client: AsyncWebClient, context: AsyncBoltContext, model: str, channel_id: str, *, on: bool
    ) -> Viewer:
        viewer = await places.viewer(self.services, context, channel_id)
        if on:
            await check_member(client, channel_id)
        await self.services.models.share(viewer, model, channel_id, on=on)
        return viewer

    async def asked_share(self, asked: Asked, words: str) -> None:
        """A model's name and the channel that may use it from now on."""
        await self._asked_share(asked, words, on=True)

    async def asked_unshare(self, asked: Asked, words: str) -> None:
        """The same taken back."""
        await self._asked_share(asked, words, on=False)

    async def _asked_share(self, asked: Asked, words: str, *, on: bool) -> None:
        model, channel_id = _model_and_channel(words)
        viewer = await places.asking(self.services, asked)
        if on:
            await check_member(asked.client, channel_id)
        job = await self.services.models.share(viewer, model, channel_id, on=on)
        await asked.reply(models.shared(job, channel_id, on=on))

    async def asked_list(self, asked: Asked) -> None:
        """The tuned models that exist for this person."""
        await asked.reply(await self._page(await places.asking(self.services, asked), 0))

    async def asked_model(self, asked: Asked, name: str) -> None:
        """One model; without a name there is the list."""
        if not name:
            await self.asked_list(asked)
            return
        viewer = await places.asking(self.services, asked)
        await asked.reply(models.one(await self.services.models.find(viewer, name.strip("`* "))))

    async def asked_alias(self, asked: Asked, words: str) -> None:
        """A model's name, then what it shall be called."""
        if not words:
            raise BadInput(f"Which model, and what shall it be called? `{COMMAND} alias MODEL NAME`.")
        viewer = await places.asking(self.services, asked)
        before, job = await self.services.models.rename_in_words(viewer, words)
        await asked.reply(models.renamed(before, job))

    async def _page(self, viewer: Viewer, begin: int) -> Message:
        page, total = await self.services.models.listed(viewer, begin, models.PAGE)
        return models.listing(page, begin, total)


def _model_and_channel(words: str) -> tuple[str, str]:
    """From "MODEL #channel" as Slack sends it, the two in any order. Raises BadInput."""
    found = _CHANNEL.search(words)
    if found is None:
        raise BadInput(
            "Which model, and with which channel? "
            f"`{COMMAND} share MODEL #channel`: pick the channel from the list that Slack shows after the #."
        )
    rest = f"{words[: found.start()]} {words[found.end() :]}".split()
    names = [word for word in rest if word.lower() not in ("with", "in", "from")]
    if len(names) != 1:
        raise BadInput(f"Which model? `{COMMAND} share MODEL #channel`; `{COMMAND} models` lists them.")
    return names[0].strip("`*"), found[1]
