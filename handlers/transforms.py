"""The tools of a dataset: buttons and forms that ask for an errand, and tell at once that it is under way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Viewer
from bot.domain.datasets.lifecycle import Dataset
from bot.domain.transforms.lifecycle import TransformKind
from bot.errors import StaleState
from bot.services import Services
from handlers.ids import Action, Form
from handlers.slack import modals, places
from handlers.slack.client import ask
from handlers.views import about, transform_forms, transforms
from handlers.views.blocks import View
from handlers.views.transform_forms import ConvertForm


@dataclass(frozen=True)
class Tools:
    """Listeners on the buttons of a dataset's card and report, and on the forms behind them."""

    services: Services

    def register(self, app: AsyncApp) -> None:
        """Bind buttons, the menu, and the forms."""
        app.action(Action.MEND)(self.mend)
        app.action(Action.REPORT_AS_FILE)(self.report_as_file)
        app.action(Action.CONVERT)(self.convert)
        app.action(Action.MORE)(self.more)
        for changed in (Action.PICK_SHAPE, Action.PICK_COLUMN):
            app.action(changed)(self.changed)
        app.view(Form.CONVERT)(self.converted)
        app.view(Form.SPLIT)(self.split)
        app.view(Form.COMPARE)(self.compared)

    async def mend(  # noqa: PLR0917  Bolt injects by name
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        respond: AsyncRespond,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Mend what needs no guessing: one click, no questions."""
        await ack()
        said = await self._ask(context, body, action["value"], TransformKind.MEND, {})
        await _tell(said, client, respond, body)

    async def report_as_file(  # noqa: PLR0917  Bolt injects by name
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        respond: AsyncRespond,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """The complete report into the thread, from within the report."""
        await ack()
        said = await self._ask(context, body, action["value"], TransformKind.REPORT, {})
        await _tell(said, client, respond, body)

    async def convert(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """Shows what the columns are taken for, and asks."""
        await ack()

        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            dataset = await self.services.transforms.check(viewer, action["value"], TransformKind.CONVERT)
            return await self._convert_form(viewer, dataset, None)

        await modals.show(client, context, body["trigger_id"], transforms.CONVERT, content)

    async def more(  # noqa: PLR0917  Bolt injects by name
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        respond: AsyncRespond,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """What stands behind the three dots of a card."""
        await ack()
        wanted, _, dataset_id = action["selected_option"]["value"].partition(":")
        kind = TransformKind(wanted)
        if kind is TransformKind.SPLIT:
            await self._ask_how_to_split(client, context, body, dataset_id)
        elif kind is TransformKind.COMPARE:
            await self._compare(client, context, respond, body, dataset_id)
        else:
            await _tell(await self._ask(context, body, dataset_id, kind, {}), client, respond, body)

    async def changed(
        self, ack: AsyncAck, client: AsyncWebClient, context: AsyncBoltContext, body: dict[str, Any]
    ) -> None:
        """A column is something else than guessed: the examples follow."""
        await ack()
        view = body["view"]
        form = transform_forms.convert_form(view)
        viewer = await places.clicking(self.services, context, body)
        dataset = await self.services.transforms.check(viewer, form.dataset_id, TransformKind.CONVERT)
        await modals.redraw(client, view["id"], view["hash"], await self._convert_form(viewer, dataset, form))

    async def converted(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The form that converts was sent."""
        form = transform_forms.convert_form(view)
        options = {"mapping": msgspec.to_builtins(form.mapping())}
        await self._answer(ack, context, form.dataset_id, TransformKind.CONVERT, options)

    async def split(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The form that splits was sent."""
        form = transform_forms.split_form(view)
        viewer = await places.viewer(self.services, context)
        dataset = await self.services.transforms.check(viewer, form.dataset_id, TransformKind.SPLIT)
        examples = dataset.report.valid if dataset.report else 0
        options = {"share": form.share_of(examples), "seed": form.seed_number()}
        await self._answer(ack, context, form.dataset_id, TransformKind.SPLIT, options)

    async def compared(self, ack: AsyncAck, context: AsyncBoltContext, view: dict[str, Any]) -> None:
        """The version to compare with was picked."""
        viewer = await places.viewer(self.services, context)
        dataset = await self.services.transforms.check(
            viewer, view["private_metadata"], TransformKind.COMPARE
        )
        other = await self.services.datasets.get(viewer, transform_forms.version(view))
        newer, options = _in_order(dataset, other)
        await self._answer(ack, context, newer.id, TransformKind.COMPARE, options)

    async def _ask_how_to_split(
        self, client: AsyncWebClient, context: AsyncBoltContext, body: dict[str, Any], dataset_id: str
    ) -> None:
        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            dataset = await self.services.transforms.check(viewer, dataset_id, TransformKind.SPLIT)
            return transforms.split_form(dataset, dataset.report.valid if dataset.report else 0)

        await modals.show(client, context, body["trigger_id"], transforms.SPLIT, content)

    async def _compare(
        self,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        respond: AsyncRespond,
        body: dict[str, Any],
        dataset_id: str,
    ) -> None:
        """At once when there is one other version; else asks which."""
        viewer = await places.clicking(self.services, context, body)
        dataset = await self.services.transforms.check(viewer, dataset_id, TransformKind.COMPARE)
        others = await self.services.datasets.beside(viewer, dataset)
        if not others:
            raise StaleState("There is no other version left to compare with.")
        if len(others) > 1:
            await ask(
                client.views_open(
                    trigger_id=body["trigger_id"], view=transforms.compare_form(dataset, others)
                )
            )
            return
        newer, options = _in_order(dataset, others[0])
        said = await self._ask(context, body, newer.id, TransformKind.COMPARE, options)
        await _tell(said, client, respond, body)

    async def _convert_form(self, viewer: Viewer, dataset: Dataset, form: ConvertForm | None) -> View:
        """As guessed, or as picked so far."""
        if form is None:
            preview = await self.services.transforms.preview(viewer, dataset.id)
            return transforms.convert_form(dataset, transform_forms.guessed(dataset.id, preview), preview)
        form = form.of_its_shape()
        if form.is_complete:
            preview = await self.services.transforms.preview(viewer, dataset.id, form.picked)
        else:
            preview = await self.services.transforms.preview(viewer, dataset.id)
            preview = replace(preview, mapping=None, examples=())
        return transforms.convert_form(dataset, form, preview)

    async def _answer(
        self,
        ack: AsyncAck,
        context: AsyncBoltContext,
        dataset_id: str,
        kind: TransformKind,
        options: Mapping[str, Any],
    ) -> None:
        """Ask for it, and say so in place of the form."""
        said = await self._ask(context, {}, dataset_id, kind, options)
        await ack(response_action="update", view=about.told("On it", said))

    async def _ask(
        self,
        context: AsyncBoltContext,
        body: Mapping[str, Any],
        dataset_id: str,
        kind: TransformKind,
        options: Mapping[str, Any],
    ) -> str:
        viewer = await places.clicking(self.services, context, body)
        transform, is_new = await self.services.transforms.ask(viewer, dataset_id, kind, options)
        dataset = await self.services.datasets.get(viewer, dataset_id)
        return transforms.asked(dataset, transform, is_new=is_new, user_id=viewer.user_id)


def _in_order(dataset: Dataset, other: Dataset) -> tuple[Dataset, dict[str, Any]]:
    """The newer of two versions and with what it is compared, so that either asks for the same."""
    older, newer = sorted((dataset, other), key=lambda each: each.version)
    return newer, {"with": older.id}


async def _tell(said: str, client: AsyncWebClient, respond: AsyncRespond, body: dict[str, Any]) -> None:
    """Privately where the button is: below the message, or over the modal."""
    if body.get("response_url"):
        await respond(
            text=said,
            response_type="ephemeral",
            replace_original=False,
            thread_ts=(body.get("container") or {}).get("thread_ts"),
        )
    else:
        await ask(client.views_push(trigger_id=body["trigger_id"], view=about.told("On it", said)))
