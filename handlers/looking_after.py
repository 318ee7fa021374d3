"""Looking after datasets: one is looked up by its name, gets a title, or is deleted after a question."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals import shown
from bot.errors import BadInput
from bot.services import Services
from handlers.ids import COMMAND, DELETE, Action, Form
from handlers.slack import modals, viewing
from handlers.slack.words import Asked
from handlers.views.blocks import View
from handlers.views.datasets import administration


@dataclass(frozen=True)
class LookingAfter:
    """Listeners and words around what a channel has already."""

    services: Services
    provider: str

    def register(self, app: AsyncApp) -> None:
        """Bind the button, the entry of the card's menu, and the form that asks."""
        app.action(Action.DELETE)(self.delete)
        app.action(Action.MORE, matchers=[_is_delete])(self.ask_in_form)
        app.view(Form.DELETE)(self.confirmed)

    async def delete(
        self,
        ack: AsyncAck,
        context: AsyncBoltContext,
        respond: AsyncRespond,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Slack has asked already whether it is meant."""
        await ack()
        viewer = await viewing.clicking(self.services, context, body)
        dataset = await self.services.library.delete(viewer, *shown.read(action["value"]))
        await respond(text=administration.deleting(dataset), response_type="ephemeral", replace_original=True)

    async def ask_in_form(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """From the menu of a card, whose entries cannot ask themselves."""
        await ack()

        async def content() -> View:
            viewer = await viewing.clicking(self.services, context, body)
            _, _, dataset_id = action["selected_option"]["value"].partition(":")
            return administration.delete_form(
                await self.services.library.check_delete(viewer, dataset_id), self.provider
            )

        await modals.show(client, context, body["trigger_id"], "Delete dataset", content)

    async def confirmed(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The form was sent."""
        viewer = await viewing.viewer(self.services, context)
        await self.services.library.delete(viewer, *shown.read(view["private_metadata"]))
        await ack()

    async def asked_dataset(self, asked: Asked, name: str) -> None:
        """One dataset with its versions; without a name there is a list."""
        if not name:
            raise BadInput(f"Which dataset? `{COMMAND} dataset NAME`; `{COMMAND} datasets` lists them.")
        viewer = await viewing.asking(self.services, asked)
        versions = await self.services.library.versions(viewer, name)
        await asked.reply(administration.found(versions, self.provider))

    async def asked_rename(self, asked: Asked, words: str) -> None:
        """Its name, then what it shall be called."""
        viewer = await viewing.asking(self.services, asked)
        before, dataset = await self.services.library.rename(viewer, words)
        await asked.reply(administration.renamed(before, dataset))

    async def asked_delete(self, asked: Asked, name: str) -> None:
        """Asks once more, with a button."""
        if not name:
            raise BadInput(f"Which dataset? `{COMMAND} delete NAME`; `{COMMAND} datasets` lists them.")
        viewer = await viewing.asking(self.services, asked)
        newest = (await self.services.library.versions(viewer, name))[0]
        dataset = await self.services.library.check_delete(viewer, newest.id)
        await asked.reply(administration.delete_question(dataset, self.provider))


async def _is_delete(action: dict[str, Any]) -> bool:
    return str(action["selected_option"]["value"]).startswith(f"{DELETE}:")
