"""Looking after datasets: one is looked up by its name, gets a title, or is deleted after a question."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BadInput
from bot.services import Services
from handlers import modals
from handlers.asking import Asked
from handlers.ids import COMMAND, DELETE, Action, Form
from handlers.views import library
from handlers.views.blocks import View


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
        self, ack: AsyncAck, context: AsyncBoltContext, respond: AsyncRespond, action: dict[str, Any]
    ) -> None:
        """Slack has asked already whether it is meant."""
        await ack()
        member = await self.services.people.member(context.user_id or "")
        dataset = await self.services.library.delete(member, action["value"])
        await respond(text=library.deleting(dataset), response_type="ephemeral", replace_original=True)

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
            member = await self.services.people.member(context.user_id or "")
            _, _, dataset_id = action["selected_option"]["value"].partition(":")
            return library.delete_form(
                await self.services.library.check_delete(member, dataset_id), self.provider
            )

        await modals.show(client, context, body["trigger_id"], "Delete dataset", content)

    async def confirmed(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The form was sent."""
        member = await self.services.people.member(context.user_id or "")
        await self.services.library.delete(member, view["private_metadata"])
        await ack()

    async def asked_dataset(self, asked: Asked, name: str) -> None:
        """One dataset with its versions; without a name there is a list."""
        if not name:
            raise BadInput(f"Which dataset? `{COMMAND} dataset NAME`; `{COMMAND} datasets` lists them.")
        versions = await self.services.library.versions(asked.place, name)
        await asked.reply(library.found(versions, self.provider))

    async def asked_rename(self, asked: Asked, words: str) -> None:
        """Its name, then what it shall be called."""
        member = await self.services.people.member(asked.user_id)
        before, dataset = await self.services.library.rename(member, asked.place, words)
        await asked.reply(library.renamed(before, dataset))

    async def asked_delete(self, asked: Asked, name: str) -> None:
        """Asks once more, with a button."""
        if not name:
            raise BadInput(f"Which dataset? `{COMMAND} delete NAME`; `{COMMAND} datasets` lists them.")
        newest = (await self.services.library.versions(asked.place, name))[0]
        member = await self.services.people.member(asked.user_id)
        dataset = await self.services.library.check_delete(member, newest.id)
        await asked.reply(library.delete_question(dataset, self.provider))


async def _is_delete(action: dict[str, Any]) -> bool:
    return str(action["selected_option"]["value"]).startswith(f"{DELETE}:")
