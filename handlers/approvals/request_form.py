"""Asking for a job: the start form, however it was opened."""

from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals.requests import Wanted, again
from bot.domain.datasets.lifecycle import Dataset, DatasetState
from bot.errors import BadInput
from bot.services import Services
from handlers.approvals import request_words
from handlers.approvals.request_words import NOTHING_SAID, Line
from handlers.ids import COMMAND, NOTHING, Action, Block, Form, Shortcut
from handlers.slack import modals, places
from handlers.slack.places import check_member, is_direct, place_of, thread_root
from handlers.slack.words import Asked
from handlers.views import about, forms
from handlers.views.approvals import request_form
from handlers.views.blocks import View
from handlers.views.datasets import cards
from handlers.views.forms import StartForm

_REDRAWN = (
    Action.PICK_CHANNEL,
    Action.PICK_DATASET,
    Action.PICK_MODEL,
    Action.PICK_SUFFIX,
    Action.PICK_EPOCHS,
    Action.PICK_VALIDATION,
    Action.MORE_SETTINGS,
)
"""After these the form is drawn anew."""


@dataclass(frozen=True)
class Start:
    """Opens, follows and submits the form; `provider` is its name as people read it."""

    services: Services
    provider: str

    def register(self, app: AsyncApp) -> None:
        """Bind every way to the form."""
        app.action(Action.START)(self.pressed)
        app.action(Action.AGAIN)(self.again)
        app.action(Action.GO_ON)(self.go_on)
        app.action(Action.EDIT)(self.edit)
        app.shortcut(Shortcut.START)(self.from_anywhere)
        app.shortcut(Shortcut.START_FROM_MESSAGE)(self.from_message)
        for changed in _REDRAWN:
            app.action(changed)(self.changed)
        app.view(Form.START)(self.submitted)

    async def asked(self, asked: Asked, text: str) -> None:
        """In words: one line that says enough is a request; else a command opens the form, elsewhere a button does."""
        line = request_words.read(text)
        if line.is_whole:
            await self._requested(asked, line)
        elif asked.trigger_id is not None:
            await self._show(
                asked.client, asked.context, asked.trigger_id, _empty(asked.place.channel_id), line
            )
        elif text:
            raise BadInput(
                f"Say the dataset and the model: `{COMMAND} start FILE model=MODEL`, or `start` alone for the form."
            )
        else:
            await asked.reply(about.to_start())

    async def pressed(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """The button on a card, in a list, in the App Home."""
        await ack()
        form = _empty((body.get("channel") or {}).get("id", ""))
        dataset_id = "" if action["value"] == NOTHING else action["value"]
        await self._show(client, context, body["trigger_id"], _for(form, dataset_id))

    async def again(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """The button on a job that ended: the form, filled with what that job was asked with."""
        await ack()

        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            job = await self.services.jobs.get(viewer, action["value"])
            form = StartForm(job.place.channel_id, wanted=again(job))
            return await self._form(context, replace(form, more=form.tells_more))

        await modals.show(client, context, body["trigger_id"], request_form.TITLE, content)

    async def go_on(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """The button on a checkpoint: the form with it as the model, if the provider still keeps it."""
        await ack()
        model = str(action["value"])

        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            job = await self.services.jobs.get(viewer, model.partition("@")[0])
            await self.services.jobs.check_checkpoint(viewer, job, model.partition("@")[2])
            return await self._form(context, StartForm(job.place.channel_id, wanted=Wanted(model=model)))

        await modals.show(client, context, body["trigger_id"], request_form.TITLE, content)

    async def edit(
        self,
        ack: AsyncAck,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        body: dict[str, Any],
        action: dict[str, Any],
    ) -> None:
        """The button on a request: the form with what is asked for, for whoever asked."""
        await ack()

        async def content() -> View:
            viewer = await places.clicking(self.services, context, body)
            job = await self.services.requests.check_edit(viewer, action["value"])
            form = StartForm(job.place.channel_id, editing=job.id, wanted=again(job))
            return await self._form(context, replace(form, more=form.tells_more))

        await modals.show(client, context, body["trigger_id"], request_form.TITLE, content)

    async def from_anywhere(
        self, ack: AsyncAck, client: AsyncWebClient, context: AsyncBoltContext, body: dict[str, Any]
    ) -> None:
        """The global shortcut: nobody knows which channel is meant."""
        await ack()
        await self._show(client, context, body["trigger_id"], _empty(""))

    async def from_message(
        self, ack: AsyncAck, client: AsyncWebClient, context: AsyncBoltContext, body: dict[str, Any]
    ) -> None:
        """The shortcut on a message: its file, checked now if it was not before."""
        await ack()

        async def content() -> View:
            form = _empty(body["channel"]["id"])
            files: list[dict[str, Any]] = body["message"].get("files") or []
            if not files:
                return await self._form(context, form)
            viewer = await places.clicking(self.services, context, body)
            known = await self.services.datasets.in_file(viewer, [file["id"] for file in files])
            if known is None:
                await check_member(client, form.channel_id)
                return about.now_checking(await self._receive(context, body, files))
            if known.state is DatasetState.FAILED:
                return about.now_checking([await self.services.datasets.retry(viewer, known.id)])
            if known.state is DatasetState.READY:
                return await self._form(context, _for(form, known.id))
            return cards.report_view(known, self.provider)

        await modals.show(client, context, body["trigger_id"], request_form.TITLE, content)

    async def changed(
        self, ack: AsyncAck, client: AsyncWebClient, context: AsyncBoltContext, body: dict[str, Any]
    ) -> None:
        """Something was picked in the form: what else there is to choose follows, and the price."""
        await ack()
        view = body["view"]
        form, seen_hash = forms.start_form(view), view["hash"]
        match body["actions"][0]["action_id"]:
            case Action.PICK_CHANNEL:
                form = replace(form, wanted=replace(form.wanted, dataset_id="", validation_id=""))
                await check_member(client, form.channel_id)
            case Action.MORE_SETTINGS:  # no later change would do this one
                form, seen_hash = replace(form, more=not form.more), None
        await modals.redraw(client, view["id"], seen_hash, await self._form(context, form))

    async def submitted(
        self, ack: AsyncAck, client: AsyncWebClient, context: AsyncBoltContext, view: dict[str, Any]
    ) -> None:
        """The request: refused in the form where a value is off, else its card goes to the channel."""
        form = forms.start_form(view)
        if not form.channel_id:
            raise BadInput("Pick the channel in which the request shall stand.", Block.CHANNEL)
        if not form.wanted.dataset_id:
            raise BadInput(
                "There is no dataset to train on here yet. Drop a JSONL file into the channel first."
            )
        viewer = await places.viewer(self.services, context, form.channel_id)
        if form.editing:
            await self.services.requests.edit(viewer, form.editing, form.wanted)
        else:
            await check_member(client, form.channel_id)
            await self.services.requests.request(viewer, form.wanted, f"view:{view['id']}")
        await ack()

    async def _requested(self, asked: Asked, line: Line) -> None:
        """The request that a line is; what is off in it is told with the word that is wrong."""
        await check_member(asked.client, asked.place.channel_id)
        viewer = await places.asking(self.services, asked)
        try:
            wanted = line.wanted(await self.services.requests.ready(viewer, *line.datasets))
            await self.services.requests.request(viewer, wanted, asked.key)
        except BadInput as wrong:
            raise line.blame(wrong) from None
        await asked.reply(about.said("Asked: the request stands in this channel and waits for approval."))

    async def _show(
        self,
        client: AsyncWebClient,
        context: AsyncBoltContext,
        trigger_id: str,
        form: StartForm,
        line: Line = NOTHING_SAID,
    ) -> None:
        async def content() -> View:
            if not form.channel_id or line == NOTHING_SAID:
                return await self._form(context, form)
            viewer = await places.viewer(self.services, context, form.channel_id)
            ready = await self.services.requests.ready(viewer, *line.datasets)
            filled = replace(form, wanted=line.wanted(ready))
            return await self._form(context, replace(filled, more=filled.tells_more))

        await modals.show(client, context, trigger_id, request_form.TITLE, content)

    async def _form(self, context: AsyncBoltContext, form: StartForm) -> View:
        """The form with what can be chosen now."""
        if not form.channel_id:
            return request_form.form(None, form, self.provider)
        self.services.policy.check_channel(form.channel_id)
        viewer = await places.viewer(self.services, context, form.channel_id)
        offer = await self.services.requests.offer(viewer, form.wanted)
        return request_form.form(offer, form, self.provider)

    async def _receive(
        self, context: AsyncBoltContext, body: dict[str, Any], files: list[dict[str, Any]]
    ) -> list[Dataset]:
        place = place_of(context, body["channel"]["id"], thread_root(body["message"]))
        received = [
            await self.services.datasets.receive(
                place,
                file_id=file["id"],
                name=str(file.get("name") or ""),
                filetype=str(file.get("filetype") or ""),
                mode=str(file.get("mode") or ""),
                size=int(file.get("size") or 0),
                user_id=str(file.get("user") or body["message"].get("user") or ""),
            )
            for file in files
        ]
        return [dataset for dataset in received if dataset is not None]


def _for(form: StartForm, dataset_id: str) -> StartForm:
    return replace(form, wanted=replace(form.wanted, dataset_id=dataset_id))


def _empty(channel_id: str) -> StartForm:
    """A new form: in a channel it is for this channel, elsewhere it asks for one."""
    if not channel_id or is_direct(channel_id):
        return StartForm(asks_channel=True)
    return StartForm(channel_id=channel_id)
