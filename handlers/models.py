"""Looking after tuned models: the list and its pages, one by name, renaming and deleting."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BadInput
from bot.services import Services
from handlers import modals
from handlers.asking import Asked
from handlers.ids import COMMAND, Action, Block, Field, Form
from handlers.places import workspace_of
from handlers.sending import respond_with
from handlers.views import models
from handlers.views.blocks import Message, View


@dataclass(frozen=True)
class Models:
    """Listeners and words around tuned models; talking with them is handlers.chat."""

    services: Services
    provider: str

    def register(self, app: AsyncApp) -> None:
        """Bind the pages, the menu of a model, and its two forms."""
        app.action(Action.MODELS_NEWER)(self.turned)
        app.action(Action.MODELS_OLDER)(self.turned)
        app.action(Action.MODEL_MORE)(self.more)
        app.view(Form.ALIAS)(self.named)
        app.view(Form.DELETE_MODEL)(self.confirmed)

    async def turned(
        self, ack: AsyncAck, context: AsyncBoltContext, action: dict[str, Any], respond: AsyncRespond
    ) -> None:
        """Another page of the list, in place of the one that is shown."""
        await ack()
        page = await self._page(workspace_of(context), int(action["value"]))
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
            member = await self.services.people.member(context.user_id or "")
            model = await self.services.models.check_change(member, job_id)
            return models.rename_form(model) if renames else models.delete_form(model, self.provider)

        title = "Rename model" if renames else "Delete model"
        await modals.show(client, context, body["trigger_id"], title, content)

    async def named(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """An alias was given, or taken away."""
        member = await self.services.people.member(context.user_id or "")
        typed = view["state"]["values"][Block.ALIAS][Field.ALIAS].get("value") or ""
        await self.services.models.rename(member, view["private_metadata"], typed)
        await ack()

    async def confirmed(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """It is meant: the job's card says when the model is gone."""
        member = await self.services.people.member(context.user_id or "")
        await self.services.models.delete(member, view["private_metadata"])
        await ack()

    async def asked_list(self, asked: Asked) -> None:
        """The workspace's tuned models."""
        await asked.reply(await self._page(asked.place.workspace, 0))

    async def asked_model(self, asked: Asked, name: str) -> None:
        """One model; without a name there is the list."""
        if not name:
            await self.asked_list(asked)
            return
        await asked.reply(
            models.one(await self.services.models.find(asked.place.workspace, name.strip("`* ")))
        )

    async def asked_alias(self, asked: Asked, words: str) -> None:
        """A model's name, then what it shall be called."""
        if not words:
            raise BadInput(f"Which model, and what shall it be called? `{COMMAND} alias MODEL NAME`.")
        member = await self.services.people.member(asked.user_id)
        before, job = await self.services.models.rename_in_words(member, asked.place.workspace, words)
        await asked.reply(models.renamed(before, job))

    async def _page(self, workspace: str, begin: int) -> Message:
        page, total = await self.services.models.listed(workspace, begin, models.PAGE)
        return models.listing(page, begin, total)
